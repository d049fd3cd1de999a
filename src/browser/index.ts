/*
 * Types of the browser script, for merchants' pages: a page imports them as types from `bonin/browser`. The script
 * itself is served at `/v1/iamport.js`.
 */

/** What a page asks for. Values that are absent, blank or the texts `null` and `undefined` count as not given. */
export interface CertificationParam {
  /** The channel, by its key. */
  readonly channelKey?: string | null;
  /** The channel, as `provider` or `provider.merchantId`; `channelKey` goes first. */
  readonly pg?: string | null;
  /** The merchant's own number, up to 100 characters, given back in the result. Default: `nobody_` and the time. */
  readonly merchant_uid?: string | number | null;
  /** Lowest age in full years. */
  readonly min_age?: number | string | null;
  /** Filled in beforehand; the person may change it. */
  readonly name?: string | null;
  /** Filled in beforehand, in any punctuation. */
  readonly phone?: string | number | null;
  /** Chosen beforehand; several joined by `;` limit the choice. */
  readonly carrier?: 'SKT' | 'KTF' | 'LGT' | 'MVNO' | (string & {}) | null;
  /** The service's name on the page. Default: the host name of the calling page. */
  readonly company?: string | null;
  /** Where to come back to: on a phone instead of the callback, elsewhere only without one. */
  readonly m_redirect_url?: string | null;
  /** On a phone, true opens a popup instead of leaving the page. Elsewhere a popup is opened in any case. */
  readonly popup?: boolean | string | null;
  /** Walks through the page of a sandbox; a server in `serve` ignores it. */
  readonly sandbox?: SandboxParam | null;
}

/** What the sandbox plays without a person. */
export interface SandboxParam {
  /** Name of a seeded person. */
  readonly person?: string;
  /** How it ends, as in `success`, `cancel`, `under_age`. */
  readonly outcome?: string;
  /** True: the page goes through its steps by itself. */
  readonly auto?: boolean;
  /** Milliseconds before each step, 0 to 10000. */
  readonly delay_ms?: number;
  /** How the page shows the choice of outcomes. */
  readonly picker?: 'folded' | 'open' | 'hidden';
}

interface ResultBase {
  readonly merchant_uid: string;
  readonly pg_provider?: string;
  readonly pg_type: 'certification';
}

/** It proves nothing: the merchant's server has to look the certification up by its `imp_uid`. */
export interface CertificationSuccess extends ResultBase {
  readonly success: true;
  readonly imp_success: true;
  readonly imp_uid: string;
  readonly error_code?: never;
  readonly error_msg?: never;
  readonly error_reason?: never;
}

export interface CertificationFailure extends ResultBase {
  readonly success: false;
  readonly imp_success: false;
  /** Absent when the server has not given one. */
  readonly imp_uid?: string;
  /** The agency's own code when it gave one, else the word of `error_reason`. */
  readonly error_code: string;
  /** A sentence for people, in Korean. */
  readonly error_msg: string;
  /** A stable word, as in `USER_CANCEL`. */
  readonly error_reason: string;
}

/** What the callback gets. Look at `success` first. */
export type CertificationResult = CertificationSuccess | CertificationFailure;

/** Called exactly once per `certification`, in a later task; not at all when the page has left by redirect. */
export type CertificationCallback = (result: CertificationResult) => void;

/** The script's one object. No member throws, and none needs its `this`. */
export interface Imp {
  /** Says who the merchant is; a wrong code shows up at `certification`. */
  init(userCode: string): void;
  /** As `init`, with the three-letter code of an agency's sub-merchant. */
  agency(userCode: string, tierCode: string): void;
  /** Starts a verification. Call it straight from a click: the popup is opened inside the call. */
  certification(param: CertificationParam, callback?: CertificationCallback): void;
  /** Ends what is open as if the person had cancelled. */
  close(): void;
  /** Closes what is open and forgets the merchant. */
  deinit(): void;
  /** Payments are not offered: calls back with `NOT_SUPPORTED`. */
  request_pay(param: object, callback?: (result: CertificationFailure) => void): void;
  /** These only exist, and warn on the console. */
  communicate(...ignored: unknown[]): void;
  naver_zzim(...ignored: unknown[]): void;
  loadUI(...ignored: unknown[]): void;
  updateLoadUIRequest(...ignored: unknown[]): void;
  loadModule(...ignored: unknown[]): void;
  /** May be written to, without effect. */
  readonly slots: Record<string, unknown>;
}

declare global {
  interface Window {
    /** There once the script has run. */
    IMP?: Imp;
  }
}
