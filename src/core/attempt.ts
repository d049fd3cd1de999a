import { AppError, type ErrorCode } from '../errors.ts';
import type { Channel } from './channel.ts';
import { SECOND } from './clock.ts';
import { ageOf, type Carrier, type CarrierChoice } from './identity.ts';
import type { OtpNote } from './otp.ts';
import type { Presence } from './presence.ts';
import type { Claimant, VerificationMethod } from './provider.ts';

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
/** How many returns from an agency may be refused in one attempt; the next one ends it. */
export const MOST_REFUSED_RETURNS = 5;

/** How an attempt can end without a person, or not begin; `error_reason` of the browser contract. */
export const FAILURE_REASONS = [
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
export type FailureReason = (typeof FAILURE_REASONS)[number];

const REASONS: Readonly<Partial<Record<ErrorCode, FailureReason>>> = {
  person_cancelled: 'USER_CANCEL',
  person_not_finished: 'NOT_FINISHED',
  // In an agency's own window: too many wrong codes, too many messages.
  otp_tries_spent: 'OTP_LIMIT',
  resend_too_soon: 'SEND_LIMIT',
  identity_mismatch: 'IDENTITY_MISMATCH',
  person_blocked: 'BLOCKED',
  under_age: 'UNDER_AGE',
  line_not_allowed: 'LINE_NOT_ALLOWED',
  binding_mismatch: 'PROVIDER_ERROR',
  incomplete_result: 'PROVIDER_ERROR',
  provider_refused: 'PROVIDER_ERROR',
  unreadable_answer: 'PROVIDER_ERROR',
  provider_unavailable: 'PROVIDER_UNAVAILABLE',
  provider_misconfigured: 'NOT_READY',
};

/** The page's reason for a provider's error; null for any other error. */
export function toFailureReason(code: ErrorCode): FailureReason | null {
  return Object.hasOwn(REASONS, code) ? (REASONS[code] ?? null) : null;
}

const SHOWABLE_CODE = /^[0-9A-Za-z_-]{1,16}$/;

/** An agency's own code if a page may show it; null for other texts, which may be anything. */
export function toShowableCode(code: string | null): string | null {
  return code !== null && SHOWABLE_CODE.test(code) ? code : null;
}

/** How the attempt ended. Contains nothing about the person. */
export type AttemptEnd =
  | { readonly certified: true }
  | { readonly certified: false; readonly reason: FailureReason; readonly providerCode: string | null };

/** Reads the end of a row, which is stored in clear; null for a text that Bonin did not write. */
export function readEnd(text: string): AttemptEnd | null {
  try {
    const { certified, reason, providerCode } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (certified === true) return { certified };
    const known = FAILURE_REASONS.find((each) => each === reason);
    if (certified !== false || known === undefined) return null;
    return { certified, reason: known, providerCode: typeof providerCode === 'string' ? providerCode : null };
  } catch {
    return null;
  }
}

/** How the window was opened, and where its result goes. Kept after the end, because the script may ask again. */
export interface AttemptLaunch {
  readonly window: 'popup' | 'layer' | 'redirect';
  /** The `Origin` header of the start; null when it was `null` or missing. */
  readonly origin: string | null;
  /** `m_redirect_url`, checked. */
  readonly returnAddress: string | null;
  readonly merchantUid: string;
  /** The merchant's name on the page and in the message. */
  readonly serviceName: string;
}

/** Where the person stands: `app` waits for an approval in the carrier's app, `agency` for a window of the agency. */
export type AttemptScreen = 'carrier' | 'consent' | 'method' | 'person' | 'code' | 'app' | 'agency';

/** The four things that a person agrees to, each on its own. */
export const CONSENTS = ['personal', 'unique_id', 'carrier', 'service'] as const;
export type Consent = (typeof CONSENTS)[number];

/** The identity that a person claims, with the phone number that must prove it. */
export type Subscriber = Claimant & { readonly phone: string };

/** A code that was sent. */
export interface SentCode {
  readonly sentAt: number;
  /** In base64; of no code where the agency compares. */
  readonly digest: string;
  readonly comparedBy: OtpNote['comparedBy'];
  /** What the adapter must remember. */
  readonly memo: string | null;
}

/** How a browser came back from the agency. It proves nothing. */
export interface KeptReturn {
  /** The secret of the return address. */
  readonly state: string;
  /** Whether it came to the address for giving up. */
  readonly isCancel: boolean;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** A visit to the agency's own window. */
export interface AgencyVisit {
  /** By which the agency knows the attempt. */
  readonly attemptId: string;
  /** Keyed digests in base64: of the secret in the return address, and of the cookie of the browser that began. */
  readonly backDigest: string;
  readonly browserDigest: string;
  /** Where the browser goes, with the fields of a form or without. */
  readonly address: string;
  readonly fields: Readonly<Record<string, string>> | null;
  /** What the adapter must remember. */
  readonly memo: string;
  /** Null until the browser is back. */
  readonly returned: KeptReturn | null;
  /** Whether the agency has been asked for the result. */
  readonly isAsked: boolean;
}

/** What the person has chosen and done so far; deleted when the attempt ends. */
export interface AttemptProgress {
  readonly screen: AttemptScreen;
  /** From the merchant's call; the channel may have one of its own. */
  readonly minimumAge: number | null;
  readonly offered: readonly CarrierChoice[];
  readonly carrier: CarrierChoice | null;
  readonly network: Carrier | null;
  /** Which texts the person agreed to, and when. */
  readonly consent: { readonly version: string; readonly at: number } | null;
  readonly method: VerificationMethod | null;
  /** Name and phone number from the merchant's call; empty when they are not given. */
  readonly prefill: { readonly name: string; readonly phone: string };
  /** Null until the person has said who they are. */
  readonly claimant: Subscriber | null;
  /** The newest one, with its digest, so that no older one can be put in its place. */
  readonly code: SentCode | null;
  readonly providerTid: string | null;
  readonly sends: number;
  readonly refusals: number;
  /** Null until the browser is sent to the agency, and on channels without a window of the agency. */
  readonly agency: AgencyVisit | null;
}

/** A running or ended attempt. */
export interface Attempt {
  readonly impUid: string;
  readonly merchantId: number;
  readonly channel: Channel;
  readonly expiresAt: number;
  /** Increases with every change: a form of an older step does nothing. */
  readonly step: number;
  /** The number of wrong codes; of refused returns while the person is in the window of an agency. */
  readonly wrong: number;
  /** Digest of the newest code. */
  readonly code: Uint8Array | null;
  /** Digest of the secret in the agency's return address. */
  readonly back: Uint8Array | null;
  readonly secrets: AttemptSecrets;
  readonly presence: Presence;
  /** Null while it runs. */
  readonly end: AttemptEnd | null;
  readonly launch: AttemptLaunch;
  /** Null when it has ended. */
  readonly progress: AttemptProgress | null;
}

/** Rejects with `under_age` below the merchant's or the channel's limit; nobody without a birthday is old enough. */
export function requireAge({ channel, progress }: Attempt, birthday: string, now: number): void {
  const lowest = Math.max(channel.minimumAge ?? 0, progress?.minimumAge ?? 0);
  if (lowest > 0 && (birthday === '' || ageOf(birthday, now) < lowest)) throw new AppError('under_age');
}

/** The choices in the merchant's call. */
export type AttemptWishes = Pick<
  AttemptProgress,
  'minimumAge' | 'offered' | 'carrier' | 'network' | 'prefill'
>;

/** The data of a new attempt. */
export interface NewAttempt {
  readonly channel: Channel;
  readonly launch: AttemptLaunch;
  readonly wishes: AttemptWishes;
  /** The page that started it; `origin` of the certification. */
  readonly pageUrl: string | null;
}

export interface StartedAttempt {
  readonly impUid: string;
  readonly ticket: string;
  readonly handle: string;
  readonly expiresAt: number;
}

/** The first screen: the choice of the carrier, or the way to the agency's own window. */
export function beginProgress(screen: 'carrier' | 'agency', wishes: AttemptWishes): AttemptProgress {
  return {
    screen,
    ...wishes,
    consent: null,
    method: null,
    claimant: null,
    code: null,
    providerTid: null,
    sends: 0,
    refusals: 0,
    agency: null,
  };
}

/** Keyed digests of the secrets that open an attempt. */
export interface AttemptSecrets {
  readonly ticket: Uint8Array;
  readonly ticketUntil: number;
  readonly handle: Uint8Array;
  /** Null until the ticket was used. */
  readonly session: Uint8Array | null;
}

type Bound = Pick<Attempt, 'impUid' | 'merchantId' | 'channel' | 'expiresAt' | 'secrets'>;

/** The context of an attempt's sealed parts, so that neither its secrets nor its time can be changed. */
export function attemptContext(part: 'launch' | 'progress', attempt: Bound): string {
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
