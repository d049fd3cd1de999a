import { toAsciiJson } from '../ascii-json.ts';
import type { Channel } from './channel.ts';
import { SECOND } from './clock.ts';
import type { Carrier } from './identity.ts';
import type { VerificationMethod } from './provider.ts';
import type { StoredCertification } from './store.ts';
import type { Sealed } from './vault.ts';

/*
 * One attempt: one walk of one person through the page, from the click in the shop to a result. It leads to one
 * certification and one `imp_uid`; another try is another attempt. Three secrets open it: the ticket once, which
 * gives the session of the window that showed it; the session, for the screens; the handle, for the shop's script.
 */

export const TICKET_LIFE = 600 * SECOND;
export const ATTEMPT_LIFE = 900 * SECOND;
/** How often a code may be sent in one attempt, and how long to wait in between. */
export const MOST_SENDS = 5;
export const SEND_PAUSE = 30 * SECOND;
/** How often the provider may refuse what was typed before the attempt ends. */
export const MOST_REFUSALS = 5;

/** How an attempt can end without a person, or not begin; `error_reason` of the browser contract. */
export type FailureWord =
  | 'USER_CANCEL'
  | 'EXPIRED'
  | 'NOT_FINISHED'
  | 'OTP_LIMIT'
  | 'SEND_LIMIT'
  | 'UNDER_AGE'
  | 'IDENTITY_MISMATCH'
  | 'LINE_NOT_ALLOWED'
  | 'BLOCKED'
  | 'TOO_MANY_REQUESTS'
  | 'POPUP_BLOCKED'
  | 'NOT_READY'
  | 'INVALID_PARAM'
  | 'INVALID_CHANNEL'
  | 'INVALID_REDIRECT_URL'
  | 'ORIGIN_NOT_ALLOWED'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_ERROR'
  | 'REPLACED'
  | 'NETWORK_ERROR'
  | 'NOT_SUPPORTED'
  | 'SYSTEM_ERROR';

/** How it ended; nothing in here tells of the person. */
export type AttemptEnd =
  | { readonly certified: true }
  | { readonly certified: false; readonly word: FailureWord; readonly providerCode: string | null };

/** How the window was opened, and where its result goes. Kept beyond the end, since the script may ask again. */
export interface AttemptFrame {
  readonly window: 'popup' | 'layer' | 'redirect';
  /** The `Origin` that started it; null when it was `null` or missing. */
  readonly origin: string | null;
  /** `m_redirect_url`, checked. */
  readonly returnAddress: string | null;
  readonly merchantUid: string;
  /** What the merchant calls itself on the page and in the message. */
  readonly serviceName: string;
}

/** What was typed and done so far; gone when the attempt has ended. */
export interface AttemptWalk {
  readonly screen: 'carrier' | 'consent' | 'method' | 'person' | 'code' | 'app';
  /** From the merchant's call; the channel may have one besides. */
  readonly minimumAge: number | null;
  /** `SKT`, `KT`, `LGT`, `MVNO`: what may be chosen. */
  readonly offered: readonly string[];
  readonly carrier: string | null;
  readonly network: Carrier | null;
  /** Which texts the person agreed to, and when. */
  readonly consent: { readonly version: string; readonly at: number } | null;
  readonly method: VerificationMethod | null;
  readonly fields: {
    readonly name: string;
    readonly birth: string;
    readonly gender_digit: string;
    readonly phone: string;
  };
  /** Digest of the code (base64) and when it was sent. */
  readonly code: { readonly digest: string; readonly sentAt: number } | null;
  readonly providerTid: string | null;
  readonly wrong: number;
  readonly sends: number;
  readonly refusals: number;
  /** What the sandbox wants to remember; null elsewhere. */
  readonly sandbox: unknown;
}

/** A running or ended attempt. */
export interface Attempt {
  readonly impUid: string;
  readonly merchantId: number;
  readonly channel: Channel;
  readonly expiresAt: number;
  /** Grows with everything that is done: a form of an older step does nothing. */
  readonly step: number;
  /** Null while it runs. */
  readonly end: AttemptEnd | null;
  readonly frame: AttemptFrame;
  /** Null when it has ended. */
  readonly walk: AttemptWalk | null;
}

/** An attempt as a store keeps it. */
export interface StoredAttempt {
  readonly impUid: string;
  readonly merchantId: number;
  readonly channel: Channel;
  readonly expiresAt: number;
  readonly step: number;
  /** JSON text of `AttemptEnd`; null while it runs. */
  readonly end: string | null;
  /** Frame and walk as one sealed JSON text. */
  readonly sealed: Sealed;
}

/** What finds an attempt: SHA-256 of the secret concerned. */
export type AttemptKey = { readonly session: Uint8Array } | { readonly handle: Uint8Array };

/** What is new of a running attempt. */
export interface AttemptChange {
  readonly impUid: string;
  /** The step that the change was made for; somebody else's step since makes it void. */
  readonly step: number;
  readonly sealed: Sealed;
}

export interface AttemptEnding {
  readonly impUid: string;
  readonly end: string;
  /** Frame alone: what the person typed goes. */
  readonly sealed: Sealed;
  /** What the certification becomes in the same moment. */
  readonly certification:
    | { readonly state: 'failed' | 'expired' }
    | { readonly state: 'certified'; readonly certified: StoredCertification };
}

/** What a storage engine must do for attempts; part of the port in `store.ts`, with the same promises. */
export interface AttemptStore {
  /** Keeps a new attempt with its pending certification; false when the id is or was in use. */
  create(
    attempt: StoredAttempt,
    certification: StoredCertification,
    secrets: { readonly ticket: Uint8Array; readonly ticketUntil: number; readonly handle: Uint8Array },
  ): Promise<boolean>;
  /** Binds the session to the ticket, which works once; false when it is unknown, used, too old or the attempt over. */
  openTicket(ticket: Uint8Array, session: Uint8Array, now: number): Promise<boolean>;
  find(key: AttemptKey): Promise<StoredAttempt | null>;
  findById(merchantId: number, impUid: string): Promise<StoredAttempt | null>;
  /** Keeps a change and goes one step on; false when the attempt has ended or stands at another step. */
  advance(change: AttemptChange): Promise<boolean>;
  /** Ends it together with its certification, whatever its step; false when it has ended. */
  end(ending: AttemptEnding): Promise<boolean>;
  /** Running attempts past their end, at most so many. */
  findLate(now: number, count: number): Promise<readonly StoredAttempt[]>;
  /** Forgets what ended before `before`. */
  forget(before: number): Promise<void>;
}

/** What the sealed part of an attempt is bound to. */
export function attemptContext(merchantId: number, impUid: string): string {
  return `attempt ${merchantId} ${impUid}`;
}

export function packAttempt(frame: AttemptFrame, walk: AttemptWalk | null): string {
  return toAsciiJson({ frame, walk });
}
