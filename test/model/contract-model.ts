import {
  BLOCKED_PHONE,
  CHANNELS,
  MERCHANTS,
  type MerchantName,
  MISMATCHING_NAME,
  type Person,
  REFUSED_PHONE,
  SECRETS,
  SILENT_PHONE,
} from './cast.ts';
import { isCertifiedObject, isPendingObject } from './shown-object.ts';

/*
 * The contract as a small machine: given the world before a call and the answer that came, it tells the world
 * after it, or that the contract forbids the answer. It knows nothing of the code that it judges. Ids of the
 * contract's rules stand beside what they decide.
 */

export interface Cert {
  readonly merchant: MerchantName;
  readonly channelKey: string;
  readonly merchantUid: string;
  readonly person: Person;
  readonly phone: string;
  /** Null when a page made it, and not an OTP request. */
  readonly otp: Otp | null;
  readonly state: 'pending' | 'certified' | 'ended';
  readonly certifiedAt: number;
  /** The object as it was shown first, once certified; it never changes after that. */
  readonly shown: string | null;
}

export interface Otp {
  readonly method: 'SMS' | 'APP';
  /** Null until the inbox was asked; an APP request has none. */
  readonly code: string | null;
  readonly sentAt: number;
  readonly wrong: number;
  readonly end: 'tries' | 'refused' | 'superseded' | 'late' | null;
  readonly approval: boolean | null;
}

export interface World {
  /** Epoch seconds. */
  readonly now: number;
  readonly tokens: ReadonlyMap<MerchantName, { readonly token: string; readonly expiresAt: number }>;
  readonly certs: ReadonlyMap<string, Cert>;
}

export type Call =
  | { readonly kind: 'token'; readonly merchant: MerchantName; readonly secret: string | null }
  | { readonly kind: 'lookup'; readonly token: string; readonly impUid: string }
  | { readonly kind: 'erase'; readonly token: string; readonly impUid: string }
  | {
      readonly kind: 'request';
      readonly token: string;
      readonly person: Person;
      readonly name: string | null;
      readonly phone: string;
      readonly channelKey: string | null;
      readonly pg: string | null;
      readonly method: 'SMS' | 'APP' | null;
      readonly merchantUid: string | null;
    }
  | {
      readonly kind: 'confirm';
      readonly token: string;
      readonly impUid: string;
      readonly otp: string | null;
    };

export interface Answer {
  readonly status: number;
  readonly message: string | null;
  readonly response: Readonly<Record<string, unknown>> | null;
}

/** The world after a call and a word for what happened. */
export interface After {
  readonly world: World;
  readonly outcome: string;
}

const OTP_LIFE = 180;
const MOST_WRONG = 5;

const says = (status: number, message: string) => (answer: Answer) =>
  answer.status === status && answer.message === message && answer.response === null;

/** The messages of §14 by what they tell. */
const FAILURES = {
  unauthorized: says(401, 'Unauthorized'),
  'credentials wrong': says(401, '인증에 실패하였습니다. API키와 secret을 확인하세요.'),
  'credentials missing': says(400, 'imp_key, imp_secret 파라메터가 누락되었습니다.'),
  absent: says(404, '인증결과가 존재하지 않습니다.'),
  'name missing': says(400, 'name 파라메터가 누락되었습니다.'),
  'otp missing': says(400, 'otp 파라메터가 누락되었습니다.'),
  'otp malformed': says(400, 'otp 값이 올바르지 않습니다.'),
  'method not offered': says(400, 'verification_method 값이 올바르지 않습니다.'),
  'no channel': says(400, '사용할 수 있는 본인인증 채널이 없습니다.'),
  mismatch: says(400, '입력하신 정보가 통신사 정보와 일치하지 않습니다.'),
  blocked: says(400, '본인인증이 일시적으로 제한되었습니다. 잠시 후 다시 시도해주세요.'),
  refused: says(400, '본인인증 기관에서 인증을 거절하였습니다.'),
  silent: says(500, '본인인증 기관과 통신하지 못했습니다. 잠시 후 다시 시도해주세요.'),
  wrong: says(400, '인증번호가 일치하지 않습니다.'),
  spent: says(400, '인증번호 입력 횟수를 초과하였습니다. 다시 요청해주세요.'),
  late: says(400, '인증번호 유효시간이 지났습니다. 다시 요청해주세요.'),
  superseded: says(400, '새 인증번호가 발송되었습니다. 새 인증번호를 입력해주세요.'),
  already: says(400, '이미 인증이 완료되었습니다.'),
  'not by otp': says(400, 'OTP 방식으로 요청된 인증이 아닙니다.'),
  waiting: says(400, '앱 인증이 아직 완료되지 않았습니다.'),
  failed: says(400, '실패한 인증입니다. 다시 요청해주세요.'),
} as const;
type Failure = keyof typeof FAILURES;

/** What the contract lets happen; null when the answer is none that it allows in this world. */
export function apply(world: World, call: Call, answer: Answer): After | null {
  const fails = (failure: Failure, after = world): After | null =>
    FAILURES[failure](answer) ? { world: after, outcome: `${call.kind}: ${failure}` } : null;
  if (call.kind === 'token') return applyToken(world, call, answer, fails);

  const merchant = holderOf(world, call.token);
  if (merchant === null) return fails('unauthorized'); // A8
  if (call.kind === 'request') return applyRequest(world, merchant, call, answer, fails);
  const cert = world.certs.get(call.impUid);
  if (cert === undefined || cert.merchant !== merchant) return fails('absent'); // L2 L3 E3 F2
  if (call.kind === 'confirm') return applyConfirm(world, cert, call, answer, fails);

  const shown = shows(call.impUid, cert, answer); // L1 E1
  if (!shown) return null;
  const outcome = `${call.kind}: ${cert.state}`;
  if (call.kind === 'lookup') return { world, outcome }; // L5
  const certs = new Map(world.certs);
  certs.delete(call.impUid); // E2
  return { world: { ...world, certs }, outcome };
}

type Fails = (failure: Failure, after?: World) => After | null;
type CallOf<Kind> = Extract<Call, { kind: Kind }>;

/** Whose live token this is (A7, A8). */
function holderOf(world: World, token: string): MerchantName | null {
  const found = MERCHANTS.find((each) => world.tokens.get(each)?.token === token);
  const expiresAt = found === undefined ? 0 : (world.tokens.get(found)?.expiresAt ?? 0);
  return found !== undefined && world.now < expiresAt ? found : null;
}

function applyToken(world: World, call: CallOf<'token'>, answer: Answer, fails: Fails): After | null {
  const { merchant, secret } = call;
  if (secret === null) return fails('credentials missing'); // G12
  if (secret !== SECRETS[merchant]) return fails('credentials wrong'); // G13
  const { access_token: token, now, expired_at: expiresAt } = answer.response ?? {};
  if (answer.status !== 200 || typeof token !== 'string' || typeof expiresAt !== 'number') return null;
  if (now !== world.now || Object.keys(answer.response ?? {}).length !== 3) return null; // G2 G3
  const held = world.tokens.get(merchant);
  const left = (held?.expiresAt ?? 0) - world.now;
  const set = (outcome: string) => ({
    world: { ...world, tokens: new Map(world.tokens).set(merchant, { token, expiresAt }) },
    outcome: `token: ${outcome}`,
  });
  if (held === undefined || left <= 0) {
    const isNew = MERCHANTS.every((each) => world.tokens.get(each)?.token !== token);
    return isNew && expiresAt === world.now + 1800 ? set('fresh') : null; // G4 G8
  }
  if (token !== held.token) return null;
  if (left <= 60) return expiresAt === held.expiresAt + 300 ? set('extended') : null; // G6 G7
  return expiresAt === held.expiresAt ? set('same') : null; // G5
}

/** The channel that a request means (O6, O7): in `dev` an unknown key or pg falls back to the first with OTP. */
function channelOf(merchant: MerchantName, { channelKey, pg }: CallOf<'request'>): string | null {
  const own = Object.entries(CHANNELS).filter(([, channel]) => channel.merchant === merchant);
  const named = own.find(([key, { provider }]) =>
    channelKey === null ? pg === provider || pg === `${provider}.PG-${key}` : key === channelKey,
  );
  const [key, channel] = named ?? own.find(([, { sendsOtp }]) => sendsOtp) ?? [null, null];
  return channel?.sendsOtp ? key : null;
}

function applyRequest(
  world: World,
  merchant: MerchantName,
  call: CallOf<'request'>,
  answer: Answer,
  fails: Fails,
): After | null {
  if (call.name === null) return fails('name missing'); // O2
  const channelKey = channelOf(merchant, call);
  if (channelKey === null) return fails('no channel'); // O7
  const method = call.method ?? 'SMS';
  if (method === 'APP' && !CHANNELS[channelKey]?.offersApp) return fails('method not offered'); // O3
  if (call.name === MISMATCHING_NAME) return fails('mismatch'); // O8
  if (call.phone === BLOCKED_PHONE) return fails('blocked');
  if (call.phone === REFUSED_PHONE) return fails('refused');
  if (call.phone === SILENT_PHONE) return fails('silent'); // O9

  const impUid = answer.response?.['imp_uid'];
  if (answer.status !== 200 || typeof impUid !== 'string' || !/^imp_\d{12}$/.test(impUid)) return null;
  if (Object.keys(answer.response ?? {}).length !== 1 || world.certs.has(impUid)) return null; // O1 C16
  const certs = new Map<string, Cert>();
  let superseded = 0;
  for (const [id, cert] of world.certs) {
    const isEarlier =
      cert.merchant === merchant && cert.channelKey === channelKey && cert.phone === call.phone;
    const ends = isEarlier && cert.state === 'pending' && cert.otp !== null; // O10
    if (ends) superseded++;
    certs.set(
      id,
      ends && cert.otp !== null ? { ...cert, state: 'ended', otp: { ...cert.otp, end: 'superseded' } } : cert,
    );
  }
  certs.set(impUid, {
    merchant,
    channelKey,
    merchantUid: call.merchantUid ?? `nobody_${world.now * 1000}`, // C17
    person: call.person,
    phone: call.phone,
    otp: { method, code: null, sentAt: world.now, wrong: 0, end: null, approval: null },
    state: 'pending',
    certifiedAt: 0,
    shown: null,
  });
  return {
    world: { ...world, certs },
    outcome: superseded > 0 ? 'request: sent again' : 'request: sent',
  };
}

/** In the order of F14. */
function applyConfirm(
  world: World,
  cert: Cert,
  call: CallOf<'confirm'>,
  answer: Answer,
  fails: Fails,
): After | null {
  const { impUid } = call;
  const { otp } = cert;
  const put = (next: Cert): World => ({ ...world, certs: new Map(world.certs).set(impUid, next) });
  const end = (reason: Otp['end'], more: Partial<Otp> = {}): World =>
    put({ ...cert, state: 'ended', otp: otp && { ...otp, ...more, end: reason } });

  if (cert.state === 'certified') return fails('already'); // F3 F11
  if (otp === null) return fails('not by otp'); // F4
  if (otp.end === 'tries') return fails('spent'); // F10
  if (otp.end === 'refused') return fails('failed'); // F12
  if (otp.end === 'superseded') return fails('superseded'); // F6
  if (otp.end === 'late' || world.now - otp.sentAt >= OTP_LIFE) return fails('late', end('late')); // F5

  if (otp.method === 'APP') {
    if (otp.approval === null) return fails('waiting'); // F13
    if (!otp.approval) return fails('refused', end('refused')); // F12
  } else {
    if (call.otp === null) return fails('otp missing'); // F7
    const digits = call.otp.replace(/[\s-]/g, '');
    if (!/^\d{6}$/.test(digits)) return fails('otp malformed'); // F8
    if (digits !== otp.code) {
      const wrong = otp.wrong + 1;
      return wrong >= MOST_WRONG
        ? fails('spent', end('tries', { wrong })) // F10
        : fails('wrong', put({ ...cert, otp: { ...otp, wrong } })); // F9
    }
  }
  const certified: Cert = { ...cert, state: 'certified', certifiedAt: world.now, shown: textOf(answer) };
  return shows(impUid, { ...certified, shown: null }, answer) // F1
    ? { world: put(certified), outcome: `confirm: certified by ${otp.method}` }
    : null;
}

function textOf({ response }: Answer): string {
  return JSON.stringify(response);
}

/** Whether an answer is the object of §8 for a certification; byte for byte the one shown before, if there was one. */
function shows(impUid: string, cert: Cert, answer: Answer): boolean {
  if (answer.status !== 200 || answer.message !== null || answer.response === null) return false;
  if (cert.state !== 'certified') return isPendingObject(impUid, cert, answer.response);
  if (cert.shown !== null) return cert.shown === textOf(answer);
  return isCertifiedObject(impUid, cert, answer.response);
}
