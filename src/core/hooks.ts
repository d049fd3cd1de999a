import { type ErrorCode, toAppError } from '../errors.ts';
import type { FailureReason } from './attempt.ts';
import type { JobName, JobOutcome, JobState } from './jobs.ts';

/** The reason why an OTP call failed, or what it did. */
export type OtpOutcome = 'requested' | 'certified' | ErrorCode;

/** Called by the services when something happens that is worth counting. A hook must not throw. */
export interface ServiceHooks {
  /** A key pair got its access token; `isNew` is false for the one that it had already. */
  tokenIssued(isNew: boolean): void;
  /** A code was requested or tried: `api` by the merchant's own page, `page` by the verification page. */
  otpCalled(surface: 'api' | 'page', outcome: OtpOutcome): void;
  /** An attempt of the verification page began. */
  attemptStarted(): void;
  /** So many attempts ended, certified or for this reason. */
  attemptsEnded(end: 'CERTIFIED' | FailureReason, count: number): void;
  /** A process has looked at a job, which itself or another one runs. */
  jobSeen(name: JobName, state: JobState): void;
  /** A run of a job in this process ended. */
  jobEnded(name: JobName, outcome: JobOutcome): void;
}

export const NO_HOOKS: ServiceHooks = {
  tokenIssued() {},
  otpCalled() {},
  attemptStarted() {},
  attemptsEnded() {},
  jobSeen() {},
  jobEnded() {},
};

/** Waits for a call, and reports the code of its error. */
export async function reportFailure<T>(call: Promise<T>, report: (code: ErrorCode) => void): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    report(toAppError(thrown).code);
    throw thrown;
  }
}
