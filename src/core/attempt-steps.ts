import { AppError, type ErrorCode, toAppError } from '../errors.ts';
import {
  type Attempt,
  type AttemptProgress,
  type AttemptScreen,
  CONSENTS,
  type Consent,
  MOST_REFUSALS,
  MOST_SENDS,
  requireAge,
  SEND_PAUSE,
  type Subscriber,
} from './attempt.ts';
import { alteredAttempt, isSameDigest } from './attempt-rows.ts';
import type { AttemptService, AttemptServiceOptions } from './attempt-service.ts';
import type { Visitor } from './caller.ts';
import type { Channel } from './channel.ts';
import { type Asking, askProvider, newClaim } from './claims.ts';
import { type OtpOutcome, type Question, reportFailure } from './hooks.ts';
import type { Carrier, CarrierChoice, Identity } from './identity.ts';
import { openChannel } from './merchant-service.ts';
import { digestOtp, digestOtpLike, OTP_LIFE, OTP_WRONG_TRIES, toMessageName } from './otp.ts';
import { type OtpCapability, requireOtp, requireShort, type VerificationMethod } from './provider.ts';

/** What a person does on a screen. Null stands for a choice that was not made. */
export type AttemptAction =
  | { readonly does: 'cancel' }
  | {
      readonly does: 'choose_carrier';
      readonly carrier: CarrierChoice | null;
      /** Counts only for a budget operator. */
      readonly network: Carrier | null;
    }
  | { readonly does: 'agree'; readonly agreed: readonly Consent[]; readonly version: string }
  | { readonly does: 'choose_method'; readonly method: VerificationMethod | null }
  | { readonly does: 'name_person'; readonly claimant: Omit<Subscriber, 'carrier' | 'mvno'> }
  | { readonly does: 'enter_code'; readonly otp: string }
  | { readonly does: 'send_again' }
  | { readonly does: 'change_person' }
  | { readonly does: 'confirm_app' }
  | { readonly does: 'use_sms' };

/** Why an action was not done. The attempt stays where it is, or has gone back to the person. */
export type ActionRefusal =
  | 'carrier_not_offered'
  | 'network_missing'
  | 'consent_missing'
  | 'method_not_offered'
  | 'sent_just_now'
  | 'rate_limited'
  | 'person_refused'
  | 'code_wrong'
  | 'code_late'
  | 'not_approved_yet';

type Does = AttemptAction['does'];

/** What can be done on each screen, in addition to cancelling. Anything else does nothing. */
const ACTIONS: Readonly<Record<AttemptScreen, readonly Does[]>> = {
  carrier: ['choose_carrier'],
  consent: ['agree'],
  method: ['choose_method'],
  person: ['name_person'],
  code: ['enter_code', 'send_again', 'change_person'],
  app: ['confirm_app', 'use_sms'],
  agency: [],
};

/** Whether something that was shown at this step can still be answered. */
export function isAtStep(attempt: Attempt, step: number): boolean {
  return attempt.end === null && attempt.step === step;
}

/** An attempt that has not ended. */
type Running = Attempt & { readonly progress: AttemptProgress };

/** What a person may do at which step of an attempt, and what comes of it. */
export class AttemptSteps {
  readonly #attempts: AttemptService;
  readonly #options: AttemptServiceOptions;

  constructor(attempts: AttemptService, options: AttemptServiceOptions) {
    this.#attempts = attempts;
    this.#options = options;
  }

  /** The methods that the attempt's channel offers, the first one suggested. */
  methodsOf({ channel }: Attempt): readonly VerificationMethod[] {
    const otp = this.#otpOf(channel);
    return (['APP', 'SMS'] as const).filter((method) => otp.offers(method, 'page', channel.provider));
  }

  /**
   * Does what a person asks for on the screen that they saw at this step. Null when it was done, and also when another
   * form was faster: then nothing happens, and the current screen is due. Rejects with errors that are nobody's fault.
   */
  async take(
    visitor: Visitor,
    attempt: Attempt,
    step: number,
    action: AttemptAction,
  ): Promise<ActionRefusal | null> {
    if (!isAtStep(attempt, step) || !isRunning(attempt)) return null;
    if (action.does === 'cancel') {
      await this.#attempts.cancel(attempt);
      return null;
    }
    if (!ACTIONS[attempt.progress.screen].includes(action.does)) return null;
    switch (action.does) {
      case 'choose_carrier':
        return this.#chooseCarrier(attempt, action.carrier, action.network);
      case 'agree':
        return this.#agree(attempt, action.agreed, action.version);
      case 'choose_method':
        return this.#chooseMethod(attempt, action.method);
      case 'name_person':
        return this.#namePerson(visitor, attempt, action.claimant);
      case 'enter_code':
        return this.#enterCode(attempt, action.otp);
      case 'send_again':
        return this.#trySend(visitor, attempt, 'SMS');
      case 'change_person':
        return this.#go(attempt, { screen: 'person' });
      case 'confirm_app':
        return this.#confirmApp(attempt);
      case 'use_sms':
        return this.methodsOf(attempt).includes('SMS')
          ? this.#trySend(visitor, attempt, 'SMS')
          : 'method_not_offered';
    }
  }

  /** Certifies the attempt with this person without asking its provider; a person who is refused ends it. */
  async certify(attempt: Attempt, identity: Identity): Promise<void> {
    const claim = await this.#attempts.claim(attempt);
    if (claim !== null)
      await this.#attempts.complete(attempt, claim, async () => ({ identity, providerTid: null }));
  }

  /**
   * Asks the provider to send a code or to ask the app; null when another form was faster. Rejects with the provider's
   * error, with `under_age`, with `rate_limited`, and with `resend_too_soon` for a message right after another one.
   */
  async send(visitor: Visitor, attempt: Attempt, method: VerificationMethod): Promise<Attempt | null> {
    const sent = await reportFailure(this.#send(visitor, attempt, method), this.#report);
    if (sent !== null) this.#report('requested');
    return sent;
  }

  async #send(visitor: Visitor, attempt: Attempt, method: VerificationMethod): Promise<Attempt | null> {
    const { vault, clock, limiter } = this.#options;
    if (!isRunning(attempt)) return null;
    const { impUid, merchantId, channel, progress } = attempt;
    const { claimant } = progress;
    if (claimant === null) return null;
    if (
      progress.method === 'SMS' &&
      progress.code !== null &&
      clock.now() - progress.code.sentAt < SEND_PAUSE
    )
      throw new AppError('resend_too_soon');
    requireAge(attempt, claimant.birthday, clock.now());
    // The step is taken before the provider is asked, so that a form sent twice sends one message.
    const sending = await this.#attempts.advance(attempt, { sends: progress.sends + 1 });
    if (sending === null) return null;
    await limiter.countCode(visitor, { merchantId, phone: claimant.phone });
    const request = {
      impUid,
      ...openChannel(vault, channel),
      claimant,
      method,
      serviceName: await this.#messageName(attempt),
      bypass: null,
      now: clock.now(),
    };
    const {
      otp,
      providerTid,
      memo = null,
    } = await askProvider(this.#asking(channel, 'request'), () => this.#otpOf(channel).request(request));
    requireShort(memo);
    const digest = Buffer.from(digestOtp(vault, impUid, otp ?? '')).toString('base64');
    const comparedBy = otp === null ? 'agency' : 'us';
    return this.#attempts.advance(sending, {
      screen: method === 'SMS' ? 'code' : 'app',
      method,
      providerTid,
      code: { sentAt: clock.now(), digest, comparedBy, memo },
    });
  }

  async #go(attempt: Running, change: Partial<AttemptProgress>): Promise<null> {
    await this.#attempts.advance(attempt, change);
    return null;
  }

  async #chooseCarrier(
    attempt: Running,
    carrier: CarrierChoice | null,
    mvnoNetwork: Carrier | null,
  ): Promise<ActionRefusal | null> {
    if (carrier === null || !attempt.progress.offered.includes(carrier)) return 'carrier_not_offered';
    const network = carrier === 'MVNO' ? mvnoNetwork : carrier;
    if (network === null) return 'network_missing';
    return this.#go(attempt, { screen: 'consent', carrier, network });
  }

  async #agree(attempt: Running, agreed: readonly Consent[], version: string): Promise<ActionRefusal | null> {
    if (CONSENTS.some((each) => !agreed.includes(each))) return 'consent_missing';
    const consent = { version, at: this.#options.clock.now() };
    const [only, ...others] = this.methodsOf(attempt);
    if (others.length > 0) return this.#go(attempt, { screen: 'method', consent });
    return this.#go(attempt, { screen: 'person', consent, method: only ?? 'SMS' });
  }

  async #chooseMethod(attempt: Running, method: VerificationMethod | null): Promise<ActionRefusal | null> {
    if (method === null || !this.methodsOf(attempt).includes(method)) return 'method_not_offered';
    return this.#go(attempt, { screen: 'person', method });
  }

  #namePerson(
    visitor: Visitor,
    attempt: Running,
    person: Omit<Subscriber, 'carrier' | 'mvno'>,
  ): Promise<ActionRefusal | null> {
    const { progress } = attempt;
    const claimant = { ...person, carrier: progress.network, mvno: progress.carrier === 'MVNO' };
    const named = { ...attempt, progress: { ...progress, claimant } };
    return this.#trySend(visitor, named, progress.method ?? 'SMS');
  }

  async #trySend(
    visitor: Visitor,
    attempt: Running,
    method: VerificationMethod,
  ): Promise<ActionRefusal | null> {
    const { sends, refusals } = attempt.progress;
    if (sends >= MOST_SENDS) {
      await this.#attempts.fail(attempt, 'SEND_LIMIT');
      return null;
    }
    try {
      await this.send(visitor, attempt, method);
      return null;
    } catch (thrown) {
      const error = toAppError(thrown);
      const refusal = SEND_REFUSALS[error.code];
      if (refusal !== undefined) return refusal;
      if (error.code === 'identity_mismatch' && refusals + 1 < MOST_REFUSALS) {
        const current = await this.#attempts.reload(attempt);
        if (current !== null)
          await this.#attempts.advance(current, { screen: 'person', refusals: refusals + 1 });
        return 'person_refused';
      }
      if (await this.#attempts.failBy(attempt, error)) return null;
      throw error;
    }
  }

  async #messageName({ merchantId, launch }: Attempt): Promise<string> {
    const name = toMessageName(launch.serviceName);
    if (name !== '') return name;
    return toMessageName((await this.#options.merchants.find({ id: merchantId }))?.name ?? '');
  }

  /**
   * Compares a code; with the right one asks the provider for the person and certifies. Of several forms at the same
   * moment one is compared; the answer to the others does not depend on their codes.
   */
  async #enterCode(attempt: Running, otp: string): Promise<ActionRefusal | null> {
    const { vault, clock, store } = this.#options;
    const { impUid, step, progress, code } = attempt;
    const now = clock.now();
    if (progress.code === null || code === null || now - progress.code.sentAt >= OTP_LIFE) {
      this.#report('otp_late');
      return 'code_late';
    }
    if (progress.code.comparedBy === 'agency') return this.#letAgencyCompare(attempt, otp);
    const claim = newClaim(now);
    const digest = digestOtpLike(code, vault, impUid, otp);
    const request = { impUid, step, digest, wrongTries: OTP_WRONG_TRIES, claim, now };
    switch (await store.attempts.tryCode(request)) {
      case 'overtaken':
        return null;
      case 'wrong':
        this.#report('otp_wrong');
        return 'code_wrong';
      case 'last':
        this.#report('otp_tries_spent');
        await this.#attempts.fail(attempt, 'OTP_LIMIT');
        return 'code_wrong';
      case 'right':
        // Another process may have sent a newer code since the attempt was read; the store compared with that one.
        if (!isSameDigest(code, digest)) throw alteredAttempt(attempt);
        await this.#askAndComplete(attempt, 'SMS', null, claim.id);
        return null;
    }
  }

  /** Asks the provider whether the person has approved in the app, and certifies. */
  async #confirmApp(attempt: Running): Promise<ActionRefusal | null> {
    const claim = await this.#attempts.claim(attempt);
    if (claim === null) return null;
    try {
      await this.#askAndComplete(attempt, 'APP', null, claim);
      return null;
    } catch (thrown) {
      if (toAppError(thrown).code !== 'app_not_approved') throw thrown;
      return 'not_approved_yet';
    }
  }

  /** One form at a time: the others find the claim taken, and their codes are not compared. */
  async #letAgencyCompare(attempt: Running, otp: string): Promise<ActionRefusal | null> {
    const claim = await this.#attempts.claim(attempt);
    if (claim === null) return null;
    try {
      await this.#askAndComplete(attempt, 'SMS', otp, claim);
      return null;
    } catch (thrown) {
      if (toAppError(thrown).code !== 'otp_wrong') throw thrown;
      return 'code_wrong';
    }
  }

  #askAndComplete(
    attempt: Running,
    method: VerificationMethod,
    otp: string | null,
    claim: Uint8Array,
  ): Promise<void> {
    const { impUid, channel, progress } = attempt;
    return this.#attempts.complete(attempt, claim, async () => {
      const { claimant } = progress;
      if (claimant === null) throw alteredAttempt(attempt);
      const opened = openChannel(this.#options.vault, channel);
      const memo = progress.code?.memo ?? null;
      const confirmation = { impUid, ...opened, claimant, method, memo, otp };
      const identity = await askProvider(this.#asking(channel, 'confirm'), () =>
        this.#otpOf(channel).confirm(confirmation),
      );
      return { identity, providerTid: null };
    });
  }

  readonly #report = (outcome: OtpOutcome): void => {
    this.#options.hooks?.otpCalled('page', outcome);
  };

  #asking({ adapter }: Channel, question: Question): Asking {
    return { adapter, question, hooks: this.#options.hooks };
  }

  #otpOf(channel: Channel): OtpCapability {
    return requireOtp(this.#options.providers, channel);
  }
}

function isRunning(attempt: Attempt): attempt is Running {
  return attempt.progress !== null;
}

const SEND_REFUSALS: Readonly<Partial<Record<ErrorCode, ActionRefusal>>> = {
  resend_too_soon: 'sent_just_now',
  rate_limited: 'rate_limited',
};
