import { AppError } from '../errors.ts';
import type { Channel, ProviderName } from './channel.ts';
import type { CarrierChoice, Identity } from './identity.ts';

/** How a person proves to be the subscriber: by a code in a text message, or in the carrier's app (PASS). */
export type VerificationMethod = 'SMS' | 'APP';

/** Where an OTP is asked for: by the merchant's own page over the API, or by the verification page. */
export type OtpSurface = 'v1' | 'page';

/** Whom a request names. Nobody has vouched for it yet. */
export type Claimant = Omit<Identity, 'ci' | 'di'>;

/** What an adapter needs to know of a channel, as its `parseSettings` returned it; sealed in the store. */
export type Settings = Readonly<Record<string, unknown>>;

/** What the settings of a channel may have to agree with when it is saved. */
export type SavedChannel = Pick<
  Channel,
  'provider' | 'providerMerchantId' | 'carrierApproval' | 'foreignerAddOn'
>;

/** A channel as its adapter sees it. */
export interface ChannelInUse {
  readonly channel: Channel;
  readonly settings: Settings;
}

/**
 * The adapter of one agency. It knows the agency's protocol and stores nothing. If it must remember something between
 * two calls, it returns a memo; the core stores the memo sealed and passes it to the next call.
 *
 * Errors: a person or result that is not acceptable is one of `REFUSALS`; `person_cancelled` when the person gave up,
 * `person_not_finished` when the window was left before its end; an answer that is no answer is `unreadable_answer`; a
 * failure that may pass is `provider_unavailable`; wrong contract data are `provider_misconfigured`. `providerCode` is
 * the agency's own code. `detail` goes to the log: no personal data, no secret. `otp_tries_spent` and `resend_too_soon`
 * end a visit in which the person typed too many wrong codes or had too many messages sent.
 */
export interface Provider {
  /** The adapter's own name, in lower case. Several adapters may produce the same `pg_provider`. */
  readonly name: string;
  /** The values of `pg_provider` that its channels may show. */
  readonly shows: readonly ProviderName[];
  /**
   * Checks the settings of a channel when it is saved, and returns what is to be kept. Rejects with `input_refused` and
   * a sentence that names the wrong member and quotes no value: it may be a secret.
   */
  parseSettings(value: unknown, channel: SavedChannel): Settings;
  /**
   * Whether these settings are of the agency's test server, where people identify themselves as they like. Only a
   * merchant that is marked as a test may have them in `serve`. Absent: the agency has none.
   */
  isTest?(settings: Settings): boolean;
  /**
   * Asks the agency something harmless, with the credentials if it can, for `bonin channels test`. Returns what was
   * found, in one sentence; rejects as the other calls do. Absent: the agency has no such question.
   */
  probe?(settings: Settings): Promise<string>;
  readonly otp?: OtpCapability;
  readonly hosted?: HostedCapability;
}

/** How the adapters were verified, wherever channels are listed. None of them has met its agency yet. */
export const VERIFIED = 'simulator-tested';

/** What an adapter is made from. It uses nothing else to reach the network, and writes to no other log. */
export interface AdapterTools {
  readonly fetch: typeof fetch;
  readonly log: AdapterLog;
}

/** Writes one line to the log. Values are names, numbers and an agency's codes, never a person's data or a secret. */
export type AdapterLog = (
  level: 'info' | 'warn',
  line: Readonly<Record<string, string | number | readonly string[]>>,
  message: string,
) => void;

/** The agency sends a code or asks the carrier's app. The person types the code on a page of ours or the merchant's. */
export interface OtpCapability {
  /** Whether the method is offered there on channels that show this `pg_provider`. */
  offers(method: VerificationMethod, surface: OtpSurface, provider: ProviderName): boolean;
  request(request: OtpRequest): Promise<OtpSent>;
  /** Asked once the right code was given, or for `APP`, where not yet approved is `app_not_approved`. */
  confirm(confirmation: OtpConfirmation): Promise<Identity>;
}

export interface OtpRequest extends ChannelInUse {
  readonly impUid: string;
  readonly claimant: Claimant;
  readonly method: VerificationMethod;
  /** Shown in the text message, at most 20 characters. */
  readonly serviceName: string;
  /** Handed to the provider as it is. */
  readonly bypass: Readonly<Record<string, unknown>> | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What a provider says after it has sent a code. */
export interface OtpSent {
  readonly providerTid: string;
  /** The code that the person now has; kept as a keyed digest only. Null when the agency compares it itself. */
  readonly otp: string | null;
  /** What the adapter must remember until the confirmation, at most `LONGEST_MEMO` characters. */
  readonly memo?: string;
}

export interface OtpConfirmation extends ChannelInUse {
  readonly impUid: string;
  readonly claimant: Claimant;
  readonly method: VerificationMethod;
  /** What `request` returned; null for none. */
  readonly memo: string | null;
  /** What the person typed, six digits. Null unless the agency compares it: then a wrong one is `otp_wrong`. */
  readonly otp: string | null;
}

/** The agency has a window of its own. Our page sends the browser there. */
export interface HostedCapability {
  /** Whether `complete` may be asked again about one return after the process that asked has died. */
  readonly isRepeatable: boolean;
  begin(request: HostedRequest): Promise<HostedBegin>;
  /**
   * Whether what a browser brings back contradicts the memo: another attempt's state or transaction id, a field twice.
   * Such a return is not kept, and the attempt goes on, five times. Returns why, for the log and without a value that
   * was sent; null if it may belong to the attempt.
   */
  contradicts(returned: HostedReturn): string | null;
  /** Asks the agency, server to server. The fields from the browser may be forged, so they prove nothing. */
  complete(completion: HostedReturn): Promise<HostedResult>;
}

export interface HostedRequest extends ChannelInUse {
  /** 20 random letters and digits. The agency may use them as its number for this attempt. */
  readonly attemptId: string;
  /**
   * The agency must send the browser to this address, by POST, or to the same with `/back` at its end when the person
   * gives up. It is secret and valid for this attempt only.
   */
  readonly returnAddress: string;
  /** The secret in the return address: 22 characters of base64url, for agencies that return one in a field too. */
  readonly state: string;
  /** Shown to the person by agencies that show one. */
  readonly serviceName: string;
  /**
   * Name, phone number (digits) and birthday (`YYYY-MM-DD`) that the merchant's call fixes; empty or absent when they
   * are not given. The core checks that the result equals them.
   */
  readonly prefill: { readonly name: string; readonly phone: string; readonly birthday?: string };
  /** The carriers that the merchant's call offers; all when it names none. */
  readonly carriers: readonly CarrierChoice[];
  /** Full years; null for people of any age. The core checks the result too. */
  readonly minimumAge: number | null;
  readonly now: number;
}

export interface HostedBegin {
  /** Absolute, http or https. */
  readonly address: string;
  /** Fields of a form that the browser posts there; null for a redirect. */
  readonly fields: Readonly<Record<string, string>> | null;
  /** At most `LONGEST_MEMO` characters; never leaves the server. */
  readonly memo: string;
}

export interface HostedReturn extends ChannelInUse {
  readonly attemptId: string;
  readonly memo: string;
  /** The secret of the address that the browser came to. */
  readonly state: string;
  /** Whether it came to the address for giving up. */
  readonly isCancel: boolean;
  /** Names and values that the browser brought back; anything at all may have been sent. One character is one byte. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly now: number;
}

export interface HostedResult {
  /** 1 to 50 characters. One such number certifies once. */
  readonly providerTid: string;
  readonly identity: Identity;
  /** Names of the agency's fields that were empty or could not be understood; never their values. */
  readonly unclear?: readonly string[];
  /** Whether the birthday may be empty: only for a test host of the agency, which returns none. False by default. */
  readonly mayLackBirthday?: boolean;
}

export const LONGEST_MEMO = 2048;

/** Rejects with `provider_unavailable` for a memo that is too long to be kept. */
export function requireShort(memo: string | null): void {
  if (memo !== null && memo.length > LONGEST_MEMO)
    throw new AppError('provider_unavailable', { detail: 'the memo of the adapter is too long' });
}

/** The adapters that this server has, by their names. */
export type Providers = Readonly<Record<string, Provider>>;

/** Whether a channel can be used for OTP there at all. */
export function offersAny(otp: OtpCapability, { provider }: Channel, surface: OtpSurface): boolean {
  return otp.offers('SMS', surface, provider) || otp.offers('APP', surface, provider);
}

/** The adapter of a channel. Its name comes out of a database: what every object has by birth is no adapter. */
export function findProvider(
  providers: Providers,
  { adapter }: Pick<Channel, 'adapter'>,
): Provider | undefined {
  return Object.hasOwn(providers, adapter) ? providers[adapter] : undefined;
}

/** How codes are sent and confirmed on a channel. Rejects with `channel_not_found` where that is not possible. */
export function requireOtp(providers: Providers, channel: Channel): OtpCapability {
  const otp = findProvider(providers, channel)?.otp;
  if (otp === undefined) throw new AppError('channel_not_found');
  return otp;
}
