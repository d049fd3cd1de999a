import { describe, expect, it } from 'vitest';
import { readAnswer } from './answers.ts';

const UTF8 = { answer_charset: 'UTF-8', percent_decode_answers: false } as const;
const EUCKR = { ...UTF8, answer_charset: 'EUC-KR' } as const;
const read = (body: string | Buffer, how: Parameters<typeof readAnswer>[1] = UTF8) =>
  Object.fromEntries(readAnswer(Buffer.from(body), how));
const unreadable = expect.objectContaining({ code: 'unreadable_answer' }) as Error;
/** 홍칭홍 in CP949, which is valid UTF-8 too. */
const AMBIGUOUS = Buffer.from('4e3dc8abc4aac8ab', 'hex');

describe('an answer', () => {
  it('is split at & and then at the first =, and nothing else is decoded', () => {
    expect(read('CI=a+b/c==&A=%41+b c&B=')).toEqual({ CI: 'a+b/c==', A: '%41+b c', B: '' });
  });

  it('loses line ends and blanks at both ends only', () => {
    expect(read('\r\n \tA=1&B= 2 \r\n')).toEqual({ A: '1', B: ' 2' });
  });

  it.each(['', ' \n', 'A', 'A=1&', '&A=1', 'A=1&&B=2', 'A=1&B', '=1', 'A=1&A=1', 'A=1&B=2&A='])(
    'cannot be read as %j',
    (body) => {
      expect(() => read(body)).toThrow(unreadable);
    },
  );

  it('is read in the character set of the settings, and in the other one only where that does not fit', () => {
    expect(read(AMBIGUOUS, EUCKR)).toEqual({ N: '홍칭홍' });
    expect(read(AMBIGUOUS, UTF8)).toEqual({ N: 'ȫĪȫ' });
    expect(read(Buffer.from('4e3dc8ab94eeb5bf', 'hex'), UTF8)).toEqual({ N: '홍뷁동' });
    expect(read(Buffer.from('4e3deab080', 'hex'), EUCKR)).toEqual({ N: '가' });
    expect(() => read(Buffer.from('4e3dff', 'hex'))).toThrow(unreadable);
    expect(() => read(Buffer.from('4e3dff', 'hex'), EUCKR)).toThrow(unreadable);
  });

  it('is read in one character set as a whole', () => {
    const mixed = Buffer.concat([AMBIGUOUS, Buffer.from('264d3dc8ab94eeb5bf', 'hex')]);
    expect(read(mixed, UTF8)).toEqual({ N: '홍칭홍', M: '홍뷁동' });
  });

  it('is freed of %XX after it was split, for an account whose answers have them', () => {
    const how = { ...UTF8, percent_decode_answers: true };
    expect(read('CI=a%2Bb%3d%26c+d&P=100%&N=%ED%99%8D', how)).toEqual({ CI: 'a+b=&c+d', P: '100%', N: '홍' });
    expect(() => read('A=1&%41=2', how)).toThrow(unreadable);
  });
});
