import { AppError, type ErrorCode } from '../../errors.ts';
import { readCode } from '../agency-text.ts';
import { unreadable } from './answers.ts';
import { type CodeCategory, categoryOf } from './codes.ts';

/** Where a code was told: at the beginning of a visit, or as its result. */
export type Step = 'itemsend' | 'confirm';

const IN_RESULT: Readonly<Record<CodeCategory, ErrorCode>> = {
  ok: 'provider_refused',
  merchant_config: 'provider_misconfigured',
  risk_block: 'person_blocked',
  quota: 'person_blocked',
  otp_mismatch: 'otp_tries_spent',
  otp_attempts: 'otp_tries_spent',
  otp_resend_limit: 'resend_too_soon',
  timeout: 'person_not_finished',
  not_finished: 'person_not_finished',
  in_progress: 'person_not_finished',
  pass_running: 'person_not_finished',
  corporate_running: 'person_not_finished',
  pass_cancelled: 'person_cancelled',
  pass_unavailable: 'provider_refused',
  pass_failed: 'provider_refused',
  subscriber_mismatch: 'identity_mismatch',
  line_is_mvno: 'identity_mismatch',
  line_is_not_mvno: 'identity_mismatch',
  malformed_input: 'identity_mismatch',
  auth_info_error: 'identity_mismatch',
  corporate_line: 'line_not_allowed',
  prepaid_line: 'line_not_allowed',
  line_suspended: 'line_not_allowed',
  identity_check_blocked: 'line_not_allowed',
  sms_blocked: 'line_not_allowed',
  unsupported: 'line_not_allowed',
  under_age: 'under_age',
  carrier_maintenance: 'provider_unavailable',
  sms_send_failed: 'provider_unavailable',
  carrier_internal: 'provider_unavailable',
  danal_internal: 'provider_unavailable',
  transient: 'provider_unavailable',
  misc: 'provider_unavailable',
  unknown: 'provider_refused',
};

/** At the beginning nobody has typed anything yet, and nobody can have left anything unfinished. */
const AT_START: Readonly<Partial<Record<CodeCategory, ErrorCode>>> = {
  malformed_input: 'provider_misconfigured',
  timeout: 'provider_unavailable',
  unknown: 'provider_unavailable',
  not_finished: 'provider_refused',
  in_progress: 'provider_refused',
  pass_running: 'provider_refused',
  corporate_running: 'provider_refused',
};

/** Rejects unless the code is exactly `0000`; an answer without a code is no answer. */
export function requireSuccess(code: string | undefined, step: Step): void {
  if (code === '0000') return;
  if (code === undefined || code === '') throw unreadable(`${step}: it has no code`);
  const shown = readCode(code);
  const category = categoryOf(code);
  const meant = (step === 'itemsend' ? AT_START[category] : undefined) ?? IN_RESULT[category];
  const detail = `danal ${step}: ${shown.providerCode ?? 'a code of another form'}, ${category}`;
  throw new AppError(meant, { detail, ...shown });
}
