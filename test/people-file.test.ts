import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SEED, readSeed } from '../src/dev.ts';
import { temporaryFolder } from './server/temporary-folder.ts';

const [FIRST] = DEFAULT_SEED.certifications;

function read(content: unknown): unknown {
  const file = join(temporaryFolder(), 'people.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readSeed(file);
}
const withFirst = (more: object) => ({ ...DEFAULT_SEED, certifications: [{ ...FIRST, ...more }] });

describe('a people file', () => {
  it('may be the one that comes along, with a byte order mark too', () => {
    expect(read(DEFAULT_SEED)).toEqual(DEFAULT_SEED);
    expect(read(`\ufeff${JSON.stringify(DEFAULT_SEED, null, 2).replaceAll('\n', '\r\n')}`)).toEqual(
      DEFAULT_SEED,
    );
  });

  it('has known members only', () => {
    expect(() => read({ ...DEFAULT_SEED, certification: [] })).toThrow(
      /people\.json: certification is not known here; the nearest known name is certifications$/,
    );
    expect(() => read(withFirst({ birth: '1990-01-31' }))).toThrow(
      /: certifications\[0\]\.birth is not known here; the nearest known name is birthday$/,
    );
    const merchants = [{ ...DEFAULT_SEED.merchants[0], impkey: 'x' }];
    expect(() => read({ merchants, certifications: [] })).toThrow(
      /: merchants\[0\]\.impkey is not known here; the nearest known name is imp_key$/,
    );
  });

  it('holds no control character and no half of a character, of nobody either', () => {
    for (const certified of [true, false])
      for (const name of [
        'imp_uid',
        'merchant_uid',
        'origin',
        'merchant',
        'channel',
        'name',
        'phone',
        'carrier',
      ])
        for (const bad of ['a\nb', 'a\u0000', '\ud800', 'a\udc00'])
          expect(() => read(withFirst({ certified, [name]: bad })), `${name} ${JSON.stringify(bad)}`).toThrow(
            new RegExp(`certifications\\[0\\]\\.${name} must `),
          );
  });

  it('says of a certification no other merchant than that of its channel', () => {
    expect(() => read(withFirst({ merchant: 'B' }))).toThrow(
      /certifications\[0\]\.merchant must be the id of the merchant of its channel, or null$/,
    );
    expect(read(withFirst({ merchant: null }))).toBeDefined();
  });
});
