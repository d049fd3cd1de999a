import type { AppError } from '../errors.ts';
import type { AttemptStore } from './attempt-store.ts';
import type { StoredCertification } from './certification.ts';
import type { Channel } from './channel.ts';
import type { ClaimRequest, WrongCode } from './claims.ts';
import type { Clock } from './clock.ts';
import type { JobEnd, JobState, JobTake } from './jobs.ts';
import type { DataKeyStore } from './key-ring.ts';
import type { ApiKey, KeyState, Merchant, MerchantRows } from './merchant.ts';
import type { OtpEnd, RateLimit, StoredOtp } from './otp.ts';

/** A certification with its OTP; null when it was made otherwise. */
export interface CertificationWithOtp {
  readonly certification: StoredCertification;
  readonly otp: StoredOtp | null;
  /** The end of the current claim; null for none. */
  readonly claimedUntil: number | null;
}

export interface OtpTryRequest extends ClaimRequest {
  readonly digest: Uint8Array;
  /** The number of wrong codes that ends the certification. */
  readonly wrongTries: number;
}

/**
 * The result of a try: `right` when the caller now has the claim; `busy` while another caller has it, and nothing was
 * compared or counted; `closed` when the certification had ended.
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

/** One subject of a limit, such as a phone number, as a keyed digest, with its limits. */
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

/** A certification that is asked for with an access token. */
export interface TokenLookup {
  /** The token's digest. */
  readonly digest: string;
  readonly impUid: string;
}

export interface TokenLookupResult {
  /** Null when there is no such token. */
  readonly holder: TokenHolder | null;
  /** That of the holder's merchant, or null. An error says that this row was altered. */
  readonly certification: StoredCertification | AppError | null;
}

export interface TokenChange {
  /** The key pair and the secret it was presented with; refused when the pair has another secret by now. */
  readonly key: Pick<ApiKey, 'id' | 'secretDigest'>;
  /** The token that the pair had when the caller read it; null for none. */
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
  /** Calls that were refused because too many waited, or because no connection became free in time. */
  readonly full: number;
  readonly timedOut: number;
}

/**
 * What a storage engine must do. Each verb is atomic: calls at the same moment, also from several processes, have one
 * order. Absence is `null`. Errors are `store_unavailable` when they are temporary (retry, or free disk space) and
 * `store_failed` when they are a defect. Times are epoch milliseconds.
 */
export interface Store extends DataKeyStore {
  readonly attempts: AttemptStore;
  /** The clock of all processes that share the store. */
  readonly clock: Clock;

  /**
   * Adds a merchant or updates the one with this user code; keys and channels likewise. Keys and channels that are not
   * given stay. `toRows` is called within the transaction with what is stored, and whether that was added just now. A
   * key whose secret changes loses its token; a merchant that is disabled loses all tokens. `store_failed` when a key
   * or channel is another merchant's, or revoked.
   */
  saveMerchant(
    userCode: string,
    toRows: (found: Merchant, isNew: boolean) => MerchantRows,
  ): Promise<Merchant>;
  /** Every merchant, the disabled ones too, by user code. */
  listMerchants(): Promise<readonly Merchant[]>;
  /** The key pairs of a merchant, the revoked ones too. */
  listKeys(merchantId: number): Promise<readonly KeyState[]>;
  /** Deletes a key pair's secret digest and its token; false when there is no such live pair. */
  revokeKey(impKey: string, at: number): Promise<boolean>;
  /** The channels of a merchant, its default one first. */
  listChannels(merchantId: number): Promise<readonly Channel[]>;
  findChannel(channelKey: string): Promise<Channel | null>;
  /** A merchant that is not disabled. */
  findMerchant(by: { readonly id: number } | { readonly userCode: string }): Promise<Merchant | null>;
  /** The key pair with this folded `imp_key`, unless it is revoked or its merchant disabled. */
  findApiKey(impKey: string): Promise<ApiKey | null>;

  /**
   * The last token of a key pair, expired or not. Null also when the pair has another secret by now, so that an old
   * secret never gets a token of the new one.
   */
  findTokenOfKey(key: Pick<ApiKey, 'id' | 'secretDigest'>): Promise<StoredToken | null>;
  /** Replaces the token that the caller read; false when the token or the pair has changed meanwhile. */
  putToken(change: TokenChange): Promise<boolean>;
  /** The holder of the token with this digest, expired or not. */
  findToken(digest: string): Promise<TokenHolder | null>;

  /** Stores a new certification; false when its id is in use or was used before. */
  createCertification(certification: StoredCertification): Promise<boolean>;
  /** The same with an OTP. Ends the open ones of the same merchant, channel and phone as superseded. */
  createOtpCertification(certification: StoredCertification, otp: StoredOtp): Promise<boolean>;
  findCertification(merchantId: number, impUid: string): Promise<StoredCertification | null>;
  /**
   * The holders of tokens, expired or not, and their certifications, in the order of the questions. An error says that
   * the row of this token was altered.
   */
  lookUp(lookups: readonly TokenLookup[]): Promise<readonly (TokenLookupResult | AppError)[]>;
  findOtp(merchantId: number, impUid: string): Promise<CertificationWithOtp | null>;
  /**
   * Compares the digest with the OTP's. A wrong one is counted at the same time, and the last one allowed ends the
   * certification; for the right one the caller gets the claim.
   */
  tryOtp(request: OtpTryRequest): Promise<OtpTry>;
  /** Claims a pending certification; false when it has ended or another claim is live. */
  claim(request: ClaimRequest): Promise<boolean>;
  /**
   * Counts a code that the agency found wrong, and releases the claim. The last one allowed ends the certification.
   * Null when the caller no longer has the claim; then nothing is counted.
   */
  countWrongOtp(wrong: WrongCode & { readonly merchantId: number }): Promise<'wrong' | 'last' | null>;
  /** Releases a claim; does nothing when the caller no longer has it. */
  release(merchantId: number, impUid: string, claim: Uint8Array): Promise<void>;
  /** Ends an open OTP certification without a person, and deletes whom it named; false when it was not open. */
  endOtp(ending: OtpEnding): Promise<boolean>;
  /** Certifies a pending certification with new sealed details; false when the caller no longer has the claim. */
  certify(certification: StoredCertification, claim: Uint8Array): Promise<boolean>;
  /**
   * Counts a request under each of its subjects. When a limit of any subject forbids it, counts nothing and returns the
   * time from which it may be repeated.
   */
  countRequest(subjects: readonly CountedSubject[], now: number): Promise<number | null>;
  /** Deletes a certification and its key material, and returns it as it was; the id stays used. */
  eraseCertification(merchantId: number, impUid: string, at: number): Promise<StoredCertification | null>;
  /**
   * Ends at most so many open OTP certifications whose code was sent before `sentBefore` and that have no claim, and
   * deletes whom they named. Returns how many.
   */
  endLateOtps(sentBefore: number, now: number, count: number): Promise<number>;
  /** Deletes at most so many certifications without a person that ended or began before `before`. Returns how many. */
  forgetUnverified(before: number, count: number): Promise<number>;
  /** Deletes at most so many counts of requests made before `before`. Returns how many. */
  forgetRequests(before: number, count: number): Promise<number>;

  /**
   * Makes a process the owner of a job that is due and that no other one has, or lets the owner keep it for another
   * lease. `isTaken` is false otherwise.
   */
  takeJob(take: JobTake): Promise<JobState & { readonly isTaken: boolean }>;
  /** Records how a run ended and when the next one is due; false when the job has another owner by now. */
  endJob(end: JobEnd): Promise<boolean>;

  /** Resolves when the store can answer, and rejects soon when it cannot. After a full disk it also tests a write. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** What an engine returns when it has opened a database. */
export interface OpenDatabase {
  readonly store: Store;
  /** For metrics; null for an engine without connections. */
  readonly pool: (() => PoolFigures) | null;
  /** Deletes every certification and the list of used ids. `store_failed` in a database that is not of `dev`. */
  readonly resetCertifications: () => Promise<void>;
}
