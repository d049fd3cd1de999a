import type { Language } from '../html/language.ts';
import { FAILURES, type FailureReason } from './failure.ts';

const ENGLISH = {
  USER_CANCEL: 'You cancelled the verification.',
  EXPIRED: 'The time for this verification is over. Please try again.',
  NOT_FINISHED: 'The verification was not finished. Please try again.',
  OTP_LIMIT: 'The code was wrong too many times. Please try again.',
  SEND_LIMIT: 'Too many codes were requested. Please try again.',
  UNDER_AGE: 'You have not reached the age that this service asks for.',
  IDENTITY_MISMATCH: 'What you entered does not match your carrier’s records.',
  LINE_NOT_ALLOWED: 'This mobile line cannot be used for identity verification.',
  BLOCKED: 'There were too many attempts. Please try again later.',
  TOO_MANY_REQUESTS: 'Too many requests. Please try again later.',
  POPUP_BLOCKED: 'The window could not be opened because pop-ups are blocked.',
  NOT_READY: 'The verification cannot start. The service has to check its settings.',
  INVALID_PARAM: 'The service sent a request that cannot be used.',
  INVALID_CHANNEL: 'The service has no way of verification that can be used.',
  INVALID_REDIRECT_URL: 'The service asked to return to an address that is not allowed.',
  ORIGIN_NOT_ALLOWED: 'The request came from a site that is not allowed.',
  PROVIDER_UNAVAILABLE: 'The verification agency is not available. Please try again later.',
  PROVIDER_ERROR: 'An error occurred at the verification agency.',
  REPLACED: 'A newer verification request took the place of this one.',
  NETWORK_ERROR: 'The server could not be reached. Please check your network.',
  NOT_SUPPORTED: 'This function is not supported.',
  SYSTEM_ERROR: 'An error occurred. Please try again.',
} satisfies Record<FailureReason, string>;

/** The reason of a failure for the person at the page. In Korean it is the text of the result. */
export const FAILURE_COPY: Readonly<Record<Language, Readonly<Record<FailureReason, string>>>> = {
  ko: FAILURES,
  en: ENGLISH,
};
