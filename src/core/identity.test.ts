import { describe, expect, it } from 'vitest';
import {
  ageOf,
  genderDigit,
  holdsRegistrationNumber,
  isBirthday,
  isPersonName,
  parseCarrier,
  parsePhone,
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
    ['82 010 0000 0001', null],
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
