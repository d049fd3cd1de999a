import type { Channel, ProviderName } from './channel.ts';
import type { Identity } from './identity.ts';

/** How a person proves to be the subscriber: by a code in a text message, or in the carrier's app (PASS). */
export type VerificationMethod = 'SMS' | 'APP';

/** Whom a request names. Nobody has vouched for it yet. */
export type Claimant = Omit<Identity, 'ci' | 'di'>;

export interface OtpRequest {
  readonly impUid: string;
  readonly channel: Channel;
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
  /** The code that the person now has; kept as a keyed digest only. */
  readonly otp: string;
}

export interface OtpConfirmation {
  readonly impUid: string;
  readonly channel: Channel;
  readonly claimant: Claimant;
  readonly method: VerificationMethod;
}

/**
 * One agency. Capability is the presence of an object. A person or result that is not acceptable is one of
 * `identity_mismatch`, `person_blocked`, `under_age`, `line_not_allowed`, `provider_refused`; a failure that may
 * pass is `provider_unavailable`; wrong contract data are `provider_misconfigured`.
 */
export interface Provider {
  /** What the merchant's own page asks for. */
  readonly otp?: OtpCapability;
  /** What our page's own screens walk through. */
  readonly screens?: OtpCapability;
}

export interface OtpCapability {
  /** Whether the method is offered on channels of this provider. */
  offers(method: VerificationMethod): boolean;
  request(request: OtpRequest): Promise<OtpSent>;
  /** Asked once the right code was given, or for `APP`, where not yet approved is `app_not_approved`. */
  confirm(confirmation: OtpConfirmation): Promise<Identity>;
}

/** The provider that serves a channel, by the name that its results show. */
export type Providers = Readonly<Partial<Record<ProviderName, Provider>>>;

/** The provider of that name. The name comes out of a database: what every object has by birth is no provider. */
export function findProvider(providers: Providers, name: ProviderName): Provider | undefined {
  return Object.hasOwn(providers, name) ? providers[name] : undefined;
}
