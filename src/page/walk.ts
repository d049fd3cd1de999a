import { type Attempt, type AttemptWalk, MOST_REFUSALS, MOST_SENDS } from '../core/attempt.ts';
import type { AttemptService } from '../core/attempt-service.ts';
import {
  type Carrier,
  isBirthday,
  isPersonName,
  parsePhone,
  readDigit,
  tidyName,
  toBirthday,
} from '../core/identity.ts';
import type { Claimant, VerificationMethod } from '../core/provider.ts';
import { toAppError } from '../errors.ts';
import { CONSENT_VERSION } from './consent-copy.ts';
import type { Form } from './extras.ts';
import { CONSENTS, type PersonFields, type Problem } from './screen.ts';

/** What there is to say about a form, with what was typed; nothing to say means that the next screen is due. */
export interface Said {
  readonly problems: readonly Problem[];
  /** What was typed, to be shown again. */
  readonly typed: Form;
}

type Problems = readonly Problem[];
const FINE: Problems = [];

/**
 * Does what a form of the attempt's screen asks for. A form of an older step was sorted out before; should another one
 * be faster now, nothing is done.
 */
export class Walk {
  readonly #attempts: AttemptService;
  readonly #now: () => number;

  constructor(attempts: AttemptService, now: () => number) {
    this.#attempts = attempts;
    this.#now = now;
  }

  /** `address` is that of the client whose form it is. */
  async take(attempt: Attempt, form: Form, address: string): Promise<Problems> {
    const { walk } = attempt;
    const wish = form.get('do');
    if (walk === null) return FINE;
    if (wish === 'cancel') {
      await this.#attempts.fail(attempt, 'USER_CANCEL');
      return FINE;
    }
    switch (walk.screen) {
      case 'carrier':
        return this.#chooseCarrier(attempt, walk, form);
      case 'consent':
        return this.#agree(attempt, form);
      case 'method':
        return this.#chooseMethod(attempt, form);
      case 'person':
        return this.#namePerson(attempt, walk, form, address);
      case 'code':
        if (wish === 'resend') return this.#send(attempt, walk.fields, 'SMS', address);
        if (wish === 'other_number') return this.#go(attempt, { screen: 'person' });
        return this.#tryCode(attempt, walk, form);
      case 'app':
        if (wish === 'to_sms') return this.#send(attempt, walk.fields, 'SMS', address);
        return this.#askApp(attempt, walk);
    }
  }

  async #go(attempt: Attempt, change: Partial<AttemptWalk>): Promise<Problems> {
    await this.#attempts.advance(attempt, change);
    return FINE;
  }

  #chooseCarrier(attempt: Attempt, { offered }: AttemptWalk, form: Form): Problems | Promise<Problems> {
    const carrier = form.get('carrier') ?? '';
    if (!offered.includes(carrier)) return [{ field: 'carrier', sentence: 'choose_carrier' }];
    const network = carrier === 'MVNO' ? form.get('network') : carrier;
    if (!isCarrier(network)) return [{ field: 'network', sentence: 'choose_network' }];
    return this.#go(attempt, { screen: 'consent', carrier, network });
  }

  #agree(attempt: Attempt, form: Form): Problems | Promise<Problems> {
    const missing = CONSENTS.filter((consent) => !form.has(`agree_${consent}`));
    if (missing.length > 0)
      return missing.map((consent) => ({ field: `agree_${consent}`, sentence: 'agree_needed' }) as const);
    const [only, ...others] = this.#attempts.methodsOf(attempt);
    const screen = others.length === 0 ? 'person' : 'method';
    return this.#go(attempt, {
      screen,
      consent: { version: CONSENT_VERSION, at: this.#now() },
      ...(screen === 'person' && { method: only ?? 'SMS' }),
    });
  }

  #chooseMethod(attempt: Attempt, form: Form): Problems | Promise<Problems> {
    const method = this.#attempts.methodsOf(attempt).find((each) => each === form.get('method'));
    if (method === undefined) return [{ field: 'method', sentence: 'choose_method' }];
    return this.#go(attempt, { screen: 'person', method });
  }

  async #namePerson(attempt: Attempt, walk: AttemptWalk, form: Form, address: string): Promise<Problems> {
    const typed = readFields(form);
    const problems = checkFields(typed, this.#now());
    if (problems.length > 0) return problems;
    const fields = { ...typed, phone: parsePhone(typed.phone) ?? '' };
    const named = { ...attempt, walk: { ...walk, fields } };
    return this.#send(named, fields, walk.method ?? 'SMS', address);
  }

  async #send(
    attempt: Attempt,
    fields: PersonFields,
    method: VerificationMethod,
    address: string,
  ): Promise<Problems> {
    const { walk } = attempt;
    if (walk === null) return FINE;
    if (walk.sends >= MOST_SENDS) {
      await this.#attempts.fail(attempt, 'SEND_LIMIT');
      return FINE;
    }
    try {
      await this.#attempts.send(attempt, { claimant: toClaimant(walk, fields), method, address });
      return FINE;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'resend_too_soon')
        return [{ field: walk.screen === 'code' ? 'otp' : 'form', sentence: 'resend_soon' }];
      if (error.code === 'rate_limited') return [{ field: 'form', sentence: 'rate_limited' }];
      if (error.code === 'identity_mismatch' && walk.refusals + 1 < MOST_REFUSALS) {
        const current = await this.#attempts.reload(attempt);
        if (current !== null)
          await this.#attempts.advance(current, { screen: 'person', refusals: walk.refusals + 1 });
        return [{ field: 'form', sentence: 'person_refused' }];
      }
      if (await this.#attempts.failBy(attempt, error)) return FINE;
      throw error;
    }
  }

  /** A form that was overtaken hears nothing of its code: it shows the current screen. */
  async #tryCode(attempt: Attempt, walk: AttemptWalk, form: Form): Promise<Problems> {
    const otp = (form.get('otp') ?? '').normalize('NFKC').replace(/[\s-]/g, '');
    if (!/^\d{6}$/.test(otp)) return [{ field: 'otp', sentence: 'otp_invalid' }];
    switch (await this.#attempts.tryCode(attempt, otp, toClaimant(walk, walk.fields))) {
      case 'late':
        return [{ field: 'otp', sentence: 'otp_late' }];
      case 'wrong':
      case 'last':
        return [{ field: 'otp', sentence: 'otp_wrong' }];
      case 'right':
      case 'overtaken':
        return FINE;
    }
  }

  async #askApp(attempt: Attempt, walk: AttemptWalk): Promise<Problems> {
    try {
      await this.#attempts.confirmApp(attempt, toClaimant(walk, walk.fields));
      return FINE;
    } catch (thrown) {
      if (toAppError(thrown).code !== 'app_not_approved') throw thrown;
      return [{ field: 'form', sentence: 'not_approved_yet' }];
    }
  }
}

function isCarrier(text: string | undefined): text is Carrier {
  return text === 'SKT' || text === 'KT' || text === 'LGT';
}

/** The fields of a person as they were typed. */
export function readFields(form: Form): PersonFields {
  const field = (name: string) => (form.get(name) ?? '').normalize('NFC').trim();
  return {
    name: tidyName(field('name')),
    birth: field('birth').replace(/[\s.-]/g, ''),
    gender_digit: field('gender_digit'),
    phone: field('phone'),
  };
}

function checkFields(fields: PersonFields, now: number): Problems {
  const { name, birth, gender_digit: digit, phone } = fields;
  const problems: Problem[] = [];
  // A person who types a resident registration number is told so; it is neither kept nor shown again.
  for (const [field, value] of Object.entries(fields) as [keyof PersonFields, string][])
    if (/\d{6}\D?\d{7}/.test(value.normalize('NFKC')) && field !== 'phone')
      problems.push({ field, sentence: 'registration_number' });
  const isTold = (field: Problem['field']) => problems.some((problem) => problem.field === field);
  const say = (field: keyof PersonFields, sentence: Problem['sentence'], fine: boolean) => {
    if (!fine && !isTold(field)) problems.push({ field, sentence });
  };
  const isDigit = /^[1-8]$/.test(digit);
  say('name', 'name_invalid', isPersonName(name));
  say(
    'birth',
    'birth_invalid',
    /^\d{6}$/.test(birth) && (!isDigit || isBirthday(toBirthday(birth, Number(digit)), now)),
  );
  say('gender_digit', 'gender_digit_invalid', isDigit);
  say('phone', 'phone_invalid', parsePhone(phone) !== null);
  return problems;
}

/** Whom the fields name. */
export function toClaimant(walk: AttemptWalk, fields: PersonFields): Claimant & { readonly phone: string } {
  const digit = Number(fields.gender_digit);
  return {
    name: fields.name,
    birthday: toBirthday(fields.birth, digit),
    ...readDigit(digit),
    phone: parsePhone(fields.phone) ?? '',
    carrier: walk.network,
    mvno: walk.carrier === 'MVNO',
  };
}
