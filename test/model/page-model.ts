import { attemptOf, endAttempt, endOf, isDead, settle } from './attempt-events.ts';
import type { Answer, CallOf, Move, MovesOf, PageCall } from './calls.ts';
import { CHANNELS } from './cast.ts';
import { formMoves } from './form-model.ts';
import { showsResult, showsScreen } from './shown-screen.ts';
import { type Attempt, countRequest, type Facts, putAttempt, START_SUBJECTS, type World } from './world.ts';

/*
 * The contract of the verification page in the same style. What a call of the page does is several events, since it
 * looks at the attempt, changes it and looks again at what to show: others may come in between, and the contract says
 * what holds then. Ids are those of the browser contract.
 */

const TICKET_LIFE = 600;
const ATTEMPT_LIFE = 900;

/** What a call of the page may do next. */
export const pageMoves: MovesOf<PageCall> = (world, given, progress, facts) => {
  const { call, answer } = given;
  switch (call.kind) {
    case 'start':
      return startMoves(world, call, answer, facts);
    case 'open':
      return openMoves(world, call, answer);
    case 'form':
      return formMoves(world, { ...given, call }, progress, facts);
    case 'show': {
      const attempt = attemptOf(world, call);
      const expired = settle(world, call.impUid, attempt, progress);
      if (expired !== null) return expired;
      if (attempt === undefined) return isDead(answer) ? done(world, 'show: dead') : []; // J10
      const cert = world.certs.get(call.impUid);
      return cert !== undefined && showsScreen(world, call.impUid, [], answer)
        ? done(world, `show: ${endOf(attempt) ?? attempt.screen}`) // S8
        : [];
    }
    case 'result': {
      const attempt = attemptOf(world, call);
      const expired = settle(world, call.impUid, attempt, progress);
      if (expired !== null) return expired;
      if (attempt === undefined) return isUnknown(answer) ? done(world, 'result: unknown') : []; // U12
      return showsResult(world, call.impUid, answer)
        ? done(world, `result: ${endOf(attempt) ?? 'pending'}`) // Y7
        : [];
    }
    case 'close':
      return closeMoves(world, call, answer, progress);
    case 'word': {
      const attempt = attemptOf(world, call);
      const expired = settle(world, call.impUid, attempt, progress);
      if (expired !== null) return expired;
      const isRunning = attempt?.end === null;
      return answer.status === (isRunning ? 204 : 410)
        ? done(world, `word: ${isRunning ? 'kept' : 'over'}`)
        : [];
    }
  }
};

function done(world: World, outcome: string): readonly Move[] {
  return [{ world, progress: null, outcome }];
}

function isUnknown({ status, json }: Answer): boolean {
  return status === 404 && json?.['ok'] === false && json['error_reason'] === 'SYSTEM_ERROR';
}

function startMoves(
  before: World,
  { merchant, channelKey, minimumAge }: CallOf<'start'>,
  { status, json, retryAfter }: Answer,
  { limits }: Facts,
): readonly Move[] {
  const refuses = (expected: number, word: string) =>
    status === expected && json?.['ok'] === false && json['error_reason'] === word;
  if (before.disabled.includes(merchant))
    return refuses(404, 'NOT_READY') ? done(before, 'start: no merchant') : []; // N3
  const world = countRequest(before, limits, START_SUBJECTS);
  if (typeof world === 'number') {
    const isRight = refuses(429, 'TOO_MANY_REQUESTS') && retryAfter === Math.max(1, world);
    return isRight ? done(before, 'start: too many') : []; // S9
  }
  const impUid = String(json?.['imp_uid']);
  const ticket = /^http:\/\/[^/]+\/page\/([\w-]{43})$/.exec(String(json?.['url']))?.[1];
  const handle = String(json?.['handle']);
  const merchantUid = `nobody_${world.now * 1000}`; // §3
  const provider = CHANNELS[channelKey]?.provider;
  const isStarted =
    status === 200 &&
    /^imp_\d{12}$/.test(impUid) &&
    !world.certs.has(impUid) &&
    /^[\w-]{43}$/.test(handle) &&
    json?.['ok'] === true &&
    json['merchant_uid'] === merchantUid &&
    json['pg_provider'] === provider &&
    json['expires_at'] === world.now + ATTEMPT_LIFE &&
    Object.keys(json).length === 7;
  if (!isStarted || ticket === undefined) return []; // S2 S5
  const attempt: Attempt = {
    ticket,
    handle,
    session: null,
    ticketUntil: world.now + TICKET_LIFE,
    expiresAt: world.now + ATTEMPT_LIFE,
    minimumAge,
    step: 0,
    screen: 'carrier',
    carrier: null,
    method: null,
    typed: null,
    code: null,
    messages: [],
    sends: 0,
    refusals: 0,
    wrong: 0,
    approval: null,
    end: null,
  };
  const cert = {
    merchant,
    channelKey,
    merchantUid,
    person: { name: '', birthSent: '', digit: '', carrierSent: '' },
    phone: '',
    otp: null,
    state: 'pending',
    requestedAt: world.now,
    certifiedAt: 0,
    shown: null,
    claim: null,
    isFaulty: false,
  } as const;
  const certs = new Map(world.certs).set(impUid, { ...cert, person: NOBODY });
  const attempts = new Map(world.attempts).set(impUid, attempt);
  return done({ ...world, certs, attempts }, 'start: started');
}

const NOBODY = {
  name: '',
  birthSent: '',
  digit: '',
  carrierSent: '',
  birthday: '',
  birth: 0,
  gender: 'male',
  foreigner: false,
  carrier: '',
} as const;

/** Once, within its time (S6). */
function openMoves(world: World, { impUid, ticket }: CallOf<'open'>, answer: Answer): readonly Move[] {
  const attempt = world.attempts.get(impUid);
  const isGood =
    attempt?.ticket === ticket &&
    attempt.session === null &&
    attempt.end === null &&
    world.now < attempt.ticketUntil;
  if (!isGood) return isDead(answer) ? done(world, 'open: dead') : [];
  const session = /^\/page\/s\/([\w-]{43})$/.exec(answer.location ?? '')?.[1];
  if (answer.status !== 303 || session === undefined) return [];
  const isNew = [...world.attempts.values()].every((each) => each.session !== session);
  return isNew ? done(putAttempt(world, impUid, { session }), 'open: opened') : [];
}

/**
 * Looks, ends it as the person's cancel or what the script says, and looks again (Y6). Without a reason it ends only
 * when the window is not there any more (Y6a): when it was last heard of goes by a clock that stands outside of the
 * model, so either is allowed here, and the suites of the store tell them apart.
 */
function closeMoves(world: World, call: CallOf<'close'>, answer: Answer, progress: string): readonly Move[] {
  const { impUid } = call;
  const attempt = attemptOf(world, call);
  const answers = (outcome: string) =>
    showsResult(world, impUid, answer) ? done(world, `close: ${outcome}`) : [];
  switch (progress) {
    case 'ending': {
      const ended = endAttempt(world, impUid, call.reason ?? 'USER_CANCEL', null, null);
      const worlds = call.reason === null && ended !== world ? [ended, world] : [ended];
      return worlds.map((each) => ({ world: each, progress: 'ended', outcome: null }));
    }
    case 'ended':
      // Erased just now: nothing is known of it any more.
      if (attempt === undefined)
        return answer.status === 200 && answer.json?.['state'] === 'pending'
          ? done(world, 'close: erased')
          : [];
      if (call.reason === null && attempt.end === null)
        return answer.status === 200 && JSON.stringify(answer.json) === '{"state":"pending","wait":true}'
          ? done(world, 'close: to wait')
          : [];
      return answers(endOf(attempt) ?? 'being confirmed');
  }
  const expired = settle(world, impUid, attempt, progress);
  if (expired !== null) return expired;
  if (attempt === undefined) return isUnknown(answer) ? done(world, 'close: unknown') : []; // U12
  if (attempt.end !== null) return answers(`ended before by ${attempt.end.word}`);
  return [{ world, progress: 'ending', outcome: null }];
}
