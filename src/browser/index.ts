/*
 * Types of the browser script for merchants' pages, imported as types from `bonin/browser`. The script itself is served
 * at `/v1/iamport.js`.
 */

/** Parameters of a verification. Absent or blank values and the texts `null` and `undefined` count as not given. */
export interface CertificationParam {
  /** The channel's key. */
  readonly channelKey?: string | null;
  /** The channel as `provider` or `provider.merchantId`; `channelKey` overrides it. */
  readonly pg?: string | null;
  /** The merchant's own number, up to 100 characters, returned in the result. Default: `nobody_` and the time. */
  readonly merchant_uid?: string | number | null;
  /** Lowest age in full years. */
  readonly min_age?: number | string | null;
  /** Initial value; the person may change it. */
  readonly name?: string | null;
  /** Initial value, with any punctuation. */
  readonly phone?: string | number | null;
  /** Initial choice; several, joined by `;`, limit the choice. */
  readonly carrier?: 'SKT' | 'KTF' | 'LGT' | 'MVNO' | (string & {}) | null;
  /** The service's name on the page. Default: the host name of the calling page. */
  readonly company?: string | null;
  /** Address to return to: on a phone instead of the callback, elsewhere only if there is no callback. */
  readonly m_redirect_url?: string | null;
  /** On a phone, true opens a popup instead of leaving the page. On a computer there is always a popup. */
  readonly popup?: boolean | string | null;
  /** Completes the page of a sandbox automatically; a server in `serve` ignores it. */
  readonly sandbox?: SandboxParam | null;
}

/** What the sandbox does without a person. */
export interface SandboxParam {
  /** Name of a sample person. */
  readonly person?: string;
  /** The outcome, such as `success`, `cancel`, `under_age`. */
  readonly outcome?: string;
  /** True: the page completes its steps automatically. */
  readonly auto?: boolean;
  /** Milliseconds before each step, 0 to 10000. */
  readonly delay_ms?: number;
  /** How the page shows the list of outcomes. */
  readonly picker?: 'folded' | 'open' | 'hidden';
}

interface ResultBase {
  readonly merchant_uid: string;
  readonly pg_provider?: string;
  readonly pg_type: 'certification';
}

/** It proves nothing: the merchant's server must look up the certification by its `imp_uid`. */
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
  /** Absent if the server has not returned one. */
  readonly imp_uid?: string;
  /** The agency's own code if there is one, otherwise the same word as `error_reason`. */
  readonly error_code: string;
  /** A sentence for people, in Korean. */
  readonly error_msg: string;
  /** A stable word, such as `USER_CANCEL`. */
  readonly error_reason: string;
}

/** The argument of the callback. Check `success` first. */
export type CertificationResult = CertificationSuccess | CertificationFailure;

/** Called exactly once per `certification`, in a later task; not at all when the page was left by a redirect. */
export type CertificationCallback = (result: CertificationResult) => void;

/** The script's only object. No member throws, and none needs its `this`. */
export interface Imp {
  /** Sets the merchant; a wrong code is reported by `certification`. */
  init(userCode: string): void;
  /** Like `init`, with the three-letter code of an agency's sub-merchant. */
  agency(userCode: string, tierCode: string): void;
  /** Starts a verification. Call it directly in a click handler, because it opens the popup immediately. */
  certification(param: CertificationParam, callback?: CertificationCallback): void;
  /** Ends the open verification as if the person had cancelled. */
  close(): void;
  /** Closes the open verification and forgets the merchant. */
  deinit(): void;
  /** Payments are not supported: calls back with `NOT_SUPPORTED`. */
  request_pay(param: object, callback?: (result: CertificationFailure) => void): void;
  /** These do nothing except warn on the console. */
  communicate(...ignored: unknown[]): void;
  naver_zzim(...ignored: unknown[]): void;
  loadUI(...ignored: unknown[]): void;
  updateLoadUIRequest(...ignored: unknown[]): void;
  loadModule(...ignored: unknown[]): void;
  /** Assignments have no effect. */
  readonly slots: Record<string, unknown>;
}

declare global {
  interface Window {
    /** Defined after the script has run. */
    IMP?: Imp;
  }
}
