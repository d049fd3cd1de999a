import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMasterKeys } from '../../src/config/master-keys.ts';
import { DEFAULT_SEED, readSeed } from '../../src/server/dev.ts';
import { MERCHANTS } from '../support/production.ts';
import { runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What every file of people may hold in the place of a value: it must be shown nowhere. */
const SECRET = 'SecretInTheWrongPlace/7531';

interface Kind {
  readonly name: string;
  readonly right: string;
  /** Reads the file, as the command does that it is for. */
  readonly read: (file: string) => Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** What it says of a file that is right. */
  readonly accepted: RegExp;
}

const json = (value: unknown) => JSON.stringify(value, null, 2);
const KINDS: readonly Kind[] = [
  {
    name: 'merchants.json',
    right: json({ merchants: MERCHANTS }),
    read: (file) => runBonin(['merchants', file, '--data', temporaryFolder()]),
    accepted: /imp10000001/,
  },
  {
    name: 'people.json',
    right: json(DEFAULT_SEED),
    read: (file) =>
      readSeed(file).then(
        () => ({ code: 0, stdout: 'it is read', stderr: '' }),
        (error: Error) => ({ code: 1, stdout: '', stderr: error.message }),
      ),
    accepted: /it is read/,
  },
];

describe.each(KINDS)('$name', ({ name, right, read, accepted }) => {
  async function say(make: (file: string) => void): Promise<string> {
    const file = join(temporaryFolder(), name);
    make(file);
    const { stdout, stderr } = await read(file);
    expect(stdout + stderr).not.toContain(SECRET);
    return `${stdout}${stderr}`.trim();
  }
  const write = (content: string | Uint8Array) => (file: string) => {
    writeFileSync(file, content, { mode: 0o600 });
  };

  test('may have a byte order mark and lines that end as on Windows', async () => {
    for (const text of [
      right,
      `\ufeff${right}`,
      `\ufeff${right.replaceAll('\n', '\r\n')}`,
      `${right}\r\n\r\n`,
    ])
      expect(await say(write(text))).toMatch(accepted);
  });

  const firstLine = right.indexOf('\n') + 1;
  test.for<[what: string, make: (file: string) => void, says: RegExp]>([
    ['a folder', (file) => mkdirSync(file), /: is a folder$/],
    ['nothing', () => {}, /: does not exist$/],
    [
      'a file below a file',
      (file) => writeFileSync(file, right, { mode: 0o600 }),
      /\/x: does not exist: something on the way/,
    ],
    ['an empty file', write(''), /: is empty$/],
    ['blanks only', write('\ufeff \r\n\t'), /: is empty$/],
    [
      'UTF-16 with its mark',
      write(Buffer.from(`\ufeff${right}`, 'utf16le')),
      /: is UTF-16; save it as UTF-8$/,
    ],
    ['UTF-16 without', write(Buffer.from(right, 'utf16le')), /: is UTF-16; save it as UTF-8$/],
    [
      'UTF-16 the other way round',
      write(Buffer.from(`\ufeff${right}`, 'utf16le').swap16()),
      /: is UTF-16; save it as UTF-8$/,
    ],
    [
      'EUC-KR',
      write(Buffer.concat([Buffer.from(right.slice(0, firstLine)), Buffer.from([0xb0, 0xa1, 0xb3, 0xaa])])),
      /: is not UTF-8, as line 2 shows; save it as UTF-8$/,
    ],
    [
      'a comma too many',
      write(right.replace(/\n\}\s*$/, ',\n}')),
      new RegExp(
        `: line ${right.split('\n').length}, column 1: a comma too many before }; the comma stands in line \\d+$`,
      ),
    ],
    [
      'a comma too few',
      write(`{"a": "${SECRET}"\r\n"b": 1}`),
      /: line 2, column 1: a comma or } is missing$/,
    ],
    [
      'a name twice',
      write(`{\n"merchants": [],\n"merchants": ["${SECRET}"]}`),
      /: line 3, column 1: the name "merchants" is there twice, first in line 2$/,
    ],
    [
      'a secret that is a name twice',
      write(`{"${SECRET}":1,"${SECRET}":2}`),
      /: line 1, column 33: a name is there twice, first in line 1$/,
    ],
    [
      'a text that does not end',
      write(`{"imp_secret": "${SECRET}\n}`),
      /: line 1, column 16: a text does not end in its line/,
    ],
    [
      'a word',
      write(`{"imp_secret": ${SECRET.replace('/', '')}}`),
      /: line 1, column 16: a word that is not true, false or null/,
    ],
    ['a comment', write('{\n  // the first shop\n}'), /: line 2, column 3: a comment; JSON has none$/],
    ['a list', write('[]'), /: the file must be an object$/],
    ['a text', write(`"${SECRET}"`), /: the file must be an object$/],
    [
      'a misspelt member',
      write(right.replace('"merchants"', '"mercants"')),
      /mercants is not known here .*did you mean merchants\?/,
    ],
  ])('is told from %s', async ([what, make, says]) => {
    const below = what === 'a file below a file';
    const file = join(temporaryFolder(), name);
    make(file);
    const { stdout, stderr, code } = await read(below ? join(file, 'x') : file);
    expect(code).not.toBe(0);
    const said = `${stdout}${stderr}`.trim();
    expect(said).toMatch(says);
    expect(said).toContain(file);
    expect(said).not.toContain(SECRET.slice(0, 10));
  });
});

test('nothing on standard input is told as an empty file is', async () => {
  const { stderr } = await runBonin(['merchants', '-', '--data', temporaryFolder()]);
  expect(stderr).toBe('bonin: standard input: is empty\n');
});

describe('a file of master keys', () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  const right = `# old\n1 ${key}\n`;
  const read = (content: string | Uint8Array) => {
    const file = join(temporaryFolder(), 'master.keys');
    writeFileSync(file, content, { mode: 0o600 });
    return readMasterKeys(file, false);
  };

  test('may have a byte order mark and lines that end as on Windows', () => {
    for (const text of [
      right,
      `\ufeff${right}`,
      right.replaceAll('\n', '\r\n'),
      `\ufeff${right}`.replaceAll('\n', '\r\n'),
    ])
      expect(read(text)).toEqual([{ id: 1, secret: Buffer.alloc(32, 7) }]);
  });

  test.for<[what: string, content: string | Uint8Array, says: RegExp]>([
    ['an empty file', '', /: is empty$/],
    ['blanks', '\r\n \n', /: is empty$/],
    ['comments only', '# nothing\n', /: holds no master key$/],
    ['UTF-16', Buffer.from(`\ufeff${right}`, 'utf16le'), /: is UTF-16; save it as UTF-8$/],
    ['bytes', Buffer.from([0x23, 0x0a, 0xff, 0xfe]), /: is not UTF-8, as line 2 shows; save it as UTF-8$/],
    [
      'a slip',
      `# a\r\n1 ${key.slice(1)}\r\n`,
      /: line 2 is not a number from 1 to 999999999, a blank, and 32 bytes in base64$/,
    ],
    ['a number twice', `1 ${key}\n\n1 ${key}`, /: line 3 holds a second master key with the number 1$/],
  ])('is told from %s', ([, content, says]) => {
    expect(() => read(content)).toThrow(says);
    expect(() => read(content)).not.toThrow(key.slice(1, 20));
  });

  test('is told from a folder, and from nothing', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'master.keys'));
    expect(() => readMasterKeys(join(folder, 'master.keys'), false)).toThrow(/: is a folder$/);
    expect(() => readMasterKeys(join(folder, 'none'), false)).toThrow(/: is missing; without it/);
  });
});
