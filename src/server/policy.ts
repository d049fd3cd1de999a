import { REQUEST_LIMITS, type RequestLimits } from '../core/limits.ts';

/** Everything that differs between `dev` and `serve`, except for the sandbox itself. */
export interface Policy {
  /** Stored in the database; a database with another mode is refused. */
  readonly mode: 'dev' | 'serve';
  /** Limits on requests for codes and for the page; null for none. */
  readonly limits: RequestLimits | null;
  /** Delays callers who send wrong keys repeatedly. */
  readonly slowsGuessing: boolean;
  /** Accepts people whose CI or DI is marked as a sandbox value. */
  readonly keepsInvented: boolean;
  /** Uses another channel instead of an unknown one, with a warning. */
  readonly forgivesChannels: boolean;
  /** Lets every merchant use the test servers of agencies, not only those that are marked as tests. */
  readonly allowsTestChannels: boolean;
  /** Opens the verification page without the merchant's list of origins and addresses. */
  readonly forgivesPages: boolean;
  /** Lets pages of every origin read answers, not only those in a list. */
  readonly allowsEveryOrigin: boolean;
  /** Marks channels as `sandbox` in the API's list. */
  readonly showsSandbox: boolean;
}

export const DEV_POLICY: Policy = {
  mode: 'dev',
  limits: null,
  slowsGuessing: false,
  keepsInvented: true,
  forgivesChannels: true,
  allowsTestChannels: true,
  forgivesPages: true,
  allowsEveryOrigin: true,
  showsSandbox: true,
};

export const SERVE_POLICY: Policy = {
  mode: 'serve',
  limits: REQUEST_LIMITS,
  slowsGuessing: true,
  keepsInvented: false,
  forgivesChannels: false,
  allowsTestChannels: false,
  forgivesPages: false,
  allowsEveryOrigin: false,
  showsSandbox: false,
};
