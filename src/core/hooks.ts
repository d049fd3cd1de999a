import { type ErrorCode, toAppError } from '../errors.ts';
import type { FailureReason } from './attempt.ts';
import type { JobName, JobOutcome, JobState } from './jobs.ts';

/** The reason why an OTP call failed, or what it did. */
export type OtpOutcome = 'requested' | 'certified' | ErrorCode;

/** What an agency can be asked: to send a code and to confirm it, to begin a visit and to say who it was. */
export type Question = 'request' | 'confirm' | 'begin' | 'complete';

/** What an agency's answer amounted to: an answer, or the code of the error. */
export type AgencyOutcome = 'done' | ErrorCode;

/**
 * What somebody may have tried with the window of an agency: `unknown_return` came to an address that nobody was given,
 * `contradicting_return` cannot belong to its attempt, `foreign_browser` is not the one that began, and
 * `binding_mismatch` is a result about somebody or something else.
 */
export const SECURITY_EVENTS = [
  'unknown_return',
  'contradicting_return',
  'foreign_browser',
  'binding_mismatch',
] as const;

export interface SecurityEvent {
  readonly kind: (typeof SECURITY_EVENTS)[number];
  /** The client's address. */
  readonly address: string;
  /** Null when it concerns no attempt. */
  readonly about: VisitName | null;
  /** For the log; null for nothing more. */
  readonly why: string | null;
}

/** A visit to an agency, as it may be named in the log. */
export interface VisitName {
  readonly adapter: string;
  readonly attemptId: string;
}

/** Called by the services when something happens that is worth counting. A hook must not throw. */
export interface ServiceHooks {
  /** A key pair got its access token; `isNew` is false for the one that it had already. */
  tokenIssued(isNew: boolean): void;
  /** A code was requested or tried: `api` by the merchant's own page, `page` by the verification page. */
  otpCalled(surface: 'api' | 'page', outcome: OtpOutcome): void;
  /** An agency is asked. Returns what is called with the outcome. */
  agencyAsked(adapter: string, question: Question): (outcome: AgencyOutcome) => void;
  /** These fields of an agency's answer were empty or could not be understood. */
  resultUnclear(about: VisitName, fields: readonly string[]): void;
  securityEvent(event: SecurityEvent): void;
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
  agencyAsked: () => () => {},
  resultUnclear() {},
  securityEvent() {},
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
