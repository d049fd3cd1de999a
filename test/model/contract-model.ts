import {
  type Answer,
  type ApiCall,
  ASKED,
  BEGIN,
  type CallOf,
  type Move,
  type MovesOf,
  type Progress,
} from './calls.ts';
import {
  BLOCKED_PHONE,
  CHANNELS,
  MERCHANTS,
  type MerchantName,
  MISMATCHING_NAME,
  REFUSED_PHONE,
  SILENT_PHONE,
} from './cast.ts';
import { isCertifiedObject, isPendingObject } from './shown-object.ts';
import {
  ask,
  type Cert,
  claim,
  claimIsLive,
  codeSubjects,
  countRequest,
  type Facts,
  type Otp,
  putCert,
  type World,
} from './world.ts';

/*
 * The contract of the API as a small machine: given the world before an event and the answer that came, it tells the
 * world after it, or that the contract forbids the answer. It knows nothing of the code that it judges. Ids of the
 * contract's rules stand beside what they decide. All calls are one event but for a confirmation: in between it asks
 * the provider, and whoever comes meanwhile waits to see what becomes of it.
 */

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
  'too many': says(429, '인증 요청 횟수를 초과하였습니다. 잠시 후 다시 시도해주세요.'),
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

/** What a call of the API may do next. */
export const apiMoves: MovesOf<ApiCall> = (world, { id, call, answer }, progress, facts) => {
  const fails: Fails = (failure, after = world) =>
    FAILURES[failure](answer) ? done(after, `${call.kind}: ${failure}`) : [];
  if (call.kind === 'token') return tokenMoves(world, call, answer, fails, facts);
  if (progress !== BEGIN && call.kind === 'confirm')
    return confirmMoves(world, id, call, answer, progress, fails);

  const merchant = holderOf(world, call.token);
  if (merchant === null) return fails('unauthorized'); // A8
  if (call.kind === 'request') return requestMoves(world, merchant, call, answer, fails, facts);
  const cert = world.certs.get(call.impUid);
  if (cert === undefined || cert.merchant !== merchant) return fails('absent'); // L2 L3 E3 F2
  if (call.kind === 'confirm') return confirmMoves(world, id, call, answer, progress, fails);

  if (!shows(call.impUid, cert, answer)) return []; // L1 E1
  const outcome = `${call.kind}: ${cert.state}`;
  if (call.kind === 'lookup') {
    const isNew = cert.state === 'certified' && cert.shown === null;
    const shown = JSON.stringify(answer.response);
    return done(isNew ? putCert(world, call.impUid, { shown }) : world, outcome); // L5
  }
  const certs = new Map(world.certs);
  certs.delete(call.impUid); // E2
  const attempts = new Map(world.attempts);
  attempts.delete(call.impUid);
  return done({ ...world, certs, attempts }, outcome);
};

type Fails = (failure: Failure, after?: World) => readonly Move[];

function done(world: World, outcome: string): readonly Move[] {
  return [{ world, progress: null, outcome }];
}

/** Whose live token this is (A7, A8). */
function holderOf(world: World, token: string): MerchantName | null {
  const found = MERCHANTS.find((each) => world.tokens.get(each)?.token === token);
  const expiresAt = found === undefined ? 0 : (world.tokens.get(found)?.expiresAt ?? 0);
  return found !== undefined && world.now < expiresAt ? found : null;
}

function tokenMoves(
  world: World,
  call: CallOf<'token'>,
  answer: Answer,
  fails: Fails,
  { mayBeDisabled }: Facts,
): readonly Move[] {
  const { merchant, key: name, secret } = call;
  if (secret === null) return fails('credentials missing'); // G12
  const key = world.keys.get(merchant);
  if (key?.name !== name || key.isRevoked || secret !== key.secret) return fails('credentials wrong'); // G13
  const isDisabled = world.disabled.includes(merchant);
  // Whoever asked just before the merchant was disabled may get a token that opens nothing.
  if (isDisabled && !(mayBeDisabled && answer.status === 200)) return fails('credentials wrong'); // G9a
  const { access_token: token, now, expired_at: expiresAt } = answer.response ?? {};
  if (answer.status !== 200 || typeof token !== 'string' || typeof expiresAt !== 'number') return [];
  if (now !== world.now || Object.keys(answer.response ?? {}).length !== 3) return []; // G2 G3
  const held = world.tokens.get(merchant);
  const left = (held?.expiresAt ?? 0) - world.now;
  const set = (outcome: string) => {
    const issued = world.issued.includes(token) ? world.issued : [...world.issued, token];
    const tokens = new Map(world.tokens).set(merchant, { token, expiresAt });
    return done({ ...world, tokens, issued }, `token: ${outcome}`);
  };
  if (isDisabled) return done({ ...world, issued: [...world.issued, token] }, 'token: stillborn');
  if (held === undefined || left <= 0)
    return !world.issued.includes(token) && expiresAt === world.now + 1800 ? set('fresh') : []; // G4 G8
  if (token !== held.token) return [];
  if (left <= 60) return expiresAt === held.expiresAt + 300 ? set('extended') : []; // G6 G7
  return expiresAt === held.expiresAt ? set('same') : []; // G5
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

function requestMoves(
  before: World,
  merchant: MerchantName,
  call: CallOf<'request'>,
  answer: Answer,
  fails: Fails,
  { limits }: Facts,
): readonly Move[] {
  if (call.name === null) return fails('name missing'); // O2
  const channelKey = channelOf(merchant, call);
  if (channelKey === null) return fails('no channel'); // O7
  const method = call.method ?? 'SMS';
  if (method === 'APP' && !CHANNELS[channelKey]?.offersApp) return fails('method not offered'); // O3
  const world = countRequest(before, limits, codeSubjects(merchant, call.phone));
  if (typeof world === 'number') return answer.retryAfter === Math.max(1, world) ? fails('too many') : []; // O11
  if (call.name === MISMATCHING_NAME) return fails('mismatch', world); // O8
  if (call.phone === BLOCKED_PHONE) return fails('blocked', world);
  if (call.phone === REFUSED_PHONE) return fails('refused', world);
  if (call.phone === SILENT_PHONE) return fails('silent', world); // O9

  const impUid = answer.response?.['imp_uid'];
  if (answer.status !== 200 || typeof impUid !== 'string' || !/^imp_\d{12}$/.test(impUid)) return [];
  if (Object.keys(answer.response ?? {}).length !== 1 || world.certs.has(impUid)) return []; // O1 C16
  const certs = new Map<string, Cert>();
  let superseded = 0;
  for (const [id, cert] of world.certs) {
    const isEarlier =
      cert.merchant === merchant && cert.channelKey === channelKey && cert.phone === call.phone;
    const ends = isEarlier && cert.state === 'pending' && cert.otp !== null; // O10
    if (ends) superseded++;
    certs.set(
      id,
      ends && cert.otp !== null
        ? { ...cert, state: 'ended', otp: { ...cert.otp, end: 'superseded' }, claim: null }
        : cert,
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
    requestedAt: world.now,
    certifiedAt: 0,
    shown: null,
    claim: null,
    isFaulty: false,
  });
  return done({ ...world, certs }, superseded > 0 ? 'request: sent again' : 'request: sent');
}

/** In the order of F14. */
function confirmMoves(
  world: World,
  id: number,
  call: CallOf<'confirm'>,
  answer: Answer,
  progress: Progress,
  fails: Fails,
): readonly Move[] {
  if (progress.startsWith(ASKED)) return askedMoves(world, id, call, answer, progress, fails);
  const { impUid } = call;
  const cert = world.certs.get(impUid);
  if (cert === undefined) return fails('absent'); // F2
  const { otp } = cert;
  if (cert.state === 'certified') return fails('already'); // F3 F11
  if (otp === null) return fails('not by otp'); // F4
  if (otp.end === 'tries') return fails('spent'); // F10
  if (otp.end === 'refused') return fails('failed'); // F12
  if (otp.end === 'superseded') return fails('superseded'); // F6
  if (otp.end === 'late') return fails('late'); // F5

  const isBusy = claimIsLive(cert, world.now);
  const end = (reason: Otp['end'], more: Partial<Otp> = {}): World =>
    putCert(world, impUid, { state: 'ended', otp: { ...otp, ...more, end: reason }, claim: null });
  if (world.now - otp.sentAt >= OTP_LIFE) return isBusy ? [] : fails('late', end('late')); // F5
  if (otp.method === 'SMS') {
    if (call.otp === null) return fails('otp missing'); // F7
    const digits = call.otp.replace(/[\s-]/g, '');
    if (!/^\d{6}$/.test(digits)) return fails('otp malformed'); // F8
    if (isBusy) return [];
    if (digits !== otp.code) {
      const wrong = otp.wrong + 1;
      return wrong >= MOST_WRONG
        ? fails('spent', end('tries', { wrong })) // F10
        : fails('wrong', putCert(world, impUid, { otp: { ...otp, wrong } })); // F9
    }
  } else if (isBusy) return [];
  const asked = ask(claim(world, impUid, id), impUid);
  const said = asked.isFault ? 'fault' : otp.method === 'SMS' ? 'true' : String(otp.approval);
  return [{ world: asked.world, progress: `${ASKED} ${said}`, outcome: null }];
}

/** What becomes of what the provider said; with a claim that somebody else has by now it is nothing. */
function askedMoves(
  world: World,
  id: number,
  { impUid }: CallOf<'confirm'>,
  answer: Answer,
  progress: Progress,
  fails: Fails,
): readonly Move[] {
  const cert = world.certs.get(impUid);
  const again: readonly Move[] = [{ world, progress: 'again', outcome: null }];
  const isOpen = cert?.state === 'pending' && cert.otp !== null;
  const isMine = isOpen && cert.claim?.by === id;
  const released = isMine ? putCert(world, impUid, { claim: null }) : world;
  switch (progress) {
    case `${ASKED} fault`:
      return fails('silent', released); // O9
    case `${ASKED} null`:
      return fails('waiting', released); // F13
    case `${ASKED} false`: {
      if (!isOpen || (!isMine && claimIsLive(cert, world.now))) return again;
      const otp: Otp = { ...cert.otp, end: 'refused' };
      return fails('refused', putCert(world, impUid, { state: 'ended', otp, claim: null })); // F12
    }
  }
  if (!isMine) return again;
  const certified: Cert = { ...cert, state: 'certified', certifiedAt: world.now, claim: null };
  if (!shows(impUid, certified, answer)) return []; // F1
  const kept = putCert(world, impUid, { ...certified, shown: JSON.stringify(answer.response) });
  return done(kept, `confirm: certified by ${cert.otp.method}`);
}

/** Whether an answer is the object of §8 for a certification; byte for byte the one shown before, if there was one. */
function shows(impUid: string, cert: Cert, answer: Answer): boolean {
  if (answer.status !== 200 || answer.message !== null || answer.response === null) return false;
  if (cert.state !== 'certified') return isPendingObject(impUid, cert, answer.response);
  if (cert.shown !== null) return cert.shown === JSON.stringify(answer.response);
  return isCertifiedObject(impUid, cert, answer.response);
}
