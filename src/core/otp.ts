import type { StoredCertification } from './certification.ts';
import { SECOND } from './clock.ts';
import type { Claimant, VerificationMethod } from './provider.ts';
import { stripUnseen } from './unseen.ts';
import type { Sealed, Vault } from './vault.ts';

export const OTP_LIFE = 180 * SECOND;
export const OTP_WRONG_TRIES = 5;

/** At most `count` requests in `window` milliseconds. */
export interface RateLimit {
  readonly count: number;
  readonly window: number;
}

/** Why an OTP certification ended without a person. */
export type OtpEnd = 'tries' | 'refused' | 'superseded' | 'late';

/** What a store keeps of an OTP: the code and the phone number as keyed digests only. */
export interface StoredOtp {
  readonly method: VerificationMethod;
  /** Null when it has ended, as are the next two. */
  readonly digest: Uint8Array | null;
  readonly phoneDigest: Uint8Array | null;
  /** Whom the request named, sealed; JSON of an `OtpNote`. */
  readonly claimant: Sealed | null;
  readonly sentAt: number;
  /** Wrong tries so far. */
  readonly wrong: number;
  /** Null while it is open, and when it was confirmed. */
  readonly end: OtpEnd | null;
}

/** What is sealed while an OTP is open. */
export interface OtpNote {
  readonly claimant: Claimant;
  /** What the adapter must remember. */
  readonly memo: string | null;
  /** Who compares the code. Where it is the agency, the digest is that of no code. */
  readonly comparedBy: 'us' | 'agency';
}

/** What the sealed claimant of an OTP certification is bound to, so that nothing of what was sent can be changed. */
export function claimantContext(
  { merchantId, impUid }: Pick<StoredCertification, 'merchantId' | 'impUid'>,
  { method, sentAt, digest, phoneDigest }: Pick<StoredOtp, 'method' | 'sentAt' | 'digest' | 'phoneDigest'>,
): string {
  const digests = [digest, phoneDigest].map((each) => each && Buffer.from(each).toString('base64'));
  return JSON.stringify(['otp claimant', merchantId, impUid, method, sentAt, ...digests]);
}

/** The digest of a code, bound to its certification, so that equal codes have different ones. */
export function digestOtp(vault: Vault, impUid: string, otp: string): Uint8Array {
  return vault.digest('codes', otpLabel(impUid), otp);
}

/** The same under the key that made `kept`, which may be an older one. */
export function digestOtpLike(kept: Uint8Array, vault: Vault, impUid: string, otp: string): Uint8Array {
  return vault.digestLike(kept, 'codes', otpLabel(impUid), otp);
}

function otpLabel(impUid: string): string {
  return `otp ${impUid}`;
}

/** The digest by which open requests to one phone number are found. */
export function digestPhone(vault: Vault, phone: string): Uint8Array {
  return vault.digest('codes', 'phone', phone);
}

/** Characters of the service's name that fit into a text message. */
const LONGEST_SERVICE_NAME = 20;

/** The brackets around the name, also in their wide form. */
const BRACKETS = /[[\]\uff3b\uff3d]/g;
/** What a phone would make a link of: a scheme, or a host with a path. */
const LINK = /:\/\/|[^\s/]\.[^\s/]+\//u;

/**
 * A service's name in a safe form for a text message, because the merchant's page, and so anybody, can choose it: one
 * line of at most 20 characters. Empty when nothing of it would be visible, or when it contains a link.
 */
export function toMessageName(name: string): string {
  const line = stripUnseen(name.replace(BRACKETS, ''));
  // In the plain form of wide letters, as a phone may read them.
  if (LINK.test(line.normalize('NFKC'))) return '';
  return [...line].slice(0, LONGEST_SERVICE_NAME).join('').trim();
}
