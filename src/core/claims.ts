import { randomBytes } from 'node:crypto';
import { AppError, toAppError } from '../errors.ts';
import { SECOND } from './clock.ts';
import type { Question, ServiceHooks } from './hooks.ts';

/** Longer than a provider may take and its answer to be kept: only a caller that died loses its claim. */
const LEASE = 60 * SECOND;

/**
 * No claim lasts longer, whatever the clocks of two nodes say: one that says so was not written here, and holds nobody
 * up.
 */
export const LONGEST_CLAIM = 2 * LEASE;

/** Whether somebody has the claim that ends at `until`, null for none. */
export function isLive(until: number | null, now: number): boolean {
  return until !== null && until > now && until <= now + LONGEST_CLAIM;
}

/** A claim to be taken now. */
export function newClaim(now: number): Claim {
  return { id: randomBytes(16), until: now + LEASE };
}

/**
 * How long an adapter may take for a question, over all its tries, in milliseconds. A person waits for the first three.
 * The result of a visit must be kept before the claim ends.
 */
const PATIENCE: Readonly<Record<Question, number>> = {
  request: 10 * SECOND,
  confirm: 10 * SECOND,
  begin: 9 * SECOND,
  complete: LEASE - 5 * SECOND,
};

/** Whom to ask, and who is told how that went. */
export interface Asking {
  readonly adapter: string;
  readonly question: Question;
  readonly hooks: ServiceHooks | undefined;
}

/** What the provider says; `provider_unavailable` when it takes too long. */
export async function askProvider<T>(
  { adapter, question, hooks }: Asking,
  ask: () => Promise<T>,
): Promise<T> {
  const end = hooks?.agencyAsked(adapter, question);
  try {
    const answer = await inTime(ask(), PATIENCE[question]);
    end?.('done');
    return answer;
  } catch (thrown) {
    end?.(toAppError(thrown).code);
    throw thrown;
  }
}

async function inTime<T>(asked: Promise<T>, patience: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('provider_unavailable', { detail: 'the provider did not answer in time' })),
      patience,
    );
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The right to ask the provider about a pending certification, which one caller has at a time. It ends with the
 * certification, when it is given back, or at `until`, so that a caller that died holds nobody up for longer.
 */
export interface Claim {
  /** Random; only who knows it may certify, end or give back under the claim. */
  readonly id: Uint8Array;
  readonly until: number;
}

/** A certification that is to be claimed. */
export interface ClaimRequest {
  readonly merchantId: number;
  readonly impUid: string;
  readonly claim: Claim;
  readonly now: number;
}

/** A code that the agency has found wrong. */
export interface WrongCode {
  readonly impUid: string;
  /** The caller's claim, which ends with it. */
  readonly claim: Uint8Array;
  /** The number of wrong codes that are allowed. */
  readonly wrongTries: number;
}
