import { type AppError, rowOf, type ServerCode } from '../../errors.ts';
import type { AnswerFormat, ErrorAnswer } from '../../http/answers.ts';
import { ALLOWED_HEADERS, BARE_HEADERS, failure, JSON_HEADERS } from './envelope.ts';

interface Row {
  readonly status: number;
  /** `{names}` and `{name}` are replaced by the names of the parameters. */
  readonly message: string;
  readonly headers?: readonly string[];
}

const UNAUTHORIZED = ['WWW-Authenticate', 'Bearer realm="bonin"'];
const RETRY_SOON = ['Retry-After', '5'];
const FAILED: Row = { status: 500, message: '서버 오류가 발생했습니다. 잠시 후 다시 시도해주세요.' };
const NOT_NOW: Row = {
  status: 503,
  message: '서버를 준비하고 있습니다. 잠시 후 다시 시도해주세요.',
  headers: RETRY_SOON,
};
const PROVIDER_REFUSED: Row = { status: 400, message: '본인인증 기관에서 인증을 거절하였습니다.' };
const PROVIDER_FAILED: Row = {
  status: 500,
  message: '본인인증 기관과 통신하지 못했습니다. 잠시 후 다시 시도해주세요.',
};

/** Status and message of every error, in the words of §14 of the contract. */
const ANSWERS = {
  credentials_missing: { status: 400, message: 'imp_key, imp_secret 파라메터가 누락되었습니다.' },
  credentials_wrong: {
    status: 401,
    message: '인증에 실패하였습니다. API키와 secret을 확인하세요.',
    headers: UNAUTHORIZED,
  },
  token_invalid: { status: 401, message: 'Unauthorized', headers: UNAUTHORIZED },
  certification_not_found: { status: 404, message: '인증결과가 존재하지 않습니다.' },
  body_malformed: { status: 400, message: '요청 본문을 해석할 수 없습니다.' },
  body_too_large: { status: 413, message: '요청 본문이 너무 큽니다.' },
  parameters_missing: { status: 400, message: '{names} 파라메터가 누락되었습니다.' },
  parameter_invalid: { status: 400, message: '{name} 값이 올바르지 않습니다.' },
  channel_not_found: { status: 400, message: '사용할 수 있는 본인인증 채널이 없습니다.' },
  otp_wrong: { status: 400, message: '인증번호가 일치하지 않습니다.' },
  otp_tries_spent: { status: 400, message: '인증번호 입력 횟수를 초과하였습니다. 다시 요청해주세요.' },
  otp_late: { status: 400, message: '인증번호 유효시간이 지났습니다. 다시 요청해주세요.' },
  otp_superseded: { status: 400, message: '새 인증번호가 발송되었습니다. 새 인증번호를 입력해주세요.' },
  otp_not_requested: { status: 400, message: 'OTP 방식으로 요청된 인증이 아닙니다.' },
  already_certified: { status: 400, message: '이미 인증이 완료되었습니다.' },
  certification_failed: { status: 400, message: '실패한 인증입니다. 다시 요청해주세요.' },
  app_not_approved: { status: 400, message: '앱 인증이 아직 완료되지 않았습니다.' },
  resend_too_soon: { status: 429, message: '인증 요청 횟수를 초과하였습니다. 잠시 후 다시 시도해주세요.' },
  rate_limited: { status: 429, message: '인증 요청 횟수를 초과하였습니다. 잠시 후 다시 시도해주세요.' },
  person_cancelled: { status: 400, message: '실패한 인증입니다. 다시 요청해주세요.' },
  person_not_finished: { status: 400, message: '실패한 인증입니다. 다시 요청해주세요.' },
  identity_mismatch: { status: 400, message: '입력하신 정보가 통신사 정보와 일치하지 않습니다.' },
  person_blocked: {
    status: 400,
    message: '본인인증이 일시적으로 제한되었습니다. 잠시 후 다시 시도해주세요.',
  },
  under_age: { status: 400, message: '이용 가능한 연령이 아닙니다.' },
  line_not_allowed: { status: 400, message: '본인인증을 이용할 수 없는 휴대폰 회선입니다.' },
  binding_mismatch: PROVIDER_REFUSED,
  incomplete_result: PROVIDER_REFUSED,
  provider_refused: PROVIDER_REFUSED,
  request_malformed: { status: 400, message: '잘못된 HTTP 요청입니다.' },
  request_head_too_large: { status: 431, message: '잘못된 HTTP 요청입니다.' },
  route_unknown: { status: 404, message: '존재하지 않는 API 경로입니다.' },
  method_not_allowed: { status: 405, message: '허용되지 않는 HTTP 메서드입니다.' },
  not_ready: NOT_NOW,
  store_unavailable: NOT_NOW,
  unreadable_answer: PROVIDER_FAILED,
  provider_unavailable: PROVIDER_FAILED,
  provider_misconfigured: PROVIDER_FAILED,
  sealed_data_unreadable: FAILED,
  invented_person: FAILED,
  store_failed: FAILED,
  start_refused: FAILED,
  internal: FAILED,
} satisfies Record<ServerCode, Row>;

/** An error in the OpenAPI document. */
export interface ErrorAnswerTemplate extends Row {
  readonly code: ServerCode;
}

/** The rows of these errors; rows with the same answer occur once. */
export function errorTemplates(codes: readonly ServerCode[]): readonly ErrorAnswerTemplate[] {
  const templates: ErrorAnswerTemplate[] = [];
  for (const code of codes) {
    const row: Row = ANSWERS[code];
    if (!templates.some(({ status, message }) => status === row.status && message === row.message))
      templates.push({ ...row, code });
  }
  return templates;
}

/** The answer to an error: only the contract's text, no internal detail. */
function renderError(error: AppError): ErrorAnswer {
  const row = rowOf<Row>(ANSWERS, error.code);
  const message = row.message
    .replace('{names}', error.names.join(', '))
    .replace('{name}', error.names[0] ?? '');
  const headers = error.retryAfter === null ? row.headers : ['Retry-After', String(error.retryAfter)];
  return { status: row.status, body: failure(message), ...(headers && { headers }) };
}

/** The format of version 1's answers. */
export const V1_FORMAT: AnswerFormat = {
  textHeaders: JSON_HEADERS,
  bareHeaders: BARE_HEADERS,
  allowedHeaders: ALLOWED_HEADERS,
  renderError,
};
