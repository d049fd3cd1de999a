import { AppError } from '../../errors.ts';
import { bodyFormatOf } from '../../http/media-type.ts';
import { parseMultipart } from '../../http/multipart.ts';
import type { ApiRequest } from '../../http/routes.ts';

/** The result of reading a parameter as text. */
export type TextParameter =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'text'; readonly text: string };

const ABSENT: TextParameter = { kind: 'absent' };
const INVALID: TextParameter = { kind: 'invalid' };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The parameters in the body of a request, as in §4 of the contract; `body_malformed` for a body that cannot be parsed.
 */
export function parseParameters(request: ApiRequest): ReadonlyMap<string, unknown> {
  switch (bodyFormatOf(request.headers)) {
    case 'json':
      return parseJson(decode(request.body));
    case 'form':
      return parseForm(decode(request.body));
    case 'multipart':
      return parseParts(request);
    case null:
      return new Map();
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new AppError('body_malformed');
  }
}

function parseJson(text: string): ReadonlyMap<string, unknown> {
  if (text.trim() === '') return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause: a parser's message quotes the text, which may contain a secret.
    throw new AppError('body_malformed');
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : new Map();
}

function parseForm(text: string): ReadonlyMap<string, unknown> {
  const parameters = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeFormText(equals === -1 ? pair : pair.slice(0, equals)).trim();
    parameters.set(name, equals === -1 ? '' : decodeFormText(pair.slice(equals + 1)));
  }
  return parameters;
}

function parseParts({ headers, body }: ApiRequest): ReadonlyMap<string, unknown> {
  if (body.length === 0) return new Map();
  const fields = parseMultipart(headers['content-type'] ?? '', body);
  if (fields === null) throw new AppError('body_malformed');
  return new Map(fields.map(({ name, value }) => [decode(name).trim(), decode(value)]));
}

function decodeFormText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new AppError('body_malformed');
  }
}

/** A parameter that is not trimmed, because its blanks count: `imp_key` and `imp_secret`. */
export function readExactText(parameters: ReadonlyMap<string, unknown>, name: string): TextParameter {
  const value = parameters.get(name);
  if (typeof value === 'number') return Number.isInteger(value) ? toText(decimalText(value)) : INVALID;
  if (typeof value !== 'string' || value === '') return ABSENT;
  // Half of a surrogate pair is not a character, and not every database can store it.
  return /[\p{Cc}\p{Cs}]/u.test(value) ? INVALID : toText(value);
}

function toText(text: string): TextParameter {
  return { kind: 'text', text };
}

function decimalText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

/** A parameter as text, in NFC and trimmed; a whole number becomes its decimal text. */
export function readText(parameters: ReadonlyMap<string, unknown>, name: string): TextParameter {
  const exact = readExactText(parameters, name);
  if (exact.kind !== 'text') return exact;
  const text = exact.text.normalize('NFC').trim();
  return text === '' ? ABSENT : toText(text);
}

/** Whether a parameter is a JSON number: those lose their leading zeros, texts do not. */
export function isNumber(parameters: ReadonlyMap<string, unknown>, name: string): boolean {
  return typeof parameters.get(name) === 'number';
}

const TRUE = /^(?:true|1|y|yes|on)$/i;
const FALSE = /^(?:false|0|n|no|off)$/i;

/** A boolean in one of its spellings; null when absent, `invalid` for anything else. */
export function readTruth(
  parameters: ReadonlyMap<string, unknown>,
  name: string,
): boolean | null | 'invalid' {
  const value = parameters.get(name) ?? null;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return 'invalid';
  const text = String(value).trim();
  if (text === '') return null;
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : 'invalid';
}

/** A JSON object, or a text that contains one; null when absent, `invalid` for anything else. */
export function readObject(
  parameters: ReadonlyMap<string, unknown>,
  name: string,
): Readonly<Record<string, unknown>> | null | 'invalid' {
  let value: unknown = parameters.get(name) ?? null;
  if (typeof value === 'string') {
    if (value.trim() === '') return null;
    try {
      value = JSON.parse(value) as unknown;
    } catch {
      return 'invalid';
    }
    if (value === null) return 'invalid';
  }
  if (value === null) return null;
  return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : 'invalid';
}
