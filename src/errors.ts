/**
 * Everything that can go wrong on purpose. Core, storage and providers know these codes and never an HTTP
 * status; each surface owns one table from code to its answer.
 */
export type ErrorCode =
  // what a caller may get wrong
  | 'credentials_missing'
  | 'credentials_wrong'
  | 'token_invalid'
  | 'certification_not_found'
  | 'body_malformed'
  | 'body_too_large'
  | 'parameters_missing'
  | 'parameter_invalid'
  | 'input_refused'
  | 'channel_not_found'
  | 'otp_wrong'
  | 'otp_tries_spent'
  | 'otp_late'
  | 'otp_superseded'
  | 'otp_not_requested'
  | 'already_certified'
  | 'certification_failed'
  | 'app_not_approved'
  | 'rate_limited'
  | 'resend_too_soon'
  | 'host_not_local'
  | 'origin_foreign'
  // what a provider says of the person
  | 'identity_mismatch'
  | 'person_blocked'
  | 'under_age'
  | 'line_not_allowed'
  | 'provider_refused'
  // what the transport may refuse
  | 'request_malformed'
  | 'request_head_too_large'
  | 'route_unknown'
  | 'method_not_allowed'
  // what may fail on our side
  | 'not_ready'
  | 'provider_unavailable'
  | 'provider_misconfigured'
  | 'sealed_data_unreadable'
  | 'invented_person'
  | 'store_failed'
  | 'store_unavailable'
  // what stops a start
  | 'start_refused'
  | 'internal';

/** The one error class. `detail` and `cause` are for the log and for the operator, never for a caller. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  /** Names of the parameters an answer may show, in the order of the contract's tables. */
  readonly names: readonly string[];
  /** What the caller may read in addition to the surface's own words; never a value that was sent. */
  readonly explanation: string | null;
  /** Whole seconds after which the same may be tried again; null when that says nothing. */
  readonly retryAfter: number | null;
  /** The provider's own code for what it refused, which a page may show; null when there is none. */
  readonly providerCode: string | null;

  constructor(
    code: ErrorCode,
    options: {
      detail?: string;
      names?: readonly string[];
      explanation?: string;
      retryAfter?: number;
      providerCode?: string;
      cause?: unknown;
    } = {},
  ) {
    super(options.detail ?? code, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = options.detail;
    this.names = options.names ?? [];
    this.explanation = options.explanation ?? null;
    this.retryAfter = options.retryAfter ?? null;
    this.providerCode = options.providerCode ?? null;
  }
}

/** Turns whatever was thrown into an AppError, keeping the original as the cause. */
export function toAppError(thrown: unknown): AppError {
  return thrown instanceof AppError ? thrown : new AppError('internal', { cause: thrown });
}

/** Whether an operator should look at once: somebody may have changed what is kept, or brings invented people in. */
export function isAlarm(error: AppError): boolean {
  return error.code === 'sealed_data_unreadable' || error.code === 'invented_person';
}
