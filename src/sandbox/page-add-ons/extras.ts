import type { Attempt, FailureReason, Subscriber } from '../../core/attempt.ts';
import type { AttemptService } from '../../core/attempt-service.ts';
import type { AttemptSteps } from '../../core/attempt-steps.ts';
import type { Visitor } from '../../core/caller.ts';
import { type Clock, SECOND } from '../../core/clock.ts';
import { ageOf, genderDigit, parseCarrier, parsePhone } from '../../core/identity.ts';
import { OTP_LIFE } from '../../core/otp.ts';
import type { Form, PageExtras } from '../../page/extras.ts';
import { OUTCOMES } from '../../page/sandbox-copy.ts';
import type { Finish, PersonFields, SandboxPanel, Screen } from '../../page/screen.ts';
import { fakeProviderTid } from '../fake-ids.ts';
import { EVERY_MESSAGE, type Inbox } from '../inbox.ts';
import { pause } from '../pause.ts';
import type { Seed, SeedPerson } from '../people-file.ts';
import type { SandboxProvider } from '../provider.ts';

type Outcome = keyof typeof OUTCOMES;
/** The outcomes in the picker, in its order. */
export const OUTCOME_IDS = Object.keys(OUTCOMES) as readonly Outcome[];

/** What the shop's call chose in advance. */
interface Choice {
  readonly person: string | null;
  readonly outcome: Outcome | null;
  readonly auto: boolean;
  /** Milliseconds before each step. */
  readonly delay: number;
  readonly picker: SandboxPanel['picker'];
}

const NO_CHOICE: Choice = { person: null, outcome: null, auto: false, delay: 0, picker: 'folded' };

/** Outcomes that only end the attempt, with the provider's code if it has one. */
const ENDS: Readonly<Partial<Record<Outcome, readonly [FailureReason, string | null]>>> = {
  cancel: ['USER_CANCEL', null],
  wrong_code: ['OTP_LIMIT', null],
  attempt_expired: ['EXPIRED', null],
  mismatch: ['IDENTITY_MISMATCH', null],
  under_age: ['UNDER_AGE', null],
  company_line: ['LINE_NOT_ALLOWED', null],
  blocked: ['BLOCKED', '0086'],
  misconfigured: ['NOT_READY', '9015'],
  provider_down: ['PROVIDER_UNAVAILABLE', null],
  empty_data: ['PROVIDER_ERROR', null],
};

/**
 * These outcomes take effect on the code or app screen, when the provider is asked for the first time; all others on
 * the person screen.
 */
const LATER: readonly Outcome[] = [
  'success',
  'foreigner',
  'minor',
  'mvno',
  'no_ci',
  'message_lost',
  'wrong_code',
  'empty_data',
];
const SLOW = 3 * SECOND;
/** Most attempts whose choices are remembered. */
const REMEMBERED = 10_000;
/** How long a screen is shown before it continues automatically, in milliseconds. */
const AUTO_PAUSE = 150;
const MINOR = 19;

type Person = SeedPerson & { readonly phone: string };

export interface PageExtrasServices {
  readonly attempts: AttemptService;
  readonly steps: AttemptSteps;
  readonly clock: Clock;
  readonly inbox: Inbox;
  readonly provider: SandboxProvider;
  readonly seed: Seed;
  /** Aborted when the server stops; steps then wait no longer. */
  readonly stop: AbortSignal;
}

/** The sandbox's additions to the verification page: people to choose, the code, and every outcome with one click. */
export class SandboxPage implements PageExtras {
  readonly #services: PageExtrasServices;
  readonly #people: readonly Person[];
  /** The choices of the latest attempts, by `imp_uid`. */
  readonly #choices = new Map<string, Choice>();
  /** Attempts whose window goes away without a message, and whether it closes. */
  readonly #silent = new Map<string, boolean>();

  constructor(services: PageExtrasServices) {
    this.#services = services;
    this.#people = findPeople(services.seed);
  }

  /** Rejects with `input_refused` for an invalid choice: a misspelt choice would test something else. */
  async readChoice(value: unknown): Promise<(impUid: string) => void> {
    const choice = await this.#parseChoice(value);
    return (impUid) => this.#remember(impUid, choice);
  }

  #remember(impUid: string, choice: Choice): void {
    if (choice === NO_CHOICE) return;
    this.#choices.set(impUid, choice);
    const [oldest] = this.#choices.keys();
    if (this.#choices.size > REMEMBERED && oldest !== undefined) this.#choices.delete(oldest);
  }

  #choiceOf({ impUid }: Attempt): Choice {
    return this.#choices.get(impUid) ?? NO_CHOICE;
  }

  async #parseChoice(value: unknown): Promise<Choice> {
    if (value === undefined || value === null) return NO_CHOICE;
    const { readChoice } = await import('../control-input.ts');
    const names = this.#people.map(({ name }) => name);
    const choice = readChoice(value, names, OUTCOME_IDS);
    if (choice === null) return NO_CHOICE;
    return {
      person: choice.person ?? null,
      outcome: OUTCOME_IDS.find((each) => each === choice.outcome) ?? null,
      auto: choice.auto ?? false,
      delay: choice.delay_ms ?? 0,
      picker: choice.picker ?? 'folded',
    };
  }

  panel(attempt: Attempt, screen: Screen): SandboxPanel {
    const { picker, auto } = this.#choiceOf(attempt);
    const isRunning = attempt.end === null && !['success', 'failure', 'dead'].includes(screen.kind);
    const [message] = this.#services.inbox.list({ ...EVERY_MESSAGE, impUid: attempt.impUid });
    return {
      people: screen.kind === 'person' ? this.#peopleFor(attempt, screen.fields) : [],
      otp: screen.kind === 'code' ? (message?.otp ?? null) : null,
      inboxPath: '/sandbox',
      outcomes: isRunning ? OUTCOME_IDS : [],
      picker,
      canApprove: screen.kind === 'app' && this.#choiceOf(attempt).outcome !== 'app_lost',
      auto: auto && isRunning ? AUTO_PAUSE : null,
    };
  }

  screen(attempt: Attempt): Screen | null {
    const closes = this.#silent.get(attempt.impUid);
    if (closes !== true || attempt.end !== null) return null;
    // The window closes itself without a message; the script notices that it is closed.
    return {
      kind: 'failure',
      reason: 'USER_CANCEL',
      budgetAdvice: false,
      finish: { way: 'silent', close: true },
    };
  }

  finish(attempt: Attempt): Finish | null {
    const closes = this.#silent.get(attempt.impUid);
    return closes === undefined ? null : { way: 'silent', close: closes };
  }

  async play(visitor: Visitor, attempt: Attempt, form: Form): Promise<boolean> {
    const wish = form.get('do') ?? '';
    const choice = this.#choiceOf(attempt);
    const delay = choice.outcome === 'slow' ? Math.max(SLOW, choice.delay) : choice.delay;
    await pause(delay, this.#services.stop);
    const picked = OUTCOME_IDS.find((each) => wish === `outcome:${each}`);
    if (picked !== undefined) return this.#bringAbout(visitor, attempt, picked);
    if (wish === 'play_approval') {
      this.#services.provider.decide(attempt.impUid, true);
      return false;
    }
    const { outcome } = choice;
    if (outcome === null || wish === 'cancel') return false;
    const screen = attempt.progress?.screen ?? '';
    const isDue = LATER.includes(outcome) ? ['code', 'app'].includes(screen) : screen === 'person';
    return isDue && ['next', 'approved'].includes(wish) ? this.#bringAbout(visitor, attempt, outcome) : false;
  }

  /** True if the form has been handled; false if the attempt continues as if nothing was chosen. */
  async #bringAbout(visitor: Visitor, attempt: Attempt, outcome: Outcome): Promise<boolean> {
    const { attempts, clock } = this.#services;
    const end = ENDS[outcome];
    if (end !== undefined) {
      await attempts.fail(attempt, ...end);
      return true;
    }
    switch (outcome) {
      case 'popup_closed':
        this.#silent.set(attempt.impUid, true);
        return true;
      case 'message_lost':
        this.#silent.set(attempt.impUid, false);
        return this.#certify(attempt, this.#claimantOf(attempt));
      case 'foreigner':
        return this.#certifyAs(attempt, ({ foreigner }) => foreigner === true);
      case 'mvno':
        return this.#certifyAs(attempt, ({ carrier }) => carrier?.endsWith('_MVNO') === true);
      case 'minor':
        return this.#certifyAs(attempt, ({ birthday }) => ageOf(birthday, clock.now()) < MINOR);
      case 'no_ci':
        if (!attempt.channel.provider.startsWith('inicis')) await attempts.fail(attempt, 'PROVIDER_ERROR');
        else await this.#certify(attempt, this.#claimantOf(attempt), true);
        return true;
      case 'code_expired':
        return this.#expireCode(visitor, attempt);
      case 'slow':
        this.#remember(attempt.impUid, { ...this.#choiceOf(attempt), outcome });
        await attempts.advance(attempt, {});
        return true;
      case 'app_lost':
        if (attempt.progress?.screen === 'person' && attempt.progress.method === 'APP') return false;
        this.#remember(attempt.impUid, { ...this.#choiceOf(attempt), outcome });
        await attempts.advance(attempt, {
          screen: 'app',
          method: 'APP',
          claimant: this.#claimantOf(attempt),
        });
        return true;
      default:
        return this.#certify(attempt, this.#claimantOf(attempt));
    }
  }

  /** Makes the sent code too old. */
  async #expireCode(visitor: Visitor, attempt: Attempt): Promise<boolean> {
    const { attempts, steps, clock } = this.#services;
    const { progress } = attempt;
    if (progress === null) return true;
    const named = { ...attempt, progress: { ...progress, claimant: this.#claimantOf(attempt) } };
    // A new code is sent only if there is none yet, because a second one could not be sent so soon.
    const sent = progress.screen === 'code' ? attempt : await steps.send(visitor, named, 'SMS');
    const code = sent?.progress?.code;
    if (sent && code) await attempts.advance(sent, { code: { ...code, sentAt: clock.now() - OTP_LIFE } });
    return true;
  }

  /** Certifies the person, whom the attempt then names. */
  async #certify(attempt: Attempt, person: Subscriber, withoutCi = false): Promise<boolean> {
    const { attempts, steps, clock, provider } = this.#services;
    const ready = await attempts.advance(attempt, {
      providerTid: fakeProviderTid(attempt.channel, clock.now()),
      claimant: person,
    });
    if (ready === null) return true;
    const { ci, di } = provider.idsOf(person, attempt.channel.channelKey);
    await steps.certify(ready, { ...person, ci: withoutCi ? null : ci, di });
    return true;
  }

  #certifyAs(attempt: Attempt, is: (person: Person) => boolean): Promise<boolean> {
    return this.#certify(attempt, toSubscriber(this.#find(is)));
  }

  /** The person who was named, otherwise the one chosen in advance, otherwise the first one. */
  #claimantOf(attempt: Attempt): Subscriber {
    const [first] = this.#offered(attempt);
    return attempt.progress?.claimant ?? toSubscriber(first ?? this.#find(() => true));
  }

  #offered(attempt: Attempt): readonly Person[] {
    const { person } = this.#choiceOf(attempt);
    const chosen = this.#people.filter(({ name }) => name === person);
    return [...chosen, ...this.#people.filter(({ name }) => name !== person)];
  }

  /** The people who can fill in the form. If the page runs automatically, it uses the first one. */
  #peopleFor(attempt: Attempt, { name, phone }: PersonFields): SandboxPanel['people'] {
    const { auto, person } = this.#choiceOf(attempt);
    const offered = this.#offered(attempt);
    if (!auto || person !== null) return offered.map((each) => this.#toFields(each));
    // Completes the data that the shop's page has filled in; for an unknown person, with those of any person.
    const known = offered.find((each) => each.name === name) ?? offered.find((each) => each.phone === phone);
    return [known ?? this.#find(() => true), ...offered].map((each, at) => {
      const fields = this.#toFields(each);
      return at > 0 ? fields : { ...fields, name: name || fields.name, phone: phone || fields.phone };
    });
  }

  #find(is: (person: Person) => boolean): Person {
    return this.#people.find(is) ?? (this.#people[0] as Person);
  }

  #toFields({ name, birthday, gender, foreigner, phone }: Person): PersonFields & { label: string } {
    const digit = genderDigit({ birthday, gender: gender ?? null, foreigner: foreigner ?? null });
    const years = ageOf(birthday, this.#services.clock.now());
    return {
      name,
      birth: birthday.replaceAll('-', '').slice(2),
      gender_digit: String(digit === 0 ? 1 : digit),
      phone,
      label: `${name} (${years})`,
    };
  }
}

/** The people of the seeded certifications who have a phone, each once. */
function findPeople({ certifications }: Seed): readonly Person[] {
  const people = new Map<string, Person>();
  for (const row of certifications) {
    const phone = row.certified ? parsePhone(row.phone ?? '') : null;
    if (!row.certified || phone === null || people.has(row.name)) continue;
    const { name, birthday, gender = null, foreigner = null, carrier = null } = row;
    people.set(name, { name, birthday, gender, foreigner, phone, carrier });
  }
  return [...people.values()];
}

function toSubscriber({ name, birthday, gender, foreigner, phone, carrier }: Person): Subscriber {
  const line = parseCarrier(carrier ?? '');
  return {
    name,
    birthday,
    gender: gender ?? null,
    foreigner: foreigner ?? null,
    phone,
    carrier: line?.carrier ?? null,
    mvno: line?.mvno ?? false,
  };
}
