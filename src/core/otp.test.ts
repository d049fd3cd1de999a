import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toMessageName } from './otp.ts';

describe('the name of a service in a text message', () => {
  it.each([
    ['가상상점', '가상상점'],
    ['  가상 상점 & Sons (주) ', '가상 상점 & Sons (주)'],
    ['㈜가상상점', '㈜가상상점'],
    ['\u1100\u1161\u1102\u1161', '가나'],
    ['❤\ufe0f 가게', '❤ 가게'],
  ])('stays what it is, in its composed form: %j', (name, shown) => {
    expect(toMessageName(name)).toBe(shown);
  });

  it.each([
    'A\nB',
    'A\r\nB',
    'A\rB',
    'A\u2028B',
    'A\u2029B',
    'A\u0085B',
    'A\u000bB',
    'A\u000cB',
    'A\tB',
    'A\0B',
    'A\u001bB',
    'A\u00a0B',
    'A\u3000B',
    'A \n \u2028 B',
  ])('is one line of characters that are seen: %j', (name) => {
    expect(toMessageName(name)).toBe('A B');
  });

  it.each([
    'A\u202eB',
    'A\u2066\u2069B',
    'A\u200bB',
    'A\u200d\ufeffB',
    'A\u00adB',
    'A\ud800B',
    'A\udfffB',
    'A\u{e0041}B',
    'A\ue000B',
    'A\u3164B',
    'A\u115f\u1160\uffa0B',
    'A\u061c\u200e\u200fB',
    'A\ufff9B',
  ])('has nothing that nobody sees: %j', (name) => {
    expect(toMessageName(name)).toBe('AB');
  });

  it.each([
    ['[A] B', 'A B'],
    ['A] 인증번호는 000000', 'A 인증번호는 000000'],
    ['A］［B', 'AB'],
  ])('cannot end the brackets that it stands in: %j', (name, shown) => {
    expect(toMessageName(name)).toBe(shown);
  });

  it.each([
    'http://evil.example/a',
    'evil.example/a',
    '[evil.example/a]',
    'e.kr／a 접속',
    'ｅ．ｋｒ/a',
    'app://x',
    '가게 \u200be.kr/\u202ea',
  ])('is none when a phone would make a link of it: %j', (name) => {
    expect(toMessageName(name)).toBe('');
  });

  it.each([['A/S 센터'], ['24/7.5 가게'], ['가상상점.kr'], ['<b>A</b>']])('may hold %j', (name) => {
    expect(toMessageName(name)).toBe(name);
  });

  it.each([
    '',
    ' ',
    '\n',
    '[]',
    '\u3164\u3164',
    '\u115f\u1160\uffa0',
    '\u2800',
    '\u200b',
    '\u034f',
    '\ufe0f',
    '［］',
  ])('is none when nothing of it is seen, so that the merchant is named: %j', (name) => {
    expect(toMessageName(name)).toBe('');
  });

  it('has 20 characters at most, and none is cut in two', () => {
    expect(toMessageName('가'.repeat(50))).toBe('가'.repeat(20));
    expect(toMessageName('😀'.repeat(50))).toBe('😀'.repeat(20));
    expect(toMessageName(`${'가'.repeat(19)} 나`)).toBe('가'.repeat(19));
    // What is dropped counts for nothing.
    expect(toMessageName(`${'['.repeat(30)}가게`)).toBe('가게');
    expect(toMessageName(`${'\n'.repeat(30)}가게`)).toBe('가게');
  });

  it('counts a mark on a letter as a character, so that not many pile up', () => {
    expect([...toMessageName(`x${'\u0316'.repeat(100)}y`)]).toHaveLength(20);
  });

  it('keeps all that for any text at all, and is the same when it is made again', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
        .map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(text, (name) => {
        const shown = toMessageName(name);
        expect([...shown].length).toBeLessThanOrEqual(20);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}[\]]|:\/\/| {2}|^ | $/u);
        expect(toMessageName(shown)).toBe(shown);
      }),
      { numRuns: 2000 },
    );
  });
});
