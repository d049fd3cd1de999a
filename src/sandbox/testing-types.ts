/*
 * Types of the sandbox that `bonin/testing` publishes. This file imports nothing, so the published types are whole.
 */

/** A fault as the control route takes it; members that are left out have defaults. */
export interface FaultRule {
  /**
   * A path of the API as in the contract, or a path of one certification such as `/certifications/imp_123`; optionally
   * with a method in front. Null for every route of the API.
   */
  readonly route: string | null;
  /** The number of requests that it still applies to; null for all. */
  readonly times: number | null;
  /** From 0 to 1. */
  readonly probability: number;
  readonly delay_ms: number;
  /** Status to answer with, 400 to 599; null for the usual answer. */
  readonly status: number | null;
  /** Cuts the connection instead of answering. */
  readonly abort: boolean;
  /** The body in place of an envelope, at most 32,768 characters. Needs a status. */
  readonly body?: string;
  /** Headers of the answer; each replaces the usual one of its name. Needs a status. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A text message that the sandbox would have sent. */
export interface Message {
  readonly id: string;
  readonly phone: string;
  readonly text: string;
  readonly otp: string;
  readonly imp_uid: string;
  /** Epoch seconds, by the sandbox's clock. */
  readonly sent_at: number;
}

/** A request of the merchant's code, for assertions in tests; without secrets and personal data. */
export interface LoggedRequest {
  readonly request_id: string;
  readonly method: string;
  readonly path: string;
  readonly route: string | null;
  /** Where the token was sent: `authorization`, `bearer`, `x-imptokenheader`, `_token`; null for nowhere. */
  readonly token: string | null;
  readonly content_type: string | null;
  /** The media type of a body that the API does not read, `none` without one; null when it is read. */
  readonly unread_media_type: string | null;
  /** Members of a body that is read; null for anything else. */
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly status: number;
  /** Epoch seconds, by the sandbox's clock. */
  readonly at: number;
}

/** The content of a people file: who exists in a sandbox. `src/sandbox/people.json` is the built-in one. */
export interface Seed {
  /** At least one. */
  readonly merchants: readonly SeedMerchant[];
  readonly certifications: readonly SeedCertification[];
}

interface KeyPair {
  readonly imp_key: string;
  readonly imp_secret: string;
}

/** A merchant with one key pair, or more of them in `keys`. The first channel is the default one. */
export interface SeedMerchant extends KeyPair {
  readonly id: string;
  /** Default: the id. */
  readonly name?: string | null | undefined;
  readonly user_code: string;
  readonly keys?: readonly KeyPair[] | null | undefined;
  readonly channels: readonly SeedChannel[];
  readonly page?: SeedPage | null | undefined;
  /** Whether its channels may use the test servers of agencies. */
  readonly test?: boolean | null | undefined;
}

export interface SeedChannel {
  readonly channel_key: string;
  readonly pg_provider: 'danal' | 'inicis_unified' | 'kcp_v2' | 'inicis';
  /** Default: the adapter with the name of `pg_provider`. */
  readonly adapter?: string | null | undefined;
  /** What the adapter takes; it checks them itself. */
  readonly settings?: { readonly [name: string]: unknown } | null | undefined;
  readonly pg_id: string;
  /** True only at the first channel. */
  readonly default?: boolean | null | undefined;
  readonly carrier_approval?: boolean | null | undefined;
  readonly foreigner_addon?: boolean | null | undefined;
  /** Full years; absent for people of any age. */
  readonly min_age?: number | null | undefined;
}

/** Which pages may start the verification page, and where it may send people back to. */
export interface SeedPage {
  readonly return_hosts?: readonly string[] | null | undefined;
  readonly return_schemes?: readonly string[] | null | undefined;
  readonly origins?: readonly string[] | null | undefined;
  readonly null_origin?: boolean | null | undefined;
  /** Whether a person may come back from an agency in another browser. */
  readonly bind_browser?: 'tolerant' | 'strict' | null | undefined;
}

interface SeedAttempt {
  readonly imp_uid: string;
  readonly merchant_uid: string;
  readonly origin?: string | null | undefined;
  /** The key of a channel of `merchants`. */
  readonly channel: string;
  /** The id of the merchant that owns the channel, for readers. */
  readonly merchant?: string | null | undefined;
  readonly gender?: 'male' | 'female' | null | undefined;
  readonly foreigner?: boolean | null | undefined;
  readonly phone?: string | null | undefined;
  readonly carrier?: string | null | undefined;
  /** The CI itself: 88 characters of base64 that begin with `SANDBOX/`. Not together with `person`. */
  readonly unique_key?: string | null | undefined;
  /** A label: the same label is the same person, whatever the name. Not together with `unique_key`. */
  readonly person?: string | null | undefined;
}

interface Somebody extends SeedAttempt {
  readonly certified: true;
  /** Epoch seconds. */
  readonly certified_at: number;
  readonly name: string;
  /** `YYYY-MM-DD`. */
  readonly birthday: string;
}

/** Its personal data is checked but never returned. */
interface Nobody extends SeedAttempt {
  readonly certified: false;
  /** Epoch seconds. */
  readonly certified_at?: number | null | undefined;
  readonly name?: string | null | undefined;
  readonly birthday?: string | null | undefined;
}

export type SeedCertification = Somebody | Nobody;
