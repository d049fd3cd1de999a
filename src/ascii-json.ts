/*
 * JSON in pure ASCII, with `/` as `\/`: the form of every text that leaves the server. Clients exist that read
 * bodies as ISO-8859-1 or EUC-KR.
 */

/** A value as it stands in JSON: compact, in ASCII, a text with its quotes. */
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

/** JSON or JavaScript whose texts hold escapes instead of characters outside ASCII. */
export function escapeNonAscii(text: string): string {
  return text.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
