import { type JsonText, quote } from '../../ascii-json.ts';
import type { HeaderList } from '../../http/answers.ts';

/** Headers of an answer without a body. */
export const BARE_HEADERS: HeaderList = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'];

/** Headers of an answer in JSON. */
export const JSON_HEADERS: HeaderList = ['Content-Type', 'application/json; charset=UTF-8', ...BARE_HEADERS];

/** Request headers that pages of other origins may send. */
export const ALLOWED_HEADERS = 'Authorization, Content-Type, X-ImpTokenHeader, Tier';

/** The envelope of a success. */
export function success(response: JsonText): JsonText {
  return `{"code":0,"message":null,"response":${response}}`;
}

/** The envelope of a failure. */
export function failure(message: string): JsonText {
  return `{"code":-1,"message":${quote(message)},"response":null}`;
}
