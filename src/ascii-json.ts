/*
 * JSON in pure ASCII, with `/` as `\/`: the form of every text that leaves the server, because some clients read bodies
 * as ISO-8859-1 or EUC-KR.
 */

/** A value in JSON: compact, in ASCII; texts include their quotes. */
export type JsonText = string;

const NEEDS_ESCAPE = /[^ !#-.0-[\]-~]/;
const NOT_ASCII = /[\u0080-\uffff]/g;

/** A JSON string. */
export function quote(text: string): JsonText {
  return NEEDS_ESCAPE.test(text) ? toAsciiJson(text) : `"${text}"`;
}

/** Any JSON value. */
export function toAsciiJson(value: unknown): JsonText {
  return escapeNonAscii(JSON.stringify(value).replaceAll('/', '\\/'));
}

/** JSON or JavaScript in which escapes replace characters outside ASCII. */
export function escapeNonAscii(text: string): string {
  return text.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
