import type { Answer, Move } from './calls.ts';
import { type Attempt, claimIsLive, putAttempt, putCert, type World } from './world.ts';

/** An attempt that was past its time has been ended by this call before it looks. */
export const SETTLED = '!';
export const MOST_WRONG = 5;

/** The attempt that the secret of a call opens; none when the secret is not its own. */
export function attemptOf(
  world: World,
  call: { readonly impUid: string; readonly session?: string; readonly handle?: string },
): Attempt | undefined {
  const attempt = world.attempts.get(call.impUid);
  const isOpen = 'session' in call ? attempt?.session === call.session : attempt?.handle === call.handle;
  return isOpen ? attempt : undefined;
}

/**
 * Whoever looks at an attempt past its time, or whose tries are spent, ends it first (S7); null when there is nothing
 * to end.
 */
export function settle(
  world: World,
  impUid: string,
  attempt: Attempt | undefined,
  progress: string,
): readonly Move[] | null {
  if (attempt === undefined || attempt.end !== null || progress.endsWith(SETTLED)) return null;
  const isLate = world.now >= attempt.expiresAt;
  if (!isLate && attempt.wrong < MOST_WRONG) return null;
  const settled = endAttempt(world, impUid, isLate ? 'EXPIRED' : 'OTP_LIMIT', null, null);
  return [{ world: settled, progress: progress + SETTLED, outcome: null }];
}

/**
 * Ends an attempt and its certification together. Somebody else's live claim holds it off: what the provider just
 * confirms is not cut off (Y6). `by` is the call that has a claim of its own.
 */
export function endAttempt(
  world: World,
  impUid: string,
  word: string,
  code: string | null,
  by: number | null,
): World {
  const attempt = world.attempts.get(impUid);
  const cert = world.certs.get(impUid);
  if (attempt === undefined || attempt.end !== null || cert?.state !== 'pending') return world;
  if (cert.claim?.by !== by && claimIsLive(cert, world.now)) return world;
  return putAttempt(putCert(world, impUid, { state: 'ended', claim: null }), impUid, {
    end: { word, code },
    step: attempt.step + 1,
  });
}

export function endOf({ end }: Attempt): string | null {
  return end === null ? null : end.word;
}

export function isDead({ status, screen }: Answer): boolean {
  return status === 410 && screen?.name === 'dead';
}
