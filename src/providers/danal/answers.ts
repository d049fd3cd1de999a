import { AppError } from '../../errors.ts';
import { decodeEucKr } from '../euc-kr.ts';
import type { Charset, DanalSettings } from './settings.ts';

/** Fields of an answer by their names. */
export type Fields = ReadonlyMap<string, string>;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The fields of an answer: `K=V` joined by `&`, raw. Nothing is decoded but the character set, so that the `+`, `/` and
 * `=` of a CI stay. The other character set is tried only when the one of the settings does not fit: some names fit
 * both. Rejects with `unreadable_answer`.
 */
export function readAnswer(
  body: Buffer,
  {
    answer_charset,
    percent_decode_answers,
  }: Pick<DanalSettings, 'answer_charset' | 'percent_decode_answers'>,
): Fields {
  // One character for each byte: neither & nor = is part of a longer character in both character sets.
  const pieces = body
    .toString('latin1')
    .replace(/^[\r\n\t ]+|[\r\n\t ]+$/g, '')
    .split('&')
    .map((piece) => splitPiece(piece, percent_decode_answers));
  const other = answer_charset === 'UTF-8' ? 'EUC-KR' : 'UTF-8';
  const pairs = decodeAll(pieces, answer_charset) ?? decodeAll(pieces, other);
  if (pairs === null) throw unreadable('it is in no known character set');
  const fields = new Map(pairs);
  if (fields.size !== pairs.length) throw unreadable('a field is there twice');
  return fields;
}

function splitPiece(piece: string, decodes: boolean): readonly [string, string] {
  const at = piece.indexOf('=');
  if (at < 1) throw unreadable('a piece of it has no name');
  const decode = (text: string) =>
    decodes
      ? text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      : text;
  return [decode(piece.slice(0, at)), decode(piece.slice(at + 1))];
}

function decodeAll(
  pieces: readonly (readonly [string, string])[],
  charset: Charset,
): readonly (readonly [string, string])[] | null {
  const pairs: [string, string][] = [];
  for (const [rawName, rawValue] of pieces) {
    const [name, value] = [decode(rawName, charset), decode(rawValue, charset)];
    if (name === null || value === null) return null;
    pairs.push([name, value]);
  }
  return pairs;
}

function decode(raw: string, charset: Charset): string | null {
  const bytes = Buffer.from(raw, 'latin1');
  if (charset === 'EUC-KR') return decodeEucKr(bytes);
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

export function unreadable(why: string): AppError {
  return new AppError('unreadable_answer', { detail: `danal: ${why}` });
}
