import type { Attempt } from '../../core/attempt.ts';
import {
  AttemptService,
  type AttemptServiceOptions,
  type CodeTry,
  type SendRequest,
} from '../../core/attempt-service.ts';
import type { Certification } from '../../core/certification.ts';
import type { Clock } from '../../core/clock.ts';
import { type NewOtpRequest, OtpService, type OtpServiceOptions } from '../../core/otp-service.ts';
import type { Store } from '../../core/store.ts';
import type { Throttle } from '../../core/throttle.ts';
import { type AccessToken, type Credentials, TokenService } from '../../core/token-service.ts';
import type { Vault } from '../../core/vault.ts';
import { type ErrorCode, toAppError } from '../../errors.ts';

/** What became of an OTP call: done, or the reason why not. */
export type OtpOutcome = 'requested' | 'certified' | ErrorCode;

/** Every outcome of an OTP call. Each is counted from zero, since an alert cannot see a series that does not exist. */
export const OTP_OUTCOMES: readonly OtpOutcome[] = [
  'requested',
  'certified',
  'parameters_missing',
  'parameter_invalid',
  'channel_not_found',
  'certification_not_found',
  'otp_wrong',
  'otp_tries_spent',
  'otp_late',
  'otp_superseded',
  'otp_not_requested',
  'already_certified',
  'certification_failed',
  'app_not_approved',
  'rate_limited',
  'resend_too_soon',
  'identity_mismatch',
  'person_blocked',
  'under_age',
  'line_not_allowed',
  'invented_person',
  'provider_refused',
  'provider_unavailable',
  'provider_misconfigured',
  'sealed_data_unreadable',
  'store_failed',
  'store_unavailable',
  'internal',
];
export type CountOtp = (outcome: OtpOutcome) => void;

/** Access tokens, counted as they are given out. */
export class CountedTokenService extends TokenService {
  readonly #count: (isNew: boolean) => void;

  constructor(
    store: Store,
    vault: Vault,
    clock: Clock,
    throttle: Throttle | null,
    count: (isNew: boolean) => void,
  ) {
    super(store, vault, clock, throttle);
    this.#count = count;
  }

  override async issue(credentials: Credentials): Promise<AccessToken> {
    const issued = await super.issue(credentials);
    this.#count(issued.isNew);
    return issued;
  }
}

/** The OTP calls of the API, counted. */
export class CountedOtpService extends OtpService {
  readonly #count: CountOtp;

  constructor(options: OtpServiceOptions, count: CountOtp) {
    super(options);
    this.#count = count;
  }

  override request(merchantId: number, request: NewOtpRequest): Promise<string> {
    return this.#counted('requested', super.request(merchantId, request));
  }

  override confirm(merchantId: number, impUid: string, readOtp: () => string): Promise<Certification> {
    return this.#counted('certified', super.confirm(merchantId, impUid, readOtp));
  }

  async #counted<T>(outcome: OtpOutcome, call: Promise<T>): Promise<T> {
    try {
      const result = await call;
      this.#count(outcome);
      return result;
    } catch (thrown) {
      this.#count(toAppError(thrown).code);
      throw thrown;
    }
  }
}

/** The same for the page; that one was certified is seen where the attempt ends. */
export class CountedAttemptService extends AttemptService {
  readonly #count: CountOtp;
  /** What a provider says is thrown once and ends the attempt a second time: it counts once. */
  readonly #counted = new WeakSet<object>();

  constructor(options: AttemptServiceOptions, count: CountOtp) {
    super(options);
    this.#count = count;
  }

  override async send(attempt: Attempt, request: SendRequest): Promise<Attempt | null> {
    try {
      const sent = await super.send(attempt, request);
      if (sent !== null) this.#count('requested');
      return sent;
    } catch (thrown) {
      const error = toAppError(thrown);
      this.#countOnce(error);
      throw error;
    }
  }

  override async tryCode(...call: Parameters<AttemptService['tryCode']>): Promise<CodeTry> {
    const tried = await super.tryCode(...call);
    if (tried === 'late') this.#count('otp_late');
    if (tried === 'wrong') this.#count('otp_wrong');
    if (tried === 'last') this.#count('otp_tries_spent');
    return tried;
  }

  override failBy(...call: Parameters<AttemptService['failBy']>): Promise<boolean> {
    this.#countOnce(call[1]);
    return super.failBy(...call);
  }

  #countOnce(error: Parameters<AttemptService['failBy']>[1]): void {
    if (this.#counted.has(error)) return;
    this.#counted.add(error);
    this.#count(error.code);
  }
}
