import { type Attempt, type AttemptScreen, CONSENTS, type Subscriber } from '../core/attempt.ts';
import type { ActionRefusal, AttemptAction } from '../core/attempt-steps.ts';
import {
  CARRIER_CHOICES,
  genderDigit,
  isBirthday,
  isPersonName,
  parsePhone,
  readDigit,
  tidyName,
  toBirthday,
} from '../core/identity.ts';
import { CONSENT_VERSION } from './consent-copy.ts';
import type { Form } from './extras.ts';
import type { PersonFields, Problem } from './screen.ts';

/** The action that a form requests, or the problems of its fields. */
export type Reading = { readonly action: AttemptAction } | { readonly problems: readonly Problem[] };

const NETWORKS = ['SKT', 'KT', 'LGT'] as const;
const METHODS = ['APP', 'SMS'] as const;

/** Reads a form of this screen. */
export function readForm(screen: AttemptScreen, form: Form, now: number): Reading {
  const wish = form.get('do');
  if (wish === 'cancel') return { action: { does: 'cancel' } };
  switch (screen) {
    case 'carrier':
      return {
        action: {
          does: 'choose_carrier',
          carrier: find(CARRIER_CHOICES, form.get('carrier')),
          network: find(NETWORKS, form.get('network')),
        },
      };
    case 'consent':
      return { action: { does: 'agree', agreed: readConsents(form), version: CONSENT_VERSION } };
    case 'method':
      return { action: { does: 'choose_method', method: find(METHODS, form.get('method')) } };
    case 'person': {
      const fields = readFields(form);
      const problems = checkFields(fields, now);
      return problems.length > 0
        ? { problems }
        : { action: { does: 'name_person', claimant: toClaimant(fields) } };
    }
    case 'code': {
      if (wish === 'resend') return { action: { does: 'send_again' } };
      if (wish === 'other_number') return { action: { does: 'change_person' } };
      const otp = (form.get('otp') ?? '').normalize('NFKC').replace(/[\s-]/g, '');
      return /^\d{6}$/.test(otp)
        ? { action: { does: 'enter_code', otp } }
        : { problems: [{ field: 'otp', sentence: 'otp_invalid' }] };
    }
    case 'app':
      return { action: { does: wish === 'to_sms' ? 'use_sms' : 'confirm_app' } };
    case 'agency':
      return { problems: [] };
  }
}

/** The problems to show for a refused action. `screen` is the one that the person saw. */
export function toProblems(refusal: ActionRefusal, screen: AttemptScreen, form: Form): readonly Problem[] {
  switch (refusal) {
    case 'carrier_not_offered':
      return [{ field: 'carrier', sentence: 'choose_carrier' }];
    case 'network_missing':
      return [{ field: 'network', sentence: 'choose_network' }];
    case 'consent_missing': {
      const agreed = readConsents(form);
      return CONSENTS.filter((each) => !agreed.includes(each)).map(
        (each) => ({ field: `agree_${each}`, sentence: 'agree_needed' }) as const,
      );
    }
    case 'method_not_offered':
      return [{ field: 'method', sentence: 'choose_method' }];
    case 'sent_just_now':
      return [{ field: screen === 'code' ? 'otp' : 'form', sentence: 'resend_soon' }];
    case 'rate_limited':
      return [{ field: 'form', sentence: 'rate_limited' }];
    case 'person_refused':
      return [{ field: 'form', sentence: 'person_refused' }];
    case 'code_wrong':
      return [{ field: 'otp', sentence: 'otp_wrong' }];
    case 'code_late':
      return [{ field: 'otp', sentence: 'otp_late' }];
    case 'not_approved_yet':
      return [{ field: 'form', sentence: 'not_approved_yet' }];
  }
}

function find<T extends string>(known: readonly T[], text: string | undefined): T | null {
  return known.find((each) => each === text) ?? null;
}

/** The consents that are ticked. */
export function readConsents(form: Form): readonly (typeof CONSENTS)[number][] {
  return CONSENTS.filter((consent) => form.has(`agree_${consent}`));
}

/** The fields about the person as they were typed. */
export function readFields(form: Form): PersonFields {
  const field = (name: string) => (form.get(name) ?? '').normalize('NFC').trim();
  return {
    name: tidyName(field('name')),
    birth: field('birth').replace(/[\s.-]/g, ''),
    gender_digit: field('gender_digit'),
    phone: field('phone'),
  };
}

function checkFields(fields: PersonFields, now: number): readonly Problem[] {
  const { name, birth, gender_digit: digit, phone } = fields;
  const problems: Problem[] = [];
  // If a person types a resident registration number, the page says so; it is neither stored nor shown again.
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

/** The person in fields that were already checked. */
export function toClaimant(fields: PersonFields): Omit<Subscriber, 'carrier' | 'mvno'> {
  const digit = Number(fields.gender_digit);
  return {
    name: fields.name,
    birthday: toBirthday(fields.birth, digit),
    ...readDigit(digit),
    phone: parsePhone(fields.phone) ?? '',
  };
}

/** The first values of the fields, before the person types anything. */
export function toFields({ progress }: Attempt): PersonFields {
  const { claimant = null, prefill } = progress ?? { prefill: { name: '', phone: '' } };
  if (claimant === null) return { ...prefill, birth: '', gender_digit: '' };
  const { name, birthday, phone } = claimant;
  const birth = birthday.replaceAll('-', '').slice(2);
  return { name, birth, gender_digit: String(genderDigit(claimant)), phone };
}
