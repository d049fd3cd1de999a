import type { Attempt } from '../core/attempt.ts';
import { AttemptService, type AttemptServiceOptions, type CodeTry } from '../core/attempt-service.ts';
import type { Certification } from '../core/certification.ts';
import { type NewOtpRequest, OtpService, type OtpServiceOptions } from '../core/otp-service.ts';
import type { Claim, VerificationMethod } from '../core/provider.ts';
import { type ErrorCode, toAppError } from '../errors.ts';

/** What became of an OTP call: done, or the reason why not. */
export type OtpOutcome = 'requested' | 'certified' | ErrorCode;
export type CountOtp = (outcome: OtpOutcome) => void;

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

  override async send(
    attempt: Attempt,
    claim: Claim & { phone: string },
    method: VerificationMethod,
  ): Promise<Attempt | null> {
    try {
      const sent = await super.send(attempt, claim, method);
      if (sent !== null) this.#count('requested');
      return sent;
    } catch (thrown) {
      const error = toAppError(thrown);
      this.#countOnce(error);
      throw error;
    }
  }

  override tryCode(attempt: Attempt, otp: string): CodeTry {
    const tried = super.tryCode(attempt, otp);
    if (tried === 'late') this.#count('otp_late');
    if (tried === 'wrong') this.#count(this.isLastTry(attempt) ? 'otp_tries_spent' : 'otp_wrong');
    return tried;
  }

  override failBy(...[attempt, error]: Parameters<AttemptService['failBy']>): Promise<boolean> {
    this.#countOnce(error);
    return super.failBy(attempt, error);
  }

  #countOnce(error: Parameters<AttemptService['failBy']>[1]): void {
    if (this.#counted.has(error)) return;
    this.#counted.add(error);
    this.#count(error.code);
  }
}
