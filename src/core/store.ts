import type { AttemptStore } from './attempt.ts';
import type { StoredCertification } from './certification.ts';
import type { Channel } from './channel.ts';
import type { ClaimRequest } from './claims.ts';
import type { Clock } from './clock.ts';
import type { ApiKey, KeyState, Merchant, MerchantRows } from './merchant.ts';
import type { OtpEnd, RateLimit, StoredOtp } from './otp.ts';

/** A certification with its OTP; null when it was made otherwise. */
export interface CertificationWithOtp {
  readonly certification: StoredCertification;
  readonly otp: StoredOtp | null;
  /** Until when somebody has the claim; null when nobody has taken it. */
  readonly claimedUntil: number | null;
}

export interface OtpTryRequest extends ClaimRequest {
  readonly digest: Uint8Array;
  /** How many wrong codes end the certification. */
  readonly wrongTries: number;
}

/**
 * What became of a try: `right` when the caller now has the claim; `busy` while somebody else has it, so that nothing
 * was compared or counted; `closed` when the certification was not open any more.
 */
export type OtpTry = 'right' | 'wrong' | 'last' | 'busy' | 'closed';

/** How a pending certification ends without a person. */
export interface OtpEnding {
  readonly merchantId: number;
  readonly impUid: string;
  readonly state: 'failed' | 'expired';
  readonly end: OtpEnd;
  /** The caller's claim. Null for a caller without one, who is refused while somebody else has a live claim. */
  readonly claim: Uint8Array | null;
  readonly now: number;
}

/** One thing that a request counts under, as a keyed digest, and how often it may. */
export interface CountedSubject {
  readonly subject: Uint8Array;
  readonly limits: readonly RateLimit[];
}

/** An access token as a store keeps it: the nonce it is derived from, never the token. */
export interface StoredToken {
  readonly nonce: Uint8Array;
  /** Keyed digest of the token as hex, by which it is found. */
  readonly digest: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Shows that the row is as it was written; see `proofs.ts`. */
  readonly proof: Uint8Array;
}

/** What a presented token stands for. */
export interface TokenHolder extends Omit<StoredToken, 'digest'> {
  readonly merchantId: number;
  readonly apiKeyId: number;
}

export interface TokenChange {
  /** The pair that asks, with the secret that it showed: a pair that has another one by now gets nothing. */
  readonly key: Pick<ApiKey, 'id' | 'secretDigest'>;
  /** The token that the pair had when this was decided; null for none. */
  readonly seen: StoredToken | null;
  readonly next: StoredToken;
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
 * What a storage engine must do. Each verb is atomic: calls at the same moment, also from several processes, have one
 * order. Absence is `null`. Errors are `store_unavailable` when they are temporary (retry, or free disk space) and
 * `store_failed` when they are a defect. Times are epoch milliseconds.
 */
export interface Store {
  readonly attempts: AttemptStore;
  /** The time that everybody who shares the store goes by. */
  readonly clock: Clock;

  /**
   * Adds a merchant or brings the one with this user code up to date; keys and channels likewise, and those that are
   * not given stay. `toRows` is called in the middle with what is there,
   * and whether that was added for it just now. A key whose secret changes loses its token, a
   * merchant that is disabled all of them. `store_failed` when a key or channel is another merchant's, or revoked.
   */
  saveMerchant(
    userCode: string,
    toRows: (found: Merchant, isNew: boolean) => MerchantRows,
  ): Promise<Merchant>;
  /** Every merchant, the disabled ones too, by user code. */
  listMerchants(): Promise<readonly Merchant[]>;
  /** The key pairs of a merchant, the revoked ones too. */
  listKeys(merchantId: number): Promise<readonly KeyState[]>;
  /** Destroys what a key pair's secret is compared with, and its token; false when there is no such live pair. */
  revokeKey(impKey: string, at: number): Promise<boolean>;
  /** The channels of a merchant, its default one first. */
  listChannels(merchantId: number): Promise<readonly Channel[]>;
  findChannel(channelKey: string): Promise<Channel | null>;
  /** A merchant that is not disabled. */
  findMerchant(by: { readonly id: number } | { readonly userCode: string }): Promise<Merchant | null>;
  /** The key pair with this folded `imp_key`, unless it is revoked or its merchant disabled. */
  findApiKey(impKey: string): Promise<ApiKey | null>;

  /**
   * The token that a key pair had last, whether it has expired or not; null also when the pair has another secret by
   * now, so that nobody gets a token that was made for it.
   */
  findTokenOfKey(key: Pick<ApiKey, 'id' | 'secretDigest'>): Promise<StoredToken | null>;
  /** Puts a token in the place of the one that was seen; false when that or the pair has changed in the meantime. */
  putToken(change: TokenChange): Promise<boolean>;
  /** Who may act with the token of this digest, whether it has expired or not. */
  findToken(digest: string): Promise<TokenHolder | null>;

  /** Keeps a new certification; false when its id is or was in use, also by one erased since. */
  createCertification(certification: StoredCertification): Promise<boolean>;
  /** The same for one with an OTP, and ends the open ones of this merchant, channel and phone as superseded. */
  createOtpCertification(certification: StoredCertification, otp: StoredOtp): Promise<boolean>;
  findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null>;
  findOtp(merchantId: number, impUid: string): Promise<CertificationWithOtp | null>;
  /**
   * Compares the digest with the OTP's. A wrong one is counted in the same step, and the last one allowed ends the
   * certification; with the right one the caller gets the claim.
   */
  tryOtp(request: OtpTryRequest): Promise<OtpTry>;
  /** Takes the claim of a pending certification; false when it has ended or somebody else's claim is live. */
  claim(request: ClaimRequest): Promise<boolean>;
  /** Gives a claim back; nothing happens when it is not held any more. */
  release(merchantId: number, impUid: string, claim: Uint8Array): Promise<void>;
  /** Ends an open OTP certification without a person, and forgets whom the request named; false when it was not open. */
  endOtp(ending: OtpEnding): Promise<boolean>;
  /** Certifies a pending certification with what is now sealed of it; false when the claim is not held any more. */
  certify(certification: StoredCertification, claim: Uint8Array): Promise<boolean>;
  /**
   * Counts a request under each of its subjects; or, when a limit of any of them forbids it, under none, and says from
   * when on it may be repeated.
   */
  countRequest(subjects: readonly CountedSubject[], now: number): Promise<number | null>;
  /** Destroys a certification and its key material, and returns what was there; the id stays used. */
  eraseCertification(merchantId: number, impUid: string, at: number): Promise<StoredCertification | null>;
  /**
   * Ends at most so many open OTP certifications whose code was sent before `sentBefore` and that nobody has a claim
   * on, and forgets whom they named; says how many.
   */
  endLateOtps(sentBefore: number, now: number, count: number): Promise<number>;
  /** Deletes at most so many certifications without a person that ended, or began, before `before`; says how many. */
  forgetUnverified(before: number, count: number): Promise<number>;
  /** Deletes at most so many counts of requests made before `before`; says how many. */
  forgetRequests(before: number, count: number): Promise<number>;

  /** Forgets every certification and which ids were used. Only a database of `dev` does this. */
  resetCertifications(): Promise<void>;

  /** Resolves when the store can answer, and rejects soon when it cannot; after a write met a full disk, also that it can write. */
  check(): Promise<void>;
  /** Absent where there are no connections. */
  pool?(): PoolFigures;
  close(): Promise<void>;
}
