import { SECOND } from './clock.ts';
import type { VerificationMethod } from './provider.ts';
import type { Vault } from './vault.ts';

export const OTP_LIFE = 180 * SECOND;
export const OTP_WRONG_TRIES = 5;

/** Why an OTP certification ended without a person. */
export type OtpEnd = 'tries' | 'refused' | 'superseded' | 'late';

/** What a store keeps of an OTP: the code and the phone number as keyed digests only. */
export interface StoredOtp {
  readonly method: VerificationMethod;
  readonly digest: Uint8Array;
  readonly phoneDigest: Uint8Array;
  readonly sentAt: number;
  /** Wrong tries so far. */
  readonly wrong: number;
  /** Null while it is open, and when it was confirmed. */
  readonly end: OtpEnd | null;
}

/** At most `count` requests in `window` milliseconds. */
export interface RateLimit {
  readonly count: number;
  readonly window: number;
}

export interface OtpLimits {
  /** For one phone number, over all merchants. */
  readonly phone: readonly RateLimit[];
  readonly merchant: readonly RateLimit[];
}

/** The limits of production; `dev` has none. */
export const OTP_LIMITS: OtpLimits = {
  phone: [
    { count: 5, window: 600 * SECOND },
    { count: 20, window: 86_400 * SECOND },
  ],
  merchant: [{ count: 120, window: 60 * SECOND }],
};

/** The digest of a code, bound to its certification, so that equal codes have different ones. */
export function digestOtp(vault: Vault, impUid: string, otp: string): Uint8Array {
  return vault.digest(`otp ${impUid}`, otp);
}

/** The digest by which requests to one phone number are found and counted. */
export function digestPhone(vault: Vault, phone: string): Uint8Array {
  return vault.digest('phone', phone);
}
