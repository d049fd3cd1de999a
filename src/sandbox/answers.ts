import { type JsonText, quote } from '../ascii-json.ts';

/** The envelope of a success, as on the API. */
export function success(response: JsonText): JsonText {
  return `{"code":0,"message":null,"response":${response}}`;
}

/** The envelope of a failure. */
export function failure(message: string): JsonText {
  return `{"code":-1,"message":${quote(message)},"response":null}`;
}
