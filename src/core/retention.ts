import type { AttemptEnd } from './attempt.ts';
import { type Clock, SECOND } from './clock.ts';
import { NO_HOOKS, type ServiceHooks } from './hooks.ts';
import { LONGEST_WINDOW } from './limits.ts';
import { OTP_LIFE } from './otp.ts';
import type { Store } from './store.ts';

/** How long an ended attempt still answers the shop's script, in milliseconds. */
const ENDED_ATTEMPT_LIFE = 86_400 * SECOND;
/** How long an agency's number is remembered after it was used, in milliseconds: longer than an agency knows it. */
const TRANSACTION_LIFE = 30 * 86_400 * SECOND;
/** Rows per transaction, so that other calls can run in between. */
const BATCH = 500;
const EXPIRED: AttemptEnd = { certified: false, reason: 'EXPIRED', providerCode: null };

export interface RetentionOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** How long a certification that ended without a person is kept, in milliseconds. */
  readonly keepUnverified: number;
  /** Default: nothing is counted. */
  readonly hooks?: ServiceHooks;
}

/**
 * Ends what is past its time, so that no data of a person who left is kept, and deletes what ended long ago. Nothing is
 * unsealed for that, so one damaged row does not block the others.
 */
export async function sweep(options: RetentionOptions): Promise<void> {
  const { store, clock, keepUnverified, hooks = NO_HOOKS } = options;
  const now = clock.now();
  const end = JSON.stringify(EXPIRED);
  await repeat(async () => {
    const ended = await store.attempts.endLate({ end, now, count: BATCH });
    if (ended > 0) hooks.attemptsEnded('EXPIRED', ended);
    return ended;
  });
  await repeat(() => store.endLateOtps(now - OTP_LIFE, now, BATCH));
  await repeat(() => store.attempts.forget(now - ENDED_ATTEMPT_LIFE, BATCH));
  await repeat(() => store.attempts.forgetTransactions(now - TRANSACTION_LIFE, BATCH));
  await repeat(() => store.forgetUnverified(now - keepUnverified, BATCH));
  await repeat(() => store.forgetRequests(now - LONGEST_WINDOW, BATCH));
}

async function repeat(work: () => Promise<number>): Promise<void> {
  while ((await work()) > 0) await new Promise<void>((resolve) => setImmediate(resolve));
}
