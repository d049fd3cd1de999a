import { toAsciiJson } from '../ascii-json.ts';

/** Safe markup. Only `html` and `raw` create it, so a text can never be mistaken for markup. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** The values of a template: texts are escaped; null, undefined and false write nothing. */
export type Piece = string | number | Html | null | undefined | false | readonly Piece[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text for use between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

function write(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.markup;
  if (typeof piece === 'object') return piece.map(write).join('');
  return escapeText(String(piece));
}

/** A template of markup. Inserted values are escaped, unless they are markup themselves. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(String.raw({ raw: strings }, ...pieces.map(write)));
}

/**
 * Takes a text for markup as it is: for style sheets, scripts and other constants of the sources, never for what
 * somebody typed.
 */
export function raw(markup: string): Html {
  return new Html(markup);
}

/** A value for a `script` element with data; no part of it can end the element. */
export function data(value: unknown): Html {
  return raw(toAsciiJson(value).replaceAll('<', '\\u003c'));
}

/**
 * A text from outside in a safe form: one line, at most `length` characters, without characters that are invisible or
 * change the direction of the text around them.
 */
export function shorten(text: string, length: number): string {
  const plain = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu, ' ')
    .trim();
  const characters = [...plain];
  return characters.length <= length ? plain : `${characters.slice(0, length - 1).join('')}…`;
}

const RUNS_OR_LIES = new Set([
  'javascript:',
  'vbscript:',
  'data:',
  'blob:',
  'file:',
  'about:',
  'view-source:',
]);

/** Whether an address is safe for a link: its scheme does not run code or read files. */
export function isSafeAddress(address: string): boolean {
  const url = URL.parse(address, 'https://page.invalid/');
  return url !== null && !RUNS_OR_LIES.has(url.protocol);
}
