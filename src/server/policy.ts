import { REQUEST_LIMITS, type RequestLimits } from '../core/limits.ts';

/** All that differs between `dev` and `serve`, except for the sandbox itself. */
export interface Policy {
  /** Stands in the database; one with another mode is refused. */
  readonly mode: 'dev' | 'serve';
  /** How often codes and the page may be asked for; null for no limits. */
  readonly limits: RequestLimits | null;
  /** Makes callers wait who send wrong keys again and again. */
  readonly slowsGuessing: boolean;
  /** Keeps people whose CI or DI is marked as that of a sandbox. */
  readonly keepsInvented: boolean;
  /** Takes another channel for an unknown one, with a warning. */
  readonly forgivesChannels: boolean;
  /** Opens the verification page without the merchant's list of origins and addresses. */
  readonly forgivesPages: boolean;
  /** Lets pages of every origin read answers, not only those of a list. */
  readonly allowsEveryOrigin: boolean;
  /** Says `sandbox` of the channels that the API lists. */
  readonly showsSandbox: boolean;
}

export const DEV_POLICY: Policy = {
  mode: 'dev',
  limits: null,
  slowsGuessing: false,
  keepsInvented: true,
  forgivesChannels: true,
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
  forgivesPages: false,
  allowsEveryOrigin: false,
  showsSandbox: false,
};
