/*
 * Every failure that the code expects. Core, storage and providers know these codes and never an HTTP status; each
 * surface has one complete table from the codes that can reach it to its answers.
 */

/** Mistakes of a caller. */
type CallerCode =
  | 'credentials_missing'
  | 'credentials_wrong'
  | 'token_invalid'
  | 'certification_not_found'
  | 'body_malformed'
  | 'parameters_missing'
  | 'parameter_invalid'
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
  | 'resend_too_soon';

/**
 * Results of a provider that are not acceptable: they end the certification. `binding_mismatch` is a result about
 * somebody or something else than was asked for, `incomplete_result` a success without the person.
 */
export const REFUSALS = [
  'identity_mismatch',
  'person_blocked',
  'under_age',
  'line_not_allowed',
  'binding_mismatch',
  'incomplete_result',
  'provider_refused',
] as const;

/** Results of a provider about the person or about itself. */
type ProviderCode =
  | (typeof REFUSALS)[number]
  | 'person_cancelled'
  | 'person_not_finished'
  | 'unreadable_answer'
  | 'provider_unavailable'
  | 'provider_misconfigured';

/** Refusals of the transport, on any surface. */
export type TransportCode =
  | 'request_malformed'
  | 'request_head_too_large'
  | 'body_too_large'
  | 'route_unknown'
  | 'method_not_allowed'
  | 'not_ready';

/** Internal failures, on any surface. */
export type FailureCode =
  | 'sealed_data_unreadable'
  | 'invented_person'
  | 'store_failed'
  | 'store_unavailable'
  // A start is refused.
  | 'start_refused'
  | 'internal';

/** Refusals of the sandbox only. */
export type SandboxCode = 'input_refused' | 'host_not_local' | 'origin_foreign';

/** Every code that can reach a caller of the API or of the verification page. */
export type ServerCode = CallerCode | ProviderCode | TransportCode | FailureCode;

export type ErrorCode = ServerCode | SandboxCode;

/** The one error class. `detail` and `cause` are for the log and for the operator, never for a caller. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  /** Names of the parameters an answer may show, in the order of the contract's tables. */
  readonly names: readonly string[];
  /** Text that the caller may read in addition to the surface's own message; never a value that was sent. */
  readonly explanation: string | null;
  /** Whole seconds after which a retry makes sense; null if that is unknown. */
  readonly retryAfter: number | null;
  /** The provider's own code for its refusal, which a page may show; null if there is none. */
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

/** The row for a code in a surface's table. A code that is missing in the table is a defect: `internal`. */
export function rowOf<Row>(
  table: Readonly<Partial<Record<ErrorCode, Row>>> & { readonly internal: Row },
  code: ErrorCode,
): Row {
  return (Object.hasOwn(table, code) ? table[code] : undefined) ?? table.internal;
}

/** Whether a provider found the person or the result not acceptable, which ends the certification. */
export function isRefusal(error: AppError): boolean {
  return (REFUSALS as readonly ErrorCode[]).includes(error.code);
}

/**
 * Whether an operator should look at once: somebody may have altered stored data, or tries to bring in invented people.
 */
export function isAlarm(error: AppError): boolean {
  return error.code === 'sealed_data_unreadable' || error.code === 'invented_person';
}
