import type { Call, FormCall } from './calls.ts';
import {
  BLOCKED_PHONE,
  CHANNELS,
  type MerchantName,
  MISMATCHING_NAME,
  PEOPLE,
  REFUSED_PHONE,
  SILENT_PHONE,
} from './cast.ts';
import type { FormPlan, OtpChoice, Plan, RequestPlan } from './schedules.ts';
import type { Attempt, Cert, World } from './world.ts';

const NOBODYS_ID = 'imp_999999999999';
const NONSENSE = 'f'.repeat(40);
const NO_SECRET = 'A'.repeat(43);

/** What whoever plays a schedule knows when the next call is to be made. */
export interface Knowledge {
  /** Counts schedules, so that each has phone numbers of its own. */
  readonly number: number;
  readonly world: World;
  /** Certifications and attempts in the order in which they became known. */
  readonly ids: readonly string[];
  readonly attempts: readonly string[];
  readonly tokens: ReadonlyMap<MerchantName, string>;
  readonly formerTokens: ReadonlyMap<MerchantName, string>;
  readonly codes: ReadonlyMap<string, readonly string[]>;
}

/** Which call a plan comes to; `nth` tells plans for the same moment apart. */
export function chooseCall(plan: Plan, knowledge: Knowledge, nth: number): Call {
  const { world } = knowledge;
  switch (plan.does) {
    case 'token': {
      const { merchant } = plan;
      const { name = '', secret = '' } = world.keys.get(merchant) ?? {};
      return {
        kind: 'token',
        merchant,
        key: name,
        secret: { right: secret, new: nextSecret(secret, 0), wrong: 'wrong', none: null }[plan.secret],
      };
    }
    case 'request': {
      const person = personAt(plan.person);
      return {
        kind: 'request',
        token: tokenOf(plan.by, plan.merchant, knowledge),
        person,
        name: { own: person.name, mismatching: MISMATCHING_NAME, none: null }[plan.name],
        phone: phoneOf(plan.phone, knowledge),
        ...plan.channel,
        method: plan.method,
        merchantUid: plan.merchantUid,
      };
    }
    case 'lookup':
    case 'erase':
    case 'confirm': {
      const impUid = idAt(plan.cert, knowledge);
      const token = tokenOf(plan.by, world.certs.get(impUid)?.merchant ?? 'a', knowledge);
      return plan.does === 'confirm'
        ? { kind: 'confirm', token, impUid, otp: otpOf(plan.otp, impUid, knowledge) }
        : { kind: plan.does, token, impUid };
    }
    case 'start': {
      const { channelKey, minimumAge } = plan;
      return { kind: 'start', merchant: CHANNELS[channelKey]?.merchant ?? 'a', channelKey, minimumAge };
    }
    case 'open': {
      const [impUid, attempt] = attemptAt(plan.attempt, knowledge);
      return { kind: 'open', impUid, ticket: attempt?.ticket ?? NO_SECRET };
    }
    case 'show': {
      const [impUid, attempt] = windowAt(plan.attempt, knowledge);
      return { kind: 'show', impUid, session: attempt?.session ?? NO_SECRET };
    }
    case 'result': {
      const [impUid, attempt] = attemptAt(plan.attempt, knowledge);
      return { kind: 'result', impUid, handle: attempt?.handle ?? NO_SECRET };
    }
    case 'close': {
      const [impUid, attempt] = attemptAt(plan.attempt, knowledge);
      return { kind: 'close', impUid, handle: attempt?.handle ?? NO_SECRET, reason: plan.reason };
    }
    case 'word': {
      const [impUid, attempt] = windowAt(plan.attempt, knowledge);
      const { number, state } = plan;
      return { kind: 'word', impUid, session: attempt?.session ?? NO_SECRET, number, state };
    }
    case 'form':
      return formOf(plan, knowledge, nth);
    case 'create': {
      const { channelKey, certified, person } = plan;
      const phone = phoneOf('first', knowledge);
      return { kind: 'create', channelKey, certified, person: personAt(person), phone };
    }
    case 'revoke':
    case 'change secret': {
      const { merchant } = plan;
      const { name: key = '', secret = '' } = world.keys.get(merchant) ?? {};
      return plan.does === 'revoke'
        ? { kind: 'revoke', merchant, key }
        : { kind: 'change secret', merchant, key, secret: nextSecret(secret, nth) };
    }
    case 'disable':
    case 'enable':
      return { kind: plan.does, merchant: plan.merchant };
    default:
      return { kind: plan.does };
  }
}

function formOf(plan: FormPlan, knowledge: Knowledge, nth: number): FormCall {
  const [impUid, attempt] = windowAt(plan.attempt, knowledge);
  const person = personAt(plan.person);
  const step = (attempt?.step ?? 0) + { current: 0, old: -1, next: 1 }[plan.step];
  return {
    kind: 'form',
    impUid,
    session: attempt?.session ?? NO_SECRET,
    step: Math.max(0, step),
    wish: plan.wish,
    isFilled: plan.isFilled,
    person,
    name: plan.name === 'own' ? person.name : MISMATCHING_NAME,
    phone: phoneOf(plan.phone, knowledge),
    method: plan.method,
    otp: codeOf(plan.otp, knowledge.codes.get(impUid) ?? [], attempt?.code?.message ?? null, nth),
  };
}

/** A code for the page; wrong ones at the same moment are different ones. */
function codeOf(
  choice: FormPlan['otp'],
  codes: readonly string[],
  newest: number | null,
  nth: number,
): string {
  const right = (newest === null ? null : codes[newest]) ?? '000000';
  switch (choice) {
    case 'right':
      return right;
    case 'older':
      return codes[0] ?? '000000';
    case 'malformed':
      return right.slice(1);
    case 'wrong': {
      let wrong = Number(right) + 1 + nth;
      while (codes.includes(toCode(wrong))) wrong += 100;
      return toCode(wrong);
    }
  }
}

function nextSecret(secret: string, nth: number): string {
  return `${secret}+${nth}`;
}

function toCode(number: number): string {
  return String(number % 1_000_000).padStart(6, '0');
}

function otpOf(choice: OtpChoice, impUid: string, { world, ids }: Knowledge): string | null {
  const codeAt = (id: string | undefined) =>
    (id === undefined ? null : world.certs.get(id)?.otp?.code) ?? '000000';
  const code = codeAt(impUid);
  switch (choice) {
    case 'right':
      return code;
    case 'spaced':
      return ` ${code.slice(0, 3)}-${code.slice(3)} `;
    case 'wrong':
      return toCode(Number(code) + 1);
    case 'other':
      return codeAt(ids.at(-2));
    case 'malformed':
      return code.slice(1);
    case 'none':
      return null;
  }
}

function tokenOf(by: RequestPlan['by'], owner: MerchantName, { tokens, formerTokens }: Knowledge): string {
  const stranger = owner === 'b' ? 'a' : 'b';
  switch (by) {
    case 'owner':
      return tokens.get(owner) ?? NONSENSE;
    case 'stranger':
      return tokens.get(stranger) ?? NONSENSE;
    case 'former':
      return formerTokens.get(owner) ?? NONSENSE;
    case 'nonsense':
      return NONSENSE;
  }
}

/** Other numbers than the schedule before had, since a number's past makes its requests slower. */
function phoneOf(which: RequestPlan['phone'], { number: schedule }: Knowledge): string {
  const number = (schedule * 2 + (which === 'second' ? 1 : 0)) % 10_000;
  switch (which) {
    case 'blocked':
      return BLOCKED_PHONE;
    case 'refused':
      return REFUSED_PHONE;
    case 'silent':
      return SILENT_PHONE;
    default:
      return `0100000${String(number).padStart(4, '0')}`;
  }
}

/** 0 is the newest. */
export function idAt(back: number, { ids }: Pick<Knowledge, 'ids'>): string {
  return ids.at(-1 - back) ?? NOBODYS_ID;
}

function attemptAt(back: number, { attempts, world }: Knowledge): readonly [string, Attempt | undefined] {
  const impUid = attempts.at(-1 - back) ?? NOBODYS_ID;
  return [impUid, world.attempts.get(impUid)];
}

/** The same among those that have a window, if any has one. */
function windowAt(back: number, knowledge: Knowledge): readonly [string, Attempt | undefined] {
  const { attempts, world } = knowledge;
  const open = attempts.filter((each) => world.attempts.get(each)?.session != null);
  return attemptAt(back, { ...knowledge, attempts: open.length === 0 ? attempts : open });
}

/** Whether the newest attempt that has a window can still be walked on with. */
export function isWalking(knowledge: Knowledge): boolean {
  return windowAt(0, knowledge)[1]?.end === null;
}

function personAt(at: number): Cert['person'] {
  const person = PEOPLE[at];
  if (person === undefined) throw new Error(`there is no person ${at}`);
  return person;
}
