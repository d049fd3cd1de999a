import { AppError, type ErrorCode } from '../errors.ts';
import type { StoredCertification } from './certification.ts';
import type { Channel } from './channel.ts';
import type { Claim } from './claims.ts';
import { SECOND } from './clock.ts';
import { ageOf, type Carrier } from './identity.ts';
import type { Presence, PresenceState } from './presence.ts';
import type { Claimant, VerificationMethod } from './provider.ts';
import type { Sealed } from './vault.ts';

/*
 * An attempt is one person's way through the page, from the click in the shop to a result. It has one certification and
 * one `imp_uid`; another try is another attempt. Three secrets open it: the ticket, which works once and is exchanged
 * for the session of the window that showed it; the session, for the screens; the handle, for the shop's script.
 */

export const TICKET_LIFE = 600 * SECOND;
export const ATTEMPT_LIFE = 900 * SECOND;
/** How often a code may be sent in one attempt, and the pause between two. */
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

/** The page's reason for a provider's error; null for any other error. */
export function failureWord(code: ErrorCode): FailureWord | null {
  return Object.hasOwn(WORDS, code) ? (WORDS[code] ?? null) : null;
}

/** How the attempt ended. Contains nothing about the person. */
export type AttemptEnd =
  | { readonly certified: true }
  | { readonly certified: false; readonly word: FailureWord; readonly providerCode: string | null };

/** Reads the end of a row, which is stored in clear; null for a text that Bonin did not write. */
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

/** How the window was opened, and where its result goes. Kept after the end, because the script may ask again. */
export interface AttemptFrame {
  readonly window: 'popup' | 'layer' | 'redirect';
  /** The `Origin` header of the start; null when it was `null` or missing. */
  readonly origin: string | null;
  /** `m_redirect_url`, checked. */
  readonly returnAddress: string | null;
  readonly merchantUid: string;
  /** The merchant's name on the page and in the message. */
  readonly serviceName: string;
}

/** What was typed and done so far; deleted when the attempt ends. */
export interface AttemptWalk {
  readonly screen: 'carrier' | 'consent' | 'method' | 'person' | 'code' | 'app';
  /** From the merchant's call; the channel may have one of its own. */
  readonly minimumAge: number | null;
  /** The choices: `SKT`, `KT`, `LGT`, `MVNO`. */
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
  /** Data of the sandbox; null in production. */
  readonly sandbox: unknown;
}

/** A running or ended attempt. */
export interface Attempt {
  readonly impUid: string;
  readonly merchantId: number;
  readonly channel: Channel;
  readonly expiresAt: number;
  /** Increases with every change: a form of an older step does nothing. */
  readonly step: number;
  /** The number of wrong codes. */
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

/** Rejects with `under_age` below the merchant's or the channel's limit. */
export function requireAge({ channel, walk }: Attempt, birthday: string, now: number): void {
  const lowest = Math.max(channel.minimumAge ?? 0, walk?.minimumAge ?? 0);
  if (ageOf(birthday, now) < lowest) throw new AppError('under_age');
}

/** The data of a new attempt. */
export interface NewAttempt {
  readonly channel: Channel;
  readonly frame: AttemptFrame;
  readonly walk: AttemptWalk;
  /** The page that started it; `origin` of the certification. */
  readonly pageUrl: string | null;
  /** The client's address; empty when it is unknown. */
  readonly address: string;
}

export interface StartedAttempt {
  readonly impUid: string;
  readonly ticket: string;
  readonly handle: string;
  readonly expiresAt: number;
}

/** A form's request to send a text message or to ask the app. */
export interface SendRequest {
  readonly claimant: Claimant & { readonly phone: string };
  readonly method: VerificationMethod;
  /** The client's address; empty when it is unknown. */
  readonly address: string;
}

/** The result of a code that somebody typed; `overtaken` when another form came first and the code was not compared. */
export type CodeTry = StoredCodeTry | 'late';

/** Keyed digests of the secrets that open an attempt. */
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

/** A new attempt, without a window yet. */
export type NewStoredAttempt = Omit<StoredAttempt, 'presence'>;

/** Finds an attempt: the digest of one of its secrets. */
export type AttemptKey =
  | { readonly ticket: Uint8Array }
  | { readonly session: Uint8Array }
  | { readonly handle: Uint8Array };

/** The session that replaces a ticket. From then on the sealed data is bound to the session. */
export interface TicketOpening {
  readonly impUid: string;
  readonly session: Uint8Array;
  readonly frame: Sealed;
  readonly walk: Sealed;
  readonly now: number;
}

/** A change of a running attempt. */
export interface AttemptChange {
  readonly impUid: string;
  /** The step that the change was made for. The change is dropped when the attempt has moved on since. */
  readonly step: number;
  readonly walk: Sealed;
  /** Digest of a new code. Absent: the previous one stays valid. */
  readonly code?: Uint8Array;
}

/** A screen that is about to be shown. */
export interface AttemptShowing {
  readonly impUid: string;
  readonly now: number;
}

/** What a screen reports about its window. */
export interface PresenceWord extends AttemptShowing {
  readonly number: number;
  readonly state: PresenceState;
}

/** A step that claims the attempt's certification. */
export interface AttemptClaim {
  readonly impUid: string;
  readonly step: number;
  readonly claim: Claim;
  readonly now: number;
}

export interface CodeTryRequest extends AttemptClaim {
  readonly digest: Uint8Array;
  /** The number of wrong codes that are allowed. */
  readonly wrongTries: number;
}

/**
 * The result of a code: `right` when the caller now has the claim; `last` when no further code will be compared;
 * `overtaken` when the attempt is at another step, has ended, has no tries left or is being confirmed. Then nothing was
 * compared, so the answer reveals nothing about the code.
 */
export type StoredCodeTry = 'right' | 'wrong' | 'last' | 'overtaken';

export interface AttemptEnding {
  readonly impUid: string;
  readonly end: string;
  /** The caller's claim. Null for a caller without one, who is refused while somebody else has a live claim. */
  readonly claim: Uint8Array | null;
  readonly now: number;
  /** Set when the window's last word was the reason: nothing happens when a newer word has arrived since. */
  readonly heard?: number | undefined;
  /** The change of the certification in the same transaction. To certify, the caller needs the claim. */
  readonly certification:
    | { readonly state: 'failed' | 'expired' }
    | { readonly state: 'certified'; readonly certified: StoredCertification };
}

/** The part of the port in `store.ts` that is about attempts, with the same guarantees. */
export interface AttemptStore {
  /** Keeps a new attempt with its pending certification; false when the id is or was in use. */
  create(attempt: NewStoredAttempt, certification: StoredCertification): Promise<boolean>;
  /** Binds the session to the ticket, which works once; false when it was used, is too old or the attempt over. */
  openTicket(opening: TicketOpening): Promise<boolean>;
  find(key: AttemptKey): Promise<StoredAttempt | null>;
  findById(merchantId: number, impUid: string): Promise<StoredAttempt | null>;
  /** Stores a change and moves to the next step; false when the attempt has ended or is at another step. */
  advance(change: AttemptChange): Promise<boolean>;
  /** Moves to the next step and compares the code: a wrong one is counted; the right one gets the claim. */
  tryCode(request: CodeTryRequest): Promise<StoredCodeTry>;
  /** Moves to the next step and takes the claim; false when it is at another step, has ended or is being confirmed. */
  claim(request: AttemptClaim): Promise<boolean>;
  /** Marks the window as visible. Returns the number from which the screen counts its words; null after the end. */
  show(showing: AttemptShowing): Promise<number | null>;
  /**
   * Stores what a screen reports about its window. False when a word with a higher number came before, when the number
   * does not belong to the newest screen, and when the attempt has ended.
   */
  hear(word: PresenceWord): Promise<boolean>;
  /**
   * Ends the attempt and its certification at any step, and deletes what was typed. False when it has ended already, or
   * when its window has sent a newer word.
   */
  end(ending: AttemptEnding): Promise<boolean>;
  /** Ends at most so many attempts whose time is over and that have no claim. Returns how many. */
  endLate(late: { readonly end: string; readonly now: number; readonly count: number }): Promise<number>;
  /** Deletes at most so many that ended and whose time was over before `before`. Returns how many. */
  forget(before: number, count: number): Promise<number>;
}

type Bound = Pick<StoredAttempt, 'impUid' | 'merchantId' | 'channel' | 'expiresAt' | 'secrets'>;

/** The context of an attempt's sealed parts, so that neither its secrets nor its time can be changed. */
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
