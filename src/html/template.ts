import { toAsciiJson } from '../ascii-json.ts';

/** Markup that is safe as it stands. Only `html` and `raw` make it, so a text can never pass for one. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: texts are escaped, nothing is written for null, undefined and false. */
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

/** A template of markup in which everything interpolated is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(String.raw({ raw: strings }, ...pieces.map(write)));
}

/** Takes a text for markup as it is: for style sheets, scripts and other constants of the sources, never for what somebody typed. */
export function raw(markup: string): Html {
  return new Html(markup);
}

/** A value for a `script` element of data: nothing in it can end the element. */
export function data(value: unknown): Html {
  return raw(toAsciiJson(value).replaceAll('<', '\\u003c'));
}

/**
 * A foreign text as it may be shown: one line, without characters that are invisible or turn the direction of
 * what stands around them, at most `length` characters.
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

/** Whether a person may be led to an address: it has no scheme that runs or reads something. */
export function isSafeAddress(address: string): boolean {
  const url = URL.parse(address, 'https://page.invalid/');
  return url !== null && !RUNS_OR_LIES.has(url.protocol);
}
