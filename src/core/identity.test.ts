import { describe, expect, it } from 'vitest';
import {
  ageOf,
  genderDigit,
  holdsRegistrationNumber,
  isBirthday,
  isPersonName,
  parseCarrier,
  parsePhone,
  requireFixedPerson,
  tidyName,
  todayInSeoul,
} from './identity.ts';

const NOW = Date.parse('2026-11-24T15:00:00Z');

describe('identity', () => {
  it('knows today in Seoul, which begins at 15:00 UTC', () => {
    expect(todayInSeoul(NOW - 1)).toBe('2026-11-24');
    expect(todayInSeoul(NOW)).toBe('2026-11-25');
  });

  it('counts full years in Seoul; the 29 February is reached on 1 March', () => {
    expect(ageOf('2007-11-25', NOW - 1)).toBe(18);
    expect(ageOf('2007-11-25', NOW)).toBe(19);
    expect(ageOf('2026-11-25', NOW)).toBe(0);
    expect(ageOf('2004-02-29', Date.parse('2023-02-28T12:00:00+09:00'))).toBe(18);
    expect(ageOf('2004-02-29', Date.parse('2023-03-01T00:00:00+09:00'))).toBe(19);
    expect(ageOf('2004-02-29', Date.parse('2024-02-29T00:00:00+09:00'))).toBe(20);
  });

  it('is that of the person whom a call fixed, by name, phone number and birthday, each if it is given', () => {
    const is = { name: '홍길동', birthday: '1990-01-31', phone: '01000000001' };
    const rest = { gender: null, foreigner: null, carrier: null, mvno: false, ci: null, di: null };
    const isFixed = (
      fixed: { name: string; phone: string; birthday?: string },
      phone: string | null = is.phone,
    ) => expect(() => requireFixedPerson({ ...is, phone, ...rest }, fixed));
    isFixed({ name: '', phone: '' }).not.toThrow();
    isFixed({ name: '', phone: '', birthday: '' }).not.toThrow();
    isFixed(is).not.toThrow();
    isFixed(is, null).not.toThrow();
    for (const other of [{ name: '심청' }, { phone: '01000000002' }, { birthday: '1990-01-30' }])
      isFixed({ ...is, ...other }).toThrow(expect.objectContaining({ code: 'binding_mismatch' }));
  });

  it.each(['1902-01-01', '2026-11-25', '2004-02-29'])('accepts the birthday %s', (day) => {
    expect(isBirthday(day, NOW)).toBe(true);
  });

  it.each([
    '1901-12-31',
    '2026-11-26',
    '2003-02-29',
    '1990-13-01',
    '1990-1-1',
    '19900131',
    ' 1990-01-31',
    '',
  ])('refuses the birthday %j', (day) => {
    expect(isBirthday(day, NOW)).toBe(false);
  });

  it.each([
    ['010-0000-0001', '01000000001'],
    ['+82 10 0000 0001', '01000000001'],
    ['82 010 0000 0001', '01000000001'],
    ['+82 010-0000-0001', '01000000001'],
    ['+82 (0)10-9999-0001', '01099990001'],
    ['8201000000001', '01000000001'],
    ['0082 10 0000 0001', null],
    ['82 0010 0000 0001', null],
    ['010000001', null],
    ['0100000001', null],
    ['+82 10 000 0001', null],
    ['010000000001', null],
    ['0190000001', '0190000001'],
    ['0110000001', '0110000001'],
    ['01200000001', null],
    ['0212345678', null],
    ['', null],
  ])('reads the phone %j as %j', (text, phone) => {
    expect(parsePhone(text)).toBe(phone);
  });

  it('reads every spelling of a carrier, and none of MVNO alone', () => {
    for (const text of ['SKT', 'sktelecom'])
      expect(parseCarrier(text)).toEqual({ carrier: 'SKT', mvno: false });
    for (const text of ['KTF_MVNO', 'ktm']) expect(parseCarrier(text)).toEqual({ carrier: 'KT', mvno: true });
    for (const text of ['LGU+', 'LG']) expect(parseCarrier(text)).toEqual({ carrier: 'LGT', mvno: false });
    for (const text of ['MVNO', '', 'constructor', '__proto__']) expect(parseCarrier(text)).toBeNull();
  });

  it('asks a name for a letter and refuses what breaks a page', () => {
    for (const name of ['홍길동', 'SAMPLE JOHN', 'ㅎ', '가'.repeat(50)])
      expect(isPersonName(name)).toBe(true);
    for (const name of ['', '123', '???', '<b>', '가\u0000', '\uFFFD가', '가'.repeat(51)])
      expect(isPersonName(name)).toBe(false);
  });

  it.each([
    ['200B', 'zero width space'],
    ['200C', 'zero width non-joiner'],
    ['200D', 'zero width joiner'],
    ['2060', 'word joiner'],
    ['FEFF', 'byte order mark'],
    ['00AD', 'soft hyphen'],
    ['034F', 'combining grapheme joiner'],
    ['115F', 'Hangul choseong filler'],
    ['1160', 'Hangul jungseong filler'],
    ['3164', 'Hangul filler'],
    ['FFA0', 'halfwidth Hangul filler'],
    ['2800', 'braille blank'],
    ['180E', 'Mongolian vowel separator'],
    ['FE0F', 'variation selector'],
    ['E0101', 'variation selector of the supplement'],
    ['E0041', 'tag'],
    ['1D173', 'musical format character'],
    ['061C', 'Arabic letter mark'],
    ['200E', 'left-to-right mark'],
    ['200F', 'right-to-left mark'],
    ['202A', 'left-to-right embedding'],
    ['202E', 'right-to-left override'],
    ['2066', 'left-to-right isolate'],
    ['2069', 'pop directional isolate'],
    ['2028', 'line separator'],
    ['2029', 'paragraph separator'],
    ['FFF9', 'interlinear annotation'],
    ['E000', 'private use'],
    ['FFFE', 'noncharacter'],
    ['D800', 'half a pair'],
    ['0085', 'next line'],
  ])('refuses a name with U+%s, %s, wherever it stands', (code) => {
    const unseen = String.fromCodePoint(Number.parseInt(code, 16));
    for (const name of [`${unseen}홍길동`, `홍${unseen}길동`, `홍길동${unseen}`])
      expect(isPersonName(tidyName(name)), JSON.stringify(name)).toBe(false);
  });

  it.each([
    ['홍  길동', '홍 길동'],
    [' SAMPLE\u00a0 \u3000JOHN ', 'SAMPLE JOHN'],
    ['\u2002홍길동\u205f', '홍길동'],
    ['\u1112\u1169\u11bc', '홍'],
  ])('tidies the name %j to %j', (typed, kept) => {
    expect(tidyName(typed)).toBe(kept);
    expect(isPersonName(kept)).toBe(true);
  });

  it('refuses a resident registration number in a name, with its hyphen or without, in full width too', () => {
    for (const name of ['홍길동 900131-1234567', '홍길동9001311234567', '홍길동９００１３１－１２３４５６７'])
      expect(isPersonName(name)).toBe(false);
  });

  it.each([
    ['order 900131-1234567', true],
    ['０４０２２９-4123456', true],
    ['900231-1234567', false],
    ['900131-9234567', false],
    ['9001311234567', false],
    ['1741915200000', false],
    ['900131-12345678', false],
    ['', false],
  ])('knows whether the free text %j holds one: %j', (text, holds) => {
    expect(holdsRegistrationNumber(text)).toBe(holds);
  });

  it('derives the digit of sex, century and nationality', () => {
    const digit = (birthday: string, gender: 'male' | 'female' | null, foreigner: boolean | null) =>
      genderDigit({ birthday, gender, foreigner });
    expect(digit('1990-01-31', 'male', false)).toBe(1);
    expect(digit('2001-12-25', 'female', null)).toBe(4);
    expect(digit('1965-03-02', 'male', true)).toBe(5);
    expect(digit('2015-05-05', 'female', true)).toBe(8);
    expect(digit('1990-01-31', null, false)).toBe(0);
  });
});
