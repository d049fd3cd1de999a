import { type JsonText, quote } from '../ascii-json.ts';
import { type FailureCode, rowOf, type SandboxCode, type TransportCode } from '../errors.ts';
import type { AnswerFormat, HeaderList } from '../http/answers.ts';

/** The envelope of a success, as on the API. */
export function success(response: JsonText): JsonText {
  return `{"code":0,"message":null,"response":${response}}`;
}

/** The envelope of a failure. */
export function failure(message: string): JsonText {
  return `{"code":-1,"message":${quote(message)},"response":null}`;
}

interface Row {
  readonly status: number;
  /** `{explanation}` is replaced by the explanation of the error. */
  readonly message: string;
  readonly headers?: HeaderList;
}

const FAILED: Row = { status: 500, message: '서버 오류가 발생했습니다. 잠시 후 다시 시도해주세요.' };
const NOT_NOW: Row = {
  status: 503,
  message: '서버를 준비하고 있습니다. 잠시 후 다시 시도해주세요.',
  headers: ['Retry-After', '5'],
};

/** Status and message of every error of a control route. */
const ANSWERS = {
  input_refused: { status: 400, message: '{explanation}' },
  host_not_local: { status: 403, message: '샌드박스 경로는 이 컴퓨터의 주소로만 부를 수 있습니다.' },
  origin_foreign: { status: 403, message: '다른 사이트의 페이지에서는 이 샌드박스 경로를 부를 수 없습니다.' },
  request_malformed: { status: 400, message: '잘못된 HTTP 요청입니다.' },
  request_head_too_large: { status: 431, message: '잘못된 HTTP 요청입니다.' },
  body_too_large: { status: 413, message: '요청 본문이 너무 큽니다.' },
  route_unknown: { status: 404, message: '존재하지 않는 API 경로입니다.' },
  method_not_allowed: { status: 405, message: '허용되지 않는 HTTP 메서드입니다.' },
  not_ready: NOT_NOW,
  store_unavailable: NOT_NOW,
  sealed_data_unreadable: FAILED,
  invented_person: FAILED,
  store_failed: FAILED,
  start_refused: FAILED,
  internal: FAILED,
} satisfies Record<SandboxCode | TransportCode | FailureCode, Row>;

const BARE_HEADERS: HeaderList = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'];

/** The format of the control routes' answers: the API's envelope with texts of their own. */
export const CONTROL_FORMAT: AnswerFormat = {
  textHeaders: ['Content-Type', 'application/json; charset=UTF-8', ...BARE_HEADERS],
  bareHeaders: BARE_HEADERS,
  // No page of another origin may call them.
  allowedHeaders: '',
  renderError(error) {
    const { status, message, headers } = rowOf<Row>(ANSWERS, error.code);
    const body = failure(message.replace('{explanation}', () => error.explanation ?? ''));
    return { status, body, ...(headers && { headers }) };
  },
};
