import { AppError, type ErrorCode } from '../errors.ts';
import type { StoredCertification } from './certification.ts';
import type { Channel } from './channel.ts';
import type { Claim } from './claims.ts';
import { SECOND } from './clock.ts';
import { ageOf, type Carrier } from './identity.ts';
import type { Presence, PresenceState } from './presence.ts';
import type { VerificationMethod } from './provider.ts';
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
export const FAILURE_WORDS = [
  'USER_CANCEL',
  'EXPIRED',
  'NOT_FINISHED',
  'OTP_LIMIT',
  'SEND_LIMIT',
  'UNDER_AGE',
  'IDENTITY_MISMATCH',
  'LINE_NOT_ALLOWED',
  'BLOCKED',
  'TOO_MANY_REQUESTS',
  'POPUP_BLOCKED',
  'NOT_READY',
  'INVALID_PARAM',
  'INVALID_CHANNEL',
  'INVALID_REDIRECT_URL',
  'ORIGIN_NOT_ALLOWED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_ERROR',
  'REPLACED',
  'NETWORK_ERROR',
  'NOT_SUPPORTED',
  'SYSTEM_ERROR',
] as const;
export type FailureWord = (typeof FAILURE_WORDS)[number];

const WORDS: Readonly<Partial<Record<ErrorCode, FailureWord>>> = {
  identity_mismatch: 'IDENTITY_MISMATCH',
  person_blocked: 'BLOCKED',
  under_age: 'UNDER_AGE',
  line_not_allowed: 'LINE_NOT_ALLOWED',
  provider_refused: 'PROVIDER_ERROR',
  provider_unavailable: 'PROVIDER_UNAVAILABLE',
  provider_misconfigured: 'NOT_READY',
};

/** What a provider's refusal or failure is called on the page; null for what no provider says. */
export function failureWord(code: ErrorCode): FailureWord | null {
  return Object.hasOwn(WORDS, code) ? (WORDS[code] ?? null) : null;
}

/** How it ended; nothing in here tells of the person. */
export type AttemptEnd =
  | { readonly certified: true }
  | { readonly certified: false; readonly word: FailureWord; readonly providerCode: string | null };

/** The end of a row, which stands there in clear; null for a text that nobody here has written. */
export function readEnd(text: string): AttemptEnd | null {
  try {
    const { certified, word, providerCode } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (certified === true) return { certified };
    const known = FAILURE_WORDS.find((each) => each === word);
    if (certified !== false || known === undefined) return null;
    return { certified, word: known, providerCode: typeof providerCode === 'string' ? providerCode : null };
  } catch {
    return null;
  }
}

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
  /** From the merchant's call; the channel may have one of its own. */
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
  /** The newest code: when it was sent, and its digest in base64, so that no older one can be put in its place. */
  readonly code: { readonly sentAt: number; readonly digest: string } | null;
  readonly providerTid: string | null;
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
  /** Codes that were compared and wrong. */
  readonly wrong: number;
  /** Digest of the newest code. */
  readonly code: Uint8Array | null;
  readonly secrets: AttemptSecrets;
  readonly presence: Presence;
  /** Null while it runs. */
  readonly end: AttemptEnd | null;
  readonly frame: AttemptFrame;
  /** Null when it has ended. */
  readonly walk: AttemptWalk | null;
}

/** Rejects with `under_age`; the merchant's limit and the channel's both hold. */
export function requireAge({ channel, walk }: Attempt, birthday: string, now: number): void {
  const lowest = Math.max(channel.minimumAge ?? 0, walk?.minimumAge ?? 0);
  if (ageOf(birthday, now) < lowest) throw new AppError('under_age');
}

/** What an attempt begins with. */
export interface NewAttempt {
  readonly channel: Channel;
  readonly frame: AttemptFrame;
  readonly walk: AttemptWalk;
  /** The page that started it; `origin` of the certification. */
  readonly pageUrl: string | null;
  /** Of the client that starts it; empty when nobody can tell. */
  readonly address: string;
}

/** Keyed digests of what opens an attempt. */
export interface AttemptSecrets {
  readonly ticket: Uint8Array;
  readonly ticketUntil: number;
  readonly handle: Uint8Array;
  /** Null until the ticket was used. */
  readonly session: Uint8Array | null;
}

/** An attempt as a store keeps it. */
export interface StoredAttempt extends Omit<Attempt, 'end' | 'frame' | 'walk'> {
  /** JSON text of `AttemptEnd`; null while it runs. */
  readonly end: string | null;
  /** Frame and walk, each a sealed JSON text. */
  readonly frame: Sealed;
  readonly walk: Sealed | null;
}

/** An attempt that begins: there is no window yet. */
export type NewStoredAttempt = Omit<StoredAttempt, 'presence'>;

/** What finds an attempt: the digest of one of its secrets. */
export type AttemptKey =
  | { readonly ticket: Uint8Array }
  | { readonly session: Uint8Array }
  | { readonly handle: Uint8Array };

/** The session that a ticket is exchanged for; what is sealed is bound to it from then on. */
export interface TicketOpening {
  readonly impUid: string;
  readonly session: Uint8Array;
  readonly frame: Sealed;
  readonly walk: Sealed;
  readonly now: number;
}

/** What is new of a running attempt. */
export interface AttemptChange {
  readonly impUid: string;
  /** The step that the change was made for; somebody else's step since makes it void. */
  readonly step: number;
  readonly walk: Sealed;
  /** Digest of a code that was sent; absent: the one before stays. */
  readonly code?: Uint8Array;
}

/** A screen that is about to be shown. */
export interface AttemptShowing {
  readonly impUid: string;
  readonly now: number;
}

/** What a screen says of its window. */
export interface PresenceWord extends AttemptShowing {
  readonly number: number;
  readonly state: PresenceState;
}

/** A step that asks for the claim of the attempt's certification. */
export interface AttemptClaim {
  readonly impUid: string;
  readonly step: number;
  readonly claim: Claim;
  readonly now: number;
}

export interface CodeTryRequest extends AttemptClaim {
  readonly digest: Uint8Array;
  /** How many wrong codes there may be. */
  readonly wrongTries: number;
}

/**
 * What became of a code: `right` when the caller now has the claim; `last` when no other one will be compared;
 * `overtaken` when the attempt stands at another step, has ended, has no tries left or is being confirmed: then nothing
 * was compared, and nobody learns anything of the code.
 */
export type StoredCodeTry = 'right' | 'wrong' | 'last' | 'overtaken';

export interface AttemptEnding {
  readonly impUid: string;
  readonly end: string;
  /** The caller's claim. Null for a caller without one, who is refused while somebody else has a live claim. */
  readonly claim: Uint8Array | null;
  readonly now: number;
  /** The newest word of the window, when that decided; one since makes it void. */
  readonly heard?: number | undefined;
  /** What the certification becomes in the same moment; to certify it takes the claim. */
  readonly certification:
    | { readonly state: 'failed' | 'expired' }
    | { readonly state: 'certified'; readonly certified: StoredCertification };
}

/** What a storage engine must do for attempts; part of the port in `store.ts`, with the same promises. */
export interface AttemptStore {
  /** Keeps a new attempt with its pending certification; false when the id is or was in use. */
  create(attempt: NewStoredAttempt, certification: StoredCertification): Promise<boolean>;
  /** Binds the session to the ticket, which works once; false when it was used, is too old or the attempt over. */
  openTicket(opening: TicketOpening): Promise<boolean>;
  find(key: AttemptKey): Promise<StoredAttempt | null>;
  findById(merchantId: number, impUid: string): Promise<StoredAttempt | null>;
  /** Keeps a change and goes one step on; false when the attempt has ended or stands at another step. */
  advance(change: AttemptChange): Promise<boolean>;
  /** Goes one step on, and compares the code: a wrong one is counted, with the right one the caller gets the claim. */
  tryCode(request: CodeTryRequest): Promise<StoredCodeTry>;
  /** Goes one step on and takes the claim; false when it stands at another step, has ended or is being confirmed. */
  claim(request: AttemptClaim): Promise<boolean>;
  /** Takes the window for visible and returns the number from which the screen counts its words; null when it has ended. */
  show(showing: AttemptShowing): Promise<number | null>;
  /**
   * Keeps what a screen says of its window; false when a word of a higher number came before, when the number is none of
   * the newest screen's, and when the attempt has ended.
   */
  hear(word: PresenceWord): Promise<boolean>;
  /**
   * Ends it together with its certification, whatever its step, and forgets its walk; false when it has ended, or its
   * window was heard of since.
   */
  end(ending: AttemptEnding): Promise<boolean>;
  /** Ends at most so many attempts whose time is over and that nobody has a claim on; says how many. */
  endLate(late: { readonly end: string; readonly now: number; readonly count: number }): Promise<number>;
  /** Forgets at most so many that ended and whose time was over before `before`; says how many. */
  forget(before: number, count: number): Promise<number>;
}

type Bound = Pick<StoredAttempt, 'impUid' | 'merchantId' | 'channel' | 'expiresAt' | 'secrets'>;

/** What the sealed parts of an attempt are bound to: neither its secrets nor its time can be changed. */
export function attemptContext(part: 'frame' | 'walk', attempt: Bound): string {
  const { merchantId, impUid, channel, expiresAt, secrets } = attempt;
  const { ticket, ticketUntil, handle, session } = secrets;
  const digests = [ticket, handle, session].map((each) => each && Buffer.from(each).toString('base64'));
  return JSON.stringify([
    `attempt ${part}`,
    merchantId,
    impUid,
    channel.channelKey,
    expiresAt,
    ticketUntil,
    ...digests,
  ]);
}
