import { describe, expect, it } from 'vitest';
import { readCode, toLogText } from './agency-text.ts';

describe('a code of an agency', () => {
  it.each(['0000', 'CS12', 'a_b-C', 'A'.repeat(16)])('may be shown as %s', (code) => {
    expect(readCode(code)).toEqual({ providerCode: code });
  });

  it.each(['', 'A'.repeat(17), '<b>', 'CS 12', '코드', 'CS12\n', '-1.5'])('may not be %j', (code) => {
    expect(readCode(code)).toEqual({});
  });
});

describe('a message of an agency in the log', () => {
  it.each([
    ['사이트코드 오류', '사이트코드 오류'],
    ['%EC%98%A4%EB%A5%98+code', '오류 code'],
    ['100% wrong', '100% wrong'],
    ['a\nb\r\u0000c\u2028d\u202ee', 'abcde'],
    ['%0Aforged', 'forged'],
    ['phone 01012345678, born 900131', 'phone *, born *'],
    ['12345', '12345'],
    ['key AbCdEfGhIjKlMnOpQrStUv==', 'key *'],
    ['https://id.example/page/back/AbCdEfGhIjKlMnOpQrStUv', 'https://id.*'],
  ])('%j is %j', (message, text) => {
    expect(toLogText(message)).toBe(text);
  });

  it('is short', () => {
    expect(toLogText('가 '.repeat(1000))).toHaveLength(200);
  });
});
