import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMasterKeys } from '../../src/config/master-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const [OLD, NEW] = [randomBytes(32), randomBytes(32)];
const line = (id: string, secret = OLD) => `${id} ${secret.toString('base64')}`;

function read(text: string) {
  const file = join(temporaryFolder(), 'master.keys');
  writeFileSync(file, text, { mode: 0o600 });
  return readMasterKeys(file, false).map(({ id, secret }) => [id, Buffer.from(secret).toString('hex')]);
}

describe('a file of master keys', () => {
  it('holds them in their order, with comments and empty lines, as any editor writes it', () => {
    const keys = [
      [1, OLD.toString('hex')],
      [999_999_999, NEW.toString('hex')],
    ];
    const text = ['# old', line('1'), '', line('999999999', NEW), ''].join('\n');
    expect(read(text)).toEqual(keys);
    expect(read(text.replaceAll('\n', '\r\n'))).toEqual(keys);
    expect(read(`\ufeff${text}`)).toEqual(keys);
    expect(read(text.trimEnd())).toEqual(keys);
  });

  it('does not hold two keys with one number, whether they are equal or not', () => {
    for (const second of [OLD, NEW])
      expect(() => read([line('7'), line('8', NEW), line('7', second)].join('\n'))).toThrow(
        /: line 3 holds a second master key with the number 7$/,
      );
  });

  const base64 = OLD.toString('base64');
  const WRONG: Readonly<Record<string, string>> = {
    'the number 0': line('0'),
    'a number that is too large': line('1000000000'),
    'a number that PostgreSQL cannot keep': line('4294967297'),
    'a number with a zero before it': line('01'),
    'a number below 0': line('-1'),
    'no number': base64,
    'a blank at its beginning': ` ${line('1')}`,
    'a blank at its end': `${line('1')} `,
    'two blanks': `1  ${base64}`,
    'a tab': `1\t${base64}`,
    'blanks alone': '  ',
    'a short key': line('1', randomBytes(31)),
    'a long key': line('1', randomBytes(33)),
    'a key in another alphabet': `1 ${Buffer.alloc(32, 0xff).toString('base64url')}=`,
    'a key in hex': `1 ${OLD.toString('hex')}`,
    'a comment behind it': `${line('1')} # first`,
  };
  it.each(Object.entries(WRONG))('has no line with %s, and says which without showing it', (_, wrong) => {
    let said = '';
    try {
      read(['# keys', line('3', NEW), wrong].join('\n'));
    } catch (error) {
      said = error instanceof Error ? error.message : '';
    }
    expect(said).toMatch(
      /master\.keys: line 3 is not a number from 1 to 999999999, a blank, and 32 bytes in base64$/,
    );
    expect(said).not.toContain(OLD.toString('base64').slice(0, 8));
  });

  it('is made with mode 600, in a folder with mode 700, only when it may be', () => {
    const folder = join(temporaryFolder(), 'deep');
    const file = join(folder, 'master.keys');
    expect(() => readMasterKeys(file, false)).toThrow(/is missing; without it/);
    const keys = readMasterKeys(file, true);
    expect(keys).toEqual(readMasterKeys(file, false));
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });
});
