import { toAsciiJson } from '../ascii-json.ts';
import type { FailureReason } from '../core/attempt.ts';
import { type AppError, rowOf, type ServerCode } from '../errors.ts';
import type { HeaderList, PageAnswer } from '../http/answers.ts';
import { FAILURES } from './failure.ts';

interface Row {
  readonly status: number;
  readonly reason: FailureReason;
}

const FAILED: Row = { status: 500, reason: 'SYSTEM_ERROR' };

/** The answer to the shop's script for each error. */
const CALL_ANSWERS = {
  credentials_missing: FAILED,
  credentials_wrong: FAILED,
  token_invalid: FAILED,
  certification_not_found: FAILED,
  body_malformed: { status: 400, reason: 'INVALID_PARAM' },
  parameters_missing: FAILED,
  parameter_invalid: FAILED,
  channel_not_found: FAILED,
  otp_wrong: FAILED,
  otp_tries_spent: FAILED,
  otp_late: FAILED,
  otp_superseded: FAILED,
  otp_not_requested: FAILED,
  already_certified: FAILED,
  certification_failed: FAILED,
  app_not_approved: FAILED,
  rate_limited: { status: 429, reason: 'TOO_MANY_REQUESTS' },
  resend_too_soon: { status: 429, reason: 'SYSTEM_ERROR' },
  person_cancelled: FAILED,
  person_not_finished: FAILED,
  identity_mismatch: FAILED,
  person_blocked: FAILED,
  under_age: FAILED,
  line_not_allowed: FAILED,
  binding_mismatch: FAILED,
  incomplete_result: FAILED,
  provider_refused: FAILED,
  unreadable_answer: FAILED,
  provider_unavailable: FAILED,
  provider_misconfigured: FAILED,
  request_malformed: FAILED,
  request_head_too_large: FAILED,
  body_too_large: { status: 413, reason: 'SYSTEM_ERROR' },
  route_unknown: { status: 404, reason: 'SYSTEM_ERROR' },
  method_not_allowed: { status: 405, reason: 'SYSTEM_ERROR' },
  not_ready: { status: 503, reason: 'NOT_READY' },
  sealed_data_unreadable: FAILED,
  invented_person: FAILED,
  store_failed: FAILED,
  store_unavailable: { status: 503, reason: 'SYSTEM_ERROR' },
  start_refused: FAILED,
  internal: FAILED,
} satisfies Record<ServerCode, Row>;

/** The answer to the person for each error of a screen. */
const SCREEN_ANSWERS = {
  credentials_missing: FAILED,
  credentials_wrong: FAILED,
  token_invalid: FAILED,
  certification_not_found: FAILED,
  body_malformed: { status: 400, reason: 'SYSTEM_ERROR' },
  parameters_missing: FAILED,
  parameter_invalid: FAILED,
  channel_not_found: FAILED,
  otp_wrong: FAILED,
  otp_tries_spent: FAILED,
  otp_late: FAILED,
  otp_superseded: FAILED,
  otp_not_requested: FAILED,
  already_certified: FAILED,
  certification_failed: FAILED,
  app_not_approved: FAILED,
  rate_limited: { status: 429, reason: 'TOO_MANY_REQUESTS' },
  resend_too_soon: { status: 429, reason: 'TOO_MANY_REQUESTS' },
  person_cancelled: FAILED,
  person_not_finished: FAILED,
  identity_mismatch: FAILED,
  person_blocked: FAILED,
  under_age: FAILED,
  line_not_allowed: FAILED,
  binding_mismatch: FAILED,
  incomplete_result: FAILED,
  provider_refused: FAILED,
  unreadable_answer: FAILED,
  provider_unavailable: FAILED,
  provider_misconfigured: FAILED,
  request_malformed: FAILED,
  request_head_too_large: FAILED,
  body_too_large: { status: 413, reason: 'SYSTEM_ERROR' },
  route_unknown: { status: 404, reason: 'SYSTEM_ERROR' },
  method_not_allowed: { status: 405, reason: 'SYSTEM_ERROR' },
  not_ready: { status: 503, reason: 'SYSTEM_ERROR' },
  sealed_data_unreadable: FAILED,
  invented_person: FAILED,
  store_failed: FAILED,
  store_unavailable: { status: 503, reason: 'SYSTEM_ERROR' },
  start_refused: FAILED,
  internal: FAILED,
} satisfies Record<ServerCode, Row>;

/** Without `X-Content-Type-Options`, which every answer of the page gets. */
const JSON_HEADERS: HeaderList = [
  'Content-Type',
  'application/json; charset=UTF-8',
  'Cache-Control',
  'no-store',
];

/** Allows pages with `Cross-Origin-Embedder-Policy` to embed this answer; otherwise their frame stays blank. */
export const LETS_IN: HeaderList = ['Cross-Origin-Resource-Policy', 'cross-origin'];
export const FRAMED: HeaderList = ['Cross-Origin-Embedder-Policy', 'require-corp', ...LETS_IN];

export function json(status: number, value: object): PageAnswer {
  return { status, headers: JSON_HEADERS, body: Buffer.from(toAsciiJson(value), 'latin1') };
}

/** The answer for a failed call. `warning` is for the browser console of the shop's developer. */
export function refused(status: number, reason: FailureReason, warning: string | null = null): PageAnswer {
  const failure = { ok: false, error_code: reason, error_reason: reason, error_msg: FAILURES[reason] };
  return json(status, { ...failure, ...(warning !== null && { warning }) });
}

/** The answer to an error of a call of the shop's script. */
export function failedCall(error: AppError): PageAnswer {
  const { status, reason } = rowOf<Row>(CALL_ANSWERS, error.code);
  const answer = refused(status, reason);
  return { ...answer, headers: [...answer.headers, ...retryOf(error, status)] };
}

/** The answer to an error of a screen, in plain text, because the code that draws screens may have failed. */
export function failedScreen(error: AppError): PageAnswer {
  const { status, reason } = rowOf<Row>(SCREEN_ANSWERS, error.code);
  return {
    status,
    headers: [
      'Content-Type',
      'text/plain; charset=utf-8',
      'Cache-Control',
      'no-store',
      ...FRAMED,
      ...retryOf(error, status),
    ],
    body: Buffer.from(FAILURES[reason]),
  };
}

/** When to try again: the time of the limit, or 5 seconds as on the API if something is temporarily unavailable. */
function retryOf(error: AppError, status: number): HeaderList {
  const seconds = error.retryAfter ?? (status === 503 ? 5 : null);
  return seconds === null ? [] : ['Retry-After', String(seconds)];
}
