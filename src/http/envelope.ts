/*
 * The envelope of every JSON answer, in pure ASCII: clients exist that read bodies as ISO-8859-1 or EUC-KR.
 */

const NEEDS_ESCAPE = /[^ !#-.0-[\]-~]/;
const NOT_ASCII = /[\u0080-\uffff]/g;

/** A JSON string in ASCII, with `/` as `\/`. */
export function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? toAsciiJson(text) : `"${text}"`;
}

/** Any JSON value as compact ASCII text, with `/` as `\/`. */
export function toAsciiJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The envelope of a success. `response` is JSON text in ASCII. */
export function success(response: string): string {
  return `{"code":0,"message":null,"response":${response}}`;
}

/** The envelope of a failure. */
export function failure(message: string): string {
  return `{"code":-1,"message":${quote(message)},"response":null}`;
}
