import { AppError, toAppError } from '../errors.ts';
import { type Certification, unpackDetails } from './certification.ts';
import { openCertification, sealCertification } from './certification-service.ts';
import type { Channel, ProviderName } from './channel.ts';
import { type Clock, SECOND, wholeSecond } from './clock.ts';
import { ageOf } from './identity.ts';
import { newImpUid } from './ids.ts';
import { digestOtp, digestPhone, OTP_LIFE, OTP_WRONG_TRIES, type OtpLimits } from './otp.ts';
import {
  type Claim,
  findProvider,
  type OtpCapability,
  type OtpSent,
  type Providers,
  type VerificationMethod,
} from './provider.ts';
import type { CertificationWithOtp, Store, StoredCertification } from './store.ts';
import type { Vault } from './vault.ts';

/** How a request names the channel; what is null was not given. */
export interface ChannelChoice {
  readonly channelKey: string | null;
  /** `provider` or `provider.merchantId`. */
  readonly pg: string | null;
}

export interface NewOtpRequest {
  readonly claim: Claim & { readonly phone: string };
  readonly choice: ChannelChoice;
  readonly method: VerificationMethod;
  readonly merchantUid: string | null;
  /** Shown in the text message; null for the merchant's name. */
  readonly serviceName: string | null;
  readonly bypass: Readonly<Record<string, unknown>> | null;
}

export interface OtpServiceOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly providers: Providers;
  /** Null for no limits, as in `dev`. */
  readonly limits: OtpLimits | null;
  /**
   * Replaces a channel that does not exist by the first one that can send an OTP, as in `dev`, and is told which; null
   * refuses.
   */
  readonly forgiveChannel: ((taken: string) => void) | null;
}

/** Characters of the service's name that fit into a text message. */
const LONGEST_SERVICE_NAME = 20;

/** What a provider says of the person; it ends the certification. Everything else it may say leaves it open. */
const REFUSALS: readonly string[] = [
  'identity_mismatch',
  'person_blocked',
  'under_age',
  'line_not_allowed',
  'provider_refused',
];

/** Certifications by a code that the merchant's own page asks for. */
export class OtpService {
  readonly #options: OtpServiceOptions;

  constructor(options: OtpServiceOptions) {
    this.#options = options;
  }

  /** Has a code sent and returns the id of the certification that now waits for it. */
  async request(merchantId: number, request: NewOtpRequest): Promise<string> {
    const { store, vault, clock } = this.#options;
    const { claim, method, merchantUid } = request;
    const channel = await this.#chooseChannel(merchantId, request.choice);
    const provider = this.#otpOf(channel);
    if (!provider.offers(method)) throw new AppError('parameter_invalid', { names: ['verification_method'] });

    const phoneDigest = digestPhone(vault, claim.phone);
    await requireFreeRequest(this.#options, merchantId, phoneDigest);
    const requestedAt = clock.now();
    requireAge(channel, claim.birthday, requestedAt);
    const { bypass } = request;
    const serviceName = request.serviceName ?? (await store.findMerchant({ id: merchantId }))?.name ?? '';
    for (;;) {
      const impUid = newImpUid();
      const { otp, providerTid }: OtpSent = await provider.request({
        impUid,
        channel,
        claim,
        method,
        serviceName: [...serviceName].slice(0, LONGEST_SERVICE_NAME).join(''),
        bypass,
        now: requestedAt,
      });
      const sentAt = clock.now();
      const kept = await store.createOtpCertification(
        sealCertification(vault, impUid, {
          channel,
          state: 'pending',
          requestedAt,
          certifiedAt: null,
          merchantUid: merchantUid ?? `nobody_${requestedAt}`,
          pageUrl: null,
          providerTid,
          identity: { ...claim, ci: null, di: null },
        }),
        { method, digest: digestOtp(vault, impUid, otp), phoneDigest, sentAt, wrong: 0, end: null },
      );
      if (kept) return impUid;
    }
  }

  /**
   * Certifies with the right code. `readOtp` gives the six digits and is called only when they matter, since an
   * unknown, ended or late certification is reported before a code that is missing or malformed.
   */
  async confirm(merchantId: number, impUid: string, readOtp: () => string): Promise<Certification> {
    const { store, vault } = this.#options;
    const found = await store.findOtp(merchantId, impUid);
    const method = await this.#requireOpen(merchantId, impUid, found);
    if (method === 'SMS') {
      const digest = digestOtp(vault, impUid, readOtp());
      const tried = await store.tryOtp(merchantId, impUid, digest, OTP_WRONG_TRIES);
      if (tried === 'closed') return this.#refuseEnded(merchantId, impUid);
      if (tried === 'wrong') throw new AppError('otp_wrong');
      if (tried === 'last') throw new AppError('otp_tries_spent');
    }
    return this.#complete((found as CertificationWithOtp).certification, method);
  }

  /** The method of a certification that still waits for its code; else the error that says why it does not. */
  async #requireOpen(
    merchantId: number,
    impUid: string,
    found: CertificationWithOtp | null,
  ): Promise<VerificationMethod> {
    if (found === null) throw new AppError('certification_not_found');
    const { certification, otp } = found;
    if (certification.state === 'certified') throw new AppError('already_certified');
    if (otp === null) throw new AppError('otp_not_requested');
    if (otp.end === 'tries') throw new AppError('otp_tries_spent');
    if (otp.end === 'refused') throw new AppError('certification_failed');
    if (otp.end === 'superseded') throw new AppError('otp_superseded');
    if (otp.end === 'late' || this.#options.clock.now() - otp.sentAt >= OTP_LIFE) {
      // Not open any more: somebody else has ended it in the meantime, and that is what it says from then on.
      const isLate =
        otp.end === 'late' || (await this.#options.store.endOtp(merchantId, impUid, 'expired', 'late'));
      if (isLate) throw new AppError('otp_late');
      return this.#refuseEnded(merchantId, impUid);
    }
    return otp.method;
  }

  /** The error of a certification that was open a moment ago and is not any more. */
  async #refuseEnded(merchantId: number, impUid: string): Promise<never> {
    await this.#requireOpen(merchantId, impUid, await this.#options.store.findOtp(merchantId, impUid));
    throw new AppError('internal', { detail: 'the store calls a certification ended that it shows as open' });
  }

  async #complete(stored: StoredCertification, method: VerificationMethod): Promise<Certification> {
    const { store, vault, clock } = this.#options;
    const { impUid, merchantId, channel } = stored;
    const asked = openCertification(vault, stored);
    const details = unpackDetails(asked.details);
    if (details.identity === null) throw new AppError('internal', { detail: 'an OTP record names nobody' });
    const { ci: _ci, di: _di, ...claim } = details.identity;
    try {
      const identity = await this.#otpOf(channel).confirm({ impUid, channel, claim, method });
      requireAge(channel, identity.birthday, clock.now());
      const certified = sealCertification(vault, impUid, {
        ...details,
        channel,
        state: 'certified',
        requestedAt: stored.requestedAt,
        certifiedAt: wholeSecond(clock.now()),
        identity,
      });
      if (!(await store.certify(certified))) return await this.#refuseEnded(merchantId, impUid);
      return openCertification(vault, certified);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (REFUSALS.includes(error.code) && !(await store.endOtp(merchantId, impUid, 'failed', 'refused')))
        return await this.#refuseEnded(merchantId, impUid);
      throw error;
    }
  }

  async #chooseChannel(merchantId: number, { channelKey, pg }: ChannelChoice): Promise<Channel> {
    const { store, forgiveChannel } = this.#options;
    const channels = await store.listChannels(merchantId);
    const first = channels.find((channel) => this.#hasOtp(channel.provider));
    const named = channelKey !== null || pg !== null;
    const [provider, providerMerchantId] = splitPg(pg ?? '');
    const chosen = channels.find((channel) =>
      channelKey === null
        ? channel.provider === provider &&
          (providerMerchantId === null || channel.providerMerchantId === providerMerchantId)
        : channel.channelKey === channelKey,
    );
    if (named && chosen === undefined && first !== undefined) forgiveChannel?.(first.channelKey);
    const channel = named && (chosen !== undefined || forgiveChannel === null) ? chosen : first;
    if (channel === undefined || !this.#hasOtp(channel.provider)) throw new AppError('channel_not_found');
    return channel;
  }

  #hasOtp(provider: ProviderName): boolean {
    return findProvider(this.#options.providers, provider)?.otp !== undefined;
  }

  #otpOf({ provider }: Channel): OtpCapability {
    const otp = findProvider(this.#options.providers, provider)?.otp;
    if (otp === undefined) throw new AppError('channel_not_found');
    return otp;
  }
}

/** Counts an OTP request; `rate_limited` when the limits forbid it. */
export async function requireFreeRequest(
  { store, clock, limits }: Pick<OtpServiceOptions, 'store' | 'clock' | 'limits'>,
  merchantId: number,
  phoneDigest: Uint8Array,
): Promise<void> {
  if (limits === null) return;
  const now = clock.now();
  const freeAt = await store.countOtpRequest({ merchantId, phoneDigest, now, limits });
  if (freeAt === null) return;
  throw new AppError('rate_limited', { retryAfter: Math.max(1, Math.ceil((freeAt - now) / SECOND)) });
}

/** A person below the channel's minimum age is refused as the provider itself might refuse them. */
function requireAge({ minimumAge }: Channel, birthday: string, now: number): void {
  if (minimumAge !== null && ageOf(birthday, now) < minimumAge) throw new AppError('under_age');
}

function splitPg(pg: string): readonly [string, string | null] {
  const dot = pg.indexOf('.');
  return dot === -1 ? [pg, null] : [pg.slice(0, dot), pg.slice(dot + 1)];
}
