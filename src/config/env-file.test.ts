import { describe, expect, it } from 'vitest';
import { parseEnvText } from './env-file.ts';

const read = (text: string) => Object.fromEntries(parseEnvText(text).values);

describe('a file .env', () => {
  it.each([
    ['BONIN_PORT=1', '1'],
    ['  BONIN_PORT = 1  ', '1'],
    ['export BONIN_PORT=1', '1'],
    ['BONIN_PORT=1 # a comment', '1'],
    ['BONIN_PORT=a#b', 'a#b'],
    ['BONIN_PORT=', ''],
    ['BONIN_PORT=# a comment', ''],
    ['BONIN_PORT="1"', '1'],
    ["BONIN_PORT='1' # a comment", '1'],
    ['BONIN_PORT=`1`', '1'],
    ['BONIN_PORT="a # b"', 'a # b'],
    ['BONIN_PORT="a\\nb\\"c"', 'a\nb"c'],
    ["BONIN_PORT='a\\nb'", 'a\\nb'],
    ['BONIN_PORT="a\nb"', 'a\nb'],
    ['BONIN_PORT=1\r\n', '1'],
    ['BONIN_PORT=1\nBONIN_PORT=2', '2'],
    ['BONIN_PORT=$HOME', '$HOME'],
  ])('%j', (text, value) => {
    expect(read(text)).toEqual({ BONIN_PORT: value });
    expect(parseEnvText(text).faults).toEqual([]);
  });

  it('keeps only names of Bonin', () => {
    expect(read('DATABASE_URL=x\n#BONIN_HOST=y\nBONIN_SEED=z\nNOT_BONIN_PORT=1')).toEqual({
      BONIN_SEED: 'z',
    });
  });

  it('names lines that it cannot read by their numbers, without their text', () => {
    const text =
      'KEY="-----BEGIN\nSECRET\n-----END"\nSecret-1\nBONIN_PORT 1\nBONIN_SEED="Secret-2\nBONIN_DATA=x';
    const { values, faults } = parseEnvText(text);
    expect(Object.fromEntries(values)).toEqual({ BONIN_DATA: 'x' });
    expect(faults).toEqual([
      { line: 4, kind: 'malformed', isOurs: false },
      { line: 5, kind: 'malformed', isOurs: true },
      { line: 6, kind: 'unclosed', isOurs: true },
    ]);
  });

  it('refuses words behind a closing mark', () => {
    expect(parseEnvText('BONIN_SEED="a" b')).toEqual({
      values: new Map(),
      faults: [{ line: 1, kind: 'malformed', isOurs: true }],
    });
  });
});
