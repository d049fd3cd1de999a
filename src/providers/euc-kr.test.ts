import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decodeEucKr } from './euc-kr.ts';

const VECTORS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../test/contract/vectors/euc-kr.json'), 'utf8'),
) as {
  extension: Record<'first' | 'last', { text: string; hex: string }> & { count: number };
  cases: { text: string; cp949_hex: string; utf8_hex: string; also_valid_utf8_as: string | null }[];
  invalid_hex: string[];
};
const fromHex = (hex: string) => Buffer.from(hex, 'hex');
/** Every code of two bytes, with what the kept library says of it. */
const CODES = Array.from({ length: 0x8000 }, (_, at) => Buffer.from([(at >> 8) + 0x80, at & 0xff])).map(
  (bytes) => ({ bytes, text: iconv.decode(bytes, 'cp949') }),
);

describe('CP949', () => {
  it.each(VECTORS.cases)('reads $text', ({ text, cp949_hex, utf8_hex, also_valid_utf8_as }) => {
    expect(decodeEucKr(fromHex(cp949_hex))).toBe(text);
    expect(fromHex(utf8_hex).toString()).toBe(text);
    if (also_valid_utf8_as !== null) expect(fromHex(cp949_hex).toString()).toBe(also_valid_utf8_as);
  });

  it.each([
    ...VECTORS.invalid_hex,
    'c8ab81',
    '8140',
    '815b',
    '8180',
    'c6ff',
    'c653',
    'c941',
    'c9a1',
    'fea1',
    'a2e8',
  ])('refuses the bytes %s', (hex) => {
    expect(decodeEucKr(fromHex(hex))).toBeNull();
  });

  it('has every character of KS X 1001, and the 8,822 other syllables, as another library has them', () => {
    const plane = CODES.filter(({ bytes }) => bytes.every((byte) => byte >= 0xa1));
    const known = plane.filter(({ text }) => [...text].length === 1 && text !== '\ufffd');
    expect(known).toHaveLength(8226);
    for (const { bytes, text } of known) {
      expect(decodeEucKr(bytes)).toBe(text);
      expect(iconv.encode(text, 'cp949')).toEqual(bytes);
    }
    const { first, last, count } = VECTORS.extension;
    const syllables = Array.from({ length: 11_172 }, (_, at) => String.fromCharCode(0xac00 + at));
    const inPlane = new Set(known.map(({ text }) => text));
    const added = syllables.filter((each) => !inPlane.has(each));
    expect(added).toHaveLength(count);
    expect([added[0], added.at(-1)]).toEqual([first.text, last.text]);
    for (const each of added) expect(decodeEucKr(iconv.encode(each, 'cp949'))).toBe(each);
  });

  it('knows no other code of two bytes', () => {
    const read = CODES.filter(({ bytes }) => decodeEucKr(bytes) !== null);
    expect(read).toHaveLength(8226 + 8822);
    for (const { bytes, text } of read) expect(decodeEucKr(bytes)).toBe(text);
  });

  it('reads every single byte of ASCII as it is, and nothing above', () => {
    for (let byte = 0; byte < 256; byte += 1)
      expect(decodeEucKr(Uint8Array.of(byte))).toBe(byte < 128 ? String.fromCharCode(byte) : null);
  });
});
