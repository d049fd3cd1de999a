import type { AttemptStore } from './attempt.ts';
import type { CertificationState } from './certification.ts';
import type { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import type { ApiKey, Merchant, MerchantSetup } from './merchant.ts';
import type { OtpEnd, OtpLimits, StoredOtp } from './otp.ts';
import type { Sealed } from './vault.ts';

/** A certification as a store keeps it: what it says about the person and the page is sealed bytes. */
export interface StoredCertification {
  readonly impUid: string;
  readonly merchantId: number;
  readonly channel: Channel;
  readonly state: CertificationState;
  readonly requestedAt: number;
  readonly certifiedAt: number | null;
  readonly sealed: Sealed;
}

/** A certification with its OTP; null when it was made otherwise. */
export interface CertificationWithOtp {
  readonly certification: StoredCertification;
  readonly otp: StoredOtp | null;
}

/** What became of a try: `closed` when the certification was not open any more, so that nothing was tried. */
export type OtpTry = 'right' | 'wrong' | 'last' | 'closed';

export interface OtpRequestCount {
  readonly merchantId: number;
  readonly phoneDigest: Uint8Array;
  readonly now: number;
  readonly limits: OtpLimits;
}

/** A live access token as a store keeps it: the nonce it is derived from, never the token. */
export interface StoredToken {
  readonly nonce: Uint8Array;
  readonly expiresAt: number;
}

/** What a presented token stands for. */
export interface TokenHolder {
  readonly merchantId: number;
  readonly apiKeyId: number;
  readonly expiresAt: number;
}

export interface TokenRequest {
  readonly apiKeyId: number;
  readonly now: number;
  /** The token to keep if the key has no live one. `digest` is SHA-256 of the token, as hex. */
  readonly fresh: StoredToken & { readonly digest: string };
  /** A live token with at most this many milliseconds left gets `extension` more. */
  readonly extensionWindow: number;
  readonly extension: number;
}

/** Connections of this process to the database, now and since the start. */
export interface PoolFigures {
  readonly limit: number;
  readonly used: number;
  readonly idle: number;
  /** Calls that wait for one. */
  readonly waiting: number;
  /** Calls refused since too many waited already, and those for which none became free in time. */
  readonly full: number;
  readonly timedOut: number;
}

/**
 * What a storage engine must do. Each verb is atomic: calls at the same moment, from several processes too,
 * have one order. Absence is `null`. What cannot be read or written is `store_unavailable` when it
 * may go better by itself or once an operator has given room, and `store_failed` when it is a defect. Times are epoch
 * milliseconds.
 */
export interface Store {
  readonly attempts: AttemptStore;
  /** The time that everybody who shares the store goes by. */
  readonly clock: Clock;

  /** Adds a merchant or brings the one with this user code up to date; keys and channels likewise. */
  saveMerchant(setup: MerchantSetup): Promise<Merchant>;
  /** The channels of a merchant, its default one first. */
  listChannels(merchantId: number): Promise<readonly Channel[]>;
  findChannel(channelKey: string): Promise<Channel | null>;
  /** A merchant that is not disabled. */
  findMerchant(by: { readonly id: number } | { readonly userCode: string }): Promise<Merchant | null>;
  /** The key pair with this folded `imp_key`, unless it is revoked or its merchant disabled. */
  findApiKey(impKey: string): Promise<ApiKey | null>;

  /** The key's live token, extended when it is about to end; or the fresh one, kept from now on. */
  issueToken(request: TokenRequest): Promise<StoredToken>;
  /** Who may act with the token of this digest (SHA-256, hex), whether it has expired or not. */
  findToken(digest: string): Promise<TokenHolder | null>;

  /** Keeps a new certification; false when its id is or was in use, also by one erased since. */
  createCertification(certification: StoredCertification): Promise<boolean>;
  /** The same for one with an OTP, and ends the open ones of this merchant, channel and phone as superseded. */
  createOtpCertification(certification: StoredCertification, otp: StoredOtp): Promise<boolean>;
  findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null>;
  findOtp(merchantId: number, impUid: string): Promise<CertificationWithOtp | null>;
  /** Compares the digest with the OTP's; a wrong one is counted in the same step, the fifth ends the certification. */
  tryOtp(merchantId: number, impUid: string, digest: Uint8Array, wrongTries: number): Promise<OtpTry>;
  /** Ends an open OTP certification without a person; false when it was not open. */
  endOtp(merchantId: number, impUid: string, state: 'failed' | 'expired', end: OtpEnd): Promise<boolean>;
  /** Certifies an open certification with what is now sealed of it; false when it was not open. */
  certify(certification: StoredCertification): Promise<boolean>;
  /** Counts an OTP request; or, when the limits forbid it, does not and says from when on it may be repeated. */
  countOtpRequest(request: OtpRequestCount): Promise<number | null>;
  /** Destroys a certification and its key material, and gives back what was there; the id stays used. */
  eraseCertification(merchantId: number, impUid: string, at: number): Promise<StoredCertification | null>;
  /** Forgets every certification and which ids were used. Only a database of `dev` does this. */
  resetCertifications(): Promise<void>;

  /** Resolves when the store can answer, and rejects soon when it cannot; after a write met a full disk, also that it can write. */
  check(): Promise<void>;
  /** Absent where there are no connections. */
  pool?(): PoolFigures;
  close(): Promise<void>;
}
