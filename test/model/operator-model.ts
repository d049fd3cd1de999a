import { endAttempt } from './attempt-events.ts';
import { type Answer, BEGIN, type Move, type MovesOf, type OperatorCall } from './calls.ts';
import { CHANNELS, type MerchantName } from './cast.ts';
import { type Attempt, type Cert, claimIsLive, putCert, type World } from './world.ts';

/*
 * What operators do while others call, and what the server does by itself. Nothing of it is part of a contract but for
 * what others see of it: tokens end with their secret, key or merchant (G9a), and what is past its time goes.
 */

const CODE_LIFE = 180;
/** How long an ended attempt still answers the shop, and a certification without a person a lookup. */
const ENDED_ATTEMPT_LIFE = 86_400;
const KEEP_UNVERIFIED = 30 * 86_400;

/** What an operator's call may do next. */
export const operatorMoves: MovesOf<OperatorCall> = (world, { call, answer }, progress) => {
  const happens = (after: World, outcome = call.kind as string): readonly Move[] =>
    answer.status === 200 ? [{ world: after, progress: null, outcome: `operator: ${outcome}` }] : [];
  const isRefused = answer.status === 409;
  switch (call.kind) {
    case 'sweep':
      return sweepMoves(world, answer, progress);
    case 'reset': {
      const nothing = { certs: new Map(), attempts: new Map(), counts: new Map() };
      return happens({ ...world, ...nothing });
    }
    case 'ready':
      return happens(world);
    case 'list':
      return happens(world);
    case 'disable':
      return happens(endTokens({ ...world, disabled: [...world.disabled, call.merchant] }, call.merchant));
    case 'enable':
      return happens({ ...world, disabled: world.disabled.filter((each) => each !== call.merchant) });
    case 'revoke': {
      const key = world.keys.get(call.merchant);
      if (key === undefined || key.isRevoked) return isRefused ? unchanged(world, 'revoked before') : [];
      const keys = new Map(world.keys).set(call.merchant, { ...key, isRevoked: true });
      return happens(endTokens({ ...world, keys }, call.merchant));
    }
    case 'change secret': {
      const key = world.keys.get(call.merchant);
      if (key === undefined || key.isRevoked)
        return isRefused ? unchanged(world, 'no secret of a revoked key') : [];
      const keys = new Map(world.keys).set(call.merchant, { ...key, secret: call.secret });
      const isOther = key.secret !== call.secret;
      return happens(isOther ? endTokens({ ...world, keys }, call.merchant) : world);
    }
    case 'create':
      return createMoves(world, call, answer);
  }
};

function unchanged(world: World, outcome: string): readonly Move[] {
  return [{ world, progress: null, outcome: `operator: ${outcome}` }];
}

function endTokens(world: World, merchant: MerchantName): World {
  const tokens = new Map(world.tokens);
  tokens.delete(merchant);
  return { ...world, tokens };
}

function createMoves(
  world: World,
  { channelKey, certified, person, phone }: Extract<OperatorCall, { kind: 'create' }>,
  answer: Answer,
): readonly Move[] {
  const impUid = String(answer.response?.['imp_uid']);
  if (answer.status !== 200 || world.certs.has(impUid)) return [];
  const cert: Cert = {
    merchant: CHANNELS[channelKey]?.merchant ?? 'a',
    channelKey,
    merchantUid: 'made',
    person,
    phone,
    otp: null,
    state: certified ? 'certified' : 'pending',
    requestedAt: world.now,
    certifiedAt: world.now,
    shown: null,
    claim: null,
    isFaulty: false,
  };
  return unchanged({ ...world, certs: new Map(world.certs).set(impUid, cert) }, 'create');
}

/** The parts of a sweep, one after the other; the first may be done again, since a claim may have held it off. */
function sweepMoves(world: World, { status }: Answer, progress: string): readonly Move[] {
  const goesOn = (after: World, next: string): Move => ({ world: after, progress: next, outcome: null });
  switch (progress) {
    case BEGIN:
      return [goesOn(endLateAttempts(world), 'again'), goesOn(endLateAttempts(world), 'codes')];
    case 'again':
      return [goesOn(endLateAttempts(world), 'codes')];
    case 'codes':
      return [goesOn(endLateCodes(world), 'attempts')];
    case 'attempts':
      return [goesOn(forgetAttempts(world), 'certifications')];
  }
  const after = forgetCertifications(world);
  const outcome = after === world ? 'operator: sweep' : 'operator: sweep forgets';
  return status === 200 ? [{ world: after, progress: null, outcome }] : [];
}

function endLateAttempts(world: World): World {
  let swept = world;
  for (const [impUid, { expiresAt }] of world.attempts)
    if (world.now >= expiresAt) swept = endAttempt(swept, impUid, 'EXPIRED', null, null);
  return swept;
}

function endLateCodes(world: World): World {
  let swept = world;
  for (const [impUid, cert] of world.certs) {
    const { otp, state } = cert;
    const isLate = otp !== null && state === 'pending' && world.now - otp.sentAt >= CODE_LIFE;
    if (isLate && !claimIsLive(cert, world.now))
      swept = putCert(swept, impUid, { state: 'ended', otp: { ...otp, end: 'late' }, claim: null });
  }
  return swept;
}

function forgetAttempts(world: World): World {
  const isOld = ({ end, expiresAt }: Attempt) => end !== null && expiresAt < world.now - ENDED_ATTEMPT_LIFE;
  if (![...world.attempts.values()].some(isOld)) return world;
  return { ...world, attempts: new Map([...world.attempts].filter(([, attempt]) => !isOld(attempt))) };
}

function forgetCertifications(world: World): World {
  const isOld = ({ state, requestedAt }: Cert) =>
    state === 'ended' && requestedAt < world.now - KEEP_UNVERIFIED;
  const old = [...world.certs].filter(([, cert]) => isOld(cert)).map(([impUid]) => impUid);
  if (old.length === 0) return world;
  const keep = <V>(map: ReadonlyMap<string, V>) =>
    new Map([...map].filter(([impUid]) => !old.includes(impUid)));
  return { ...world, certs: keep(world.certs), attempts: keep(world.attempts) };
}
