import { toAsciiJson } from '../ascii-json.ts';
import { AppError, isRefusal, toAppError } from '../errors.ts';
import type { MerchantCaller } from './caller.ts';
import type { StoredCertification } from './certification.ts';
import { type Certification, unpackDetails } from './certification.ts';
import { openCertification, sealCertification } from './certification-service.ts';
import { type Channel, type ChannelChoice, chooseChannel } from './channel.ts';
import { type Asking, askProvider, isLive, newClaim } from './claims.ts';
import { type Clock, wholeSecond } from './clock.ts';
import { NO_HOOKS, type Question, reportFailure, type ServiceHooks } from './hooks.ts';
import { ageOf, requireComplete, requireNamedPerson } from './identity.ts';
import { newImpUid } from './ids.ts';
import { requireReal } from './invented-people.ts';
import type { Limiter } from './limits.ts';
import { type MerchantService, openChannel } from './merchant-service.ts';
import {
  claimantContext,
  digestOtp,
  digestOtpLike,
  digestPhone,
  OTP_LIFE,
  OTP_WRONG_TRIES,
  type OtpNote,
  type StoredOtp,
  toMessageName,
} from './otp.ts';
import {
  type Claimant,
  findProvider,
  type OtpCapability,
  offersAny,
  type Providers,
  requireOtp,
  requireShort,
  type VerificationMethod,
} from './provider.ts';
import type { CertificationWithOtp, Store } from './store.ts';
import type { Sealed, Vault } from './vault.ts';

export interface NewOtpRequest {
  readonly claimant: Claimant & { readonly phone: string };
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
  readonly merchants: MerchantService;
  readonly limiter: Limiter;
  /** Whether invented people may be kept: only in a sandbox. */
  readonly keepsInvented: boolean;
  /**
   * Called when another channel replaces one that does not exist, as in `dev`; null refuses unknown channels.
   */
  readonly forgiveChannel: ((taken: string) => void) | null;
  /** Default: nothing is counted. */
  readonly hooks?: ServiceHooks;
}

/** The pause before another process's confirmation is checked again, in milliseconds. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;

/** Certifications by a code that the merchant's own page asks for. */
export class OtpService {
  readonly #options: OtpServiceOptions;
  /** The confirmations of this process that have a claim, by their certification. */
  readonly #completing = new Map<string, Promise<void>>();

  constructor(options: OtpServiceOptions) {
    this.#options = options;
  }

  /** Asks the provider to send a code. Returns the id of the new certification. */
  request(caller: MerchantCaller, request: NewOtpRequest): Promise<string> {
    return this.#reported('requested', this.#request(caller, request));
  }

  async #request(caller: MerchantCaller, request: NewOtpRequest): Promise<string> {
    const { merchantId } = caller;
    const { store, vault, clock, merchants, limiter } = this.#options;
    const { claimant, method, merchantUid } = request;
    const channel = await this.#chooseChannel(merchantId, request.choice);
    const provider = this.#otpOf(channel);
    if (!provider.offers(method, 'v1', channel.provider))
      throw new AppError('parameter_invalid', { names: ['verification_method'] });

    const { phone } = claimant;
    await limiter.countCode(caller, { merchantId, phone });
    const requestedAt = clock.now();
    requireAge(channel, claimant.birthday, requestedAt);
    const { bypass } = request;
    const serviceName =
      toMessageName(request.serviceName ?? '') ||
      toMessageName((await merchants.find({ id: merchantId }))?.name ?? '');
    for (;;) {
      const impUid = newImpUid();
      const {
        otp,
        providerTid,
        memo = null,
      } = await askProvider(this.#asking(channel, 'request'), () =>
        provider.request({
          impUid,
          ...openChannel(vault, channel),
          claimant,
          method,
          serviceName,
          bypass,
          now: requestedAt,
        }),
      );
      requireShort(memo);
      const note: OtpNote = { claimant, memo, comparedBy: otp === null ? 'agency' : 'us' };
      const sent = {
        method,
        sentAt: clock.now(),
        digest: digestOtp(vault, impUid, otp ?? ''),
        phoneDigest: digestPhone(vault, phone),
      };
      const certification = sealCertification(vault, impUid, {
        channel,
        state: 'pending',
        requestedAt,
        certifiedAt: null,
        merchantUid: merchantUid ?? `nobody_${requestedAt}`,
        pageUrl: null,
        providerTid,
        identity: null,
      });
      const kept = await store.createOtpCertification(certification, {
        ...sent,
        claimant: vault.seal(claimantContext(certification, sent), toAsciiJson(note)),
        wrong: 0,
        end: null,
      });
      if (kept) return impUid;
    }
  }

  /**
   * The certification while it waits for its code or approval. Rejects with the reason once it has ended or its time is
   * over. While another call asks the provider, this one waits for its result.
   */
  findWaiting(caller: MerchantCaller, impUid: string): Promise<WaitingOtp> {
    return this.#reported(null, this.#findWaiting(caller, impUid));
  }

  async #findWaiting({ merchantId }: MerchantCaller, impUid: string): Promise<WaitingOtp> {
    const { store, clock } = this.#options;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const now = clock.now();
      const found = await store.findOtp(merchantId, impUid);
      const { certification, otp } = requireOpen(found);
      const note = this.#openNote(certification, otp);
      const isClaimed = isLive(found?.claimedUntil ?? null, now);
      const { method, digest } = otp;
      if (!isClaimed && now - otp.sentAt < OTP_LIFE) return { method, digest, certification, note };
      const late = { merchantId, impUid, state: 'expired', end: 'late', claim: null, now } as const;
      if (!isClaimed && (await store.endOtp(late))) throw new AppError('otp_late');
      await this.#pause(impUid, pause);
    }
  }

  /** Certifies with the right code. `otp` is its six digits, null for an approval in the carrier's app. */
  confirm(caller: MerchantCaller, waiting: WaitingOtp, otp: string | null): Promise<Certification> {
    return this.#reported('certified', this.#confirm(caller, waiting, otp));
  }

  async #reported<T>(outcome: 'requested' | 'certified' | null, call: Promise<T>): Promise<T> {
    const { hooks = NO_HOOKS } = this.#options;
    const result = await reportFailure(call, (code) => hooks.otpCalled('api', code));
    if (outcome !== null) hooks.otpCalled('api', outcome);
    return result;
  }

  async #confirm(caller: MerchantCaller, waiting: WaitingOtp, otp: string | null): Promise<Certification> {
    const { impUid } = waiting.certification;
    for (let current = waiting; ; current = await this.#findWaiting(caller, impUid)) {
      const confirmed = await this.#tryToConfirm(current, otp);
      if (confirmed !== null) return confirmed;
      await this.#pause(impUid, FIRST_PAUSE);
    }
  }

  /** Null when the caller must try again, because another call is confirming or was faster. */
  async #tryToConfirm(waiting: WaitingOtp, otp: string | null): Promise<Certification | null> {
    const { store, vault, clock } = this.#options;
    const { certification, note, method, digest } = waiting;
    const { merchantId, impUid } = certification;
    const now = clock.now();
    const claim = newClaim(now);
    const request = { merchantId, impUid, claim, now };
    if (method === 'SMS' && note.comparedBy === 'us') {
      const tried = await store.tryOtp({
        ...request,
        digest: digestOtpLike(digest, vault, impUid, otp ?? ''),
        wrongTries: OTP_WRONG_TRIES,
      });
      if (tried === 'wrong') throw new AppError('otp_wrong');
      if (tried === 'last') throw new AppError('otp_tries_spent');
      if (tried !== 'right') return null;
    } else if (!(await store.claim(request))) return null;
    return this.#hold(impUid, this.#complete(waiting, otp, claim.id));
  }

  /** A confirmation of this process says when it is over; one of another process has to be checked again. */
  async #pause(impUid: string, longest: number): Promise<void> {
    const own = this.#completing.get(impUid);
    await (own ?? new Promise<void>((resolve) => setTimeout(resolve, Math.random() * longest)));
  }

  /** Wakes the other calls for this certification when the call with the claim is done. */
  async #hold<T>(impUid: string, completed: Promise<T>): Promise<T> {
    const done = completed.then(
      () => {},
      () => {},
    );
    this.#completing.set(impUid, done);
    try {
      return await completed;
    } finally {
      if (this.#completing.get(impUid) === done) this.#completing.delete(impUid);
    }
  }

  #openNote(certification: StoredCertification, otp: OpenOtp): OtpNote {
    const text = this.#options.vault.open(claimantContext(certification, otp), otp.claimant);
    return JSON.parse(text) as OtpNote;
  }

  /** Asks the provider and certifies while holding the claim; null when another call has ended it meanwhile. */
  async #complete(
    { certification: stored, note, method }: WaitingOtp,
    typed: string | null,
    claim: Uint8Array,
  ): Promise<Certification | null> {
    const { store, vault, clock, keepsInvented } = this.#options;
    const { impUid, merchantId, channel } = stored;
    const { claimant, memo, comparedBy } = note;
    try {
      const details = unpackDetails(openCertification(vault, stored).details);
      const otp = comparedBy === 'agency' ? typed : null;
      const opened = openChannel(vault, channel);
      const confirmation = { impUid, ...opened, claimant, method, memo, otp };
      const identity = await askProvider(this.#asking(channel, 'confirm'), () =>
        this.#otpOf(channel).confirm(confirmation),
      );
      requireComplete(identity, clock.now());
      if (!keepsInvented) requireReal(identity);
      requireAge(channel, identity.birthday, clock.now());
      requireNamedPerson(identity, claimant);
      const certified = sealCertification(vault, impUid, {
        ...details,
        channel,
        state: 'certified',
        requestedAt: stored.requestedAt,
        certifiedAt: wholeSecond(clock.now()),
        identity,
      });
      return (await store.certify(certified, claim)) ? openCertification(vault, certified) : null;
    } catch (thrown) {
      const error = toAppError(thrown);
      const now = clock.now();
      if (error.code === 'otp_wrong') {
        const wrong = { merchantId, impUid, claim, wrongTries: OTP_WRONG_TRIES };
        const counted = await store.countWrongOtp(wrong);
        if (counted === null) return null;
        throw counted === 'last' ? new AppError('otp_tries_spent') : error;
      }
      if (isRefusal(error)) {
        const refused = { merchantId, impUid, state: 'failed', end: 'refused', claim, now } as const;
        if (!(await store.endOtp(refused))) return null;
        // The first error is the one to report. A claim that is not released expires.
      } else await store.release(merchantId, impUid, claim).catch(() => {});
      throw error;
    }
  }

  async #chooseChannel(merchantId: number, choice: ChannelChoice): Promise<Channel> {
    const { merchants, forgiveChannel } = this.#options;
    const chosen = chooseChannel(await merchants.listChannels(merchantId), choice, {
      canServe: (channel) => {
        const otp = findProvider(this.#options.providers, channel)?.otp;
        return otp !== undefined && offersAny(otp, channel, 'v1');
      },
      isForgiving: forgiveChannel !== null,
    });
    if (chosen === null) throw new AppError('channel_not_found');
    if (chosen.isReplaced) forgiveChannel?.(chosen.channel.channelKey);
    return chosen.channel;
  }

  #asking({ adapter }: Channel, question: Question): Asking {
    return { adapter, question, hooks: this.#options.hooks };
  }

  #otpOf(channel: Channel): OtpCapability {
    return requireOtp(this.#options.providers, channel);
  }
}

/** A certification that waits for a code or an approval. */
export interface WaitingOtp {
  readonly method: VerificationMethod;
  readonly digest: Uint8Array;
  readonly certification: StoredCertification;
  readonly note: OtpNote;
}

/** An OTP that has not ended. */
type OpenOtp = StoredOtp & { readonly digest: Uint8Array; readonly claimant: Sealed };

/** Returns the certification if it still waits for its code; otherwise throws the reason. */
function requireOpen(found: CertificationWithOtp | null): {
  readonly certification: StoredCertification;
  readonly otp: OpenOtp;
} {
  if (found === null) throw new AppError('certification_not_found');
  const { certification, otp } = found;
  if (certification.state === 'certified') throw new AppError('already_certified');
  if (otp === null) throw new AppError('otp_not_requested');
  if (otp.end === 'tries') throw new AppError('otp_tries_spent');
  if (otp.end === 'refused') throw new AppError('certification_failed');
  if (otp.end === 'superseded') throw new AppError('otp_superseded');
  if (otp.end === 'late') throw new AppError('otp_late');
  const { digest, claimant, end, wrong } = otp;
  // The last wrong try ends it in the same step. What the store would not look at must not be waited for.
  const isOpen = certification.state === 'pending' && end === null && wrong >= 0 && wrong < OTP_WRONG_TRIES;
  if (!isOpen || digest === null || claimant === null)
    throw new AppError('sealed_data_unreadable', {
      detail: `the OTP of ${certification.impUid} was altered`,
    });
  return { certification, otp: { ...otp, digest, claimant } };
}

/** A person below the channel's minimum age is refused as the provider itself might refuse them. */
function requireAge({ minimumAge }: Channel, birthday: string, now: number): void {
  if (minimumAge !== null && ageOf(birthday, now) < minimumAge) throw new AppError('under_age');
}
