import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createDevApp, DEFAULT_SEED, readSeed, type Seed } from '../../src/server/dev.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const [FIRST] = DEFAULT_SEED.certifications;

async function read(content: unknown): Promise<unknown> {
  const file = join(temporaryFolder(), 'people.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readSeed(file);
}
const withFirst = (more: object) => ({ ...DEFAULT_SEED, certifications: [{ ...FIRST, ...more }] });
const refused = async (content: unknown, says: RegExp | string, what?: string) =>
  expect(read(content), what).rejects.toThrow(says);

describe('a people file', () => {
  it('may be the one that comes along, with a byte order mark too', async () => {
    expect(await read(DEFAULT_SEED)).toEqual(DEFAULT_SEED);
    expect(await read(`\ufeff${JSON.stringify(DEFAULT_SEED, null, 2).replaceAll('\n', '\r\n')}`)).toEqual(
      DEFAULT_SEED,
    );
  });

  it('has known members only', async () => {
    await refused(
      { ...DEFAULT_SEED, certification: [] },
      /people\.json: certification is not known here \(known: merchants, certifications\); did you mean certifications\?$/,
    );
    await refused(
      withFirst({ birth: '1990-01-31' }),
      /: certifications\[0\]\.birth is not known here \(known: .*\); did you mean birthday\?$/,
    );
    const merchants = [{ ...DEFAULT_SEED.merchants[0], impkey: 'x' }];
    await refused(
      { merchants, certifications: [] },
      /: merchants\[0\]\.impkey is not known here .* did you mean imp_key\?$/,
    );
  });

  it('has objects where objects are due, and lists where lists are', async () => {
    await refused([], /: the file must be an object$/);
    await refused({ ...DEFAULT_SEED, certifications: {} }, /: certifications must be a list$/);
    await refused({ ...DEFAULT_SEED, certifications: [[]] }, /: certifications\[0\] must be an object$/);
    await refused(withFirst({ certified: 'yes' }), /: certifications\[0\]\.certified must be true or false$/);
    await refused({ merchants: [[]], certifications: [] }, /: merchants\[0\] must be an object$/);
    await refused({ merchants: [], certifications: [] }, /: merchants must not be empty$/);
    await refused({ certifications: [] }, /: merchants must be a list \(it is missing\)$/);
    const { id: _, ...nameless } = DEFAULT_SEED.merchants[0] ?? {};
    await refused(
      { merchants: [nameless], certifications: [] },
      /: merchants\[0\]\.id must be a text .* \(it is missing\)$/,
    );
  });

  it('holds no control character and no half of a character, of nobody either', async () => {
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
          await refused(
            withFirst({ certified, [name]: bad }),
            new RegExp(`certifications\\[0\\]\\.${name} must `),
            `${name} ${JSON.stringify(bad)}`,
          );
  });

  it('says of a certification no other merchant than that of its channel', async () => {
    await refused(
      withFirst({ merchant: 'B' }),
      /certifications\[0\]\.merchant must be the id of the merchant of its channel, or null$/,
    );
    expect(await read(withFirst({ merchant: null }))).toBeDefined();
  });

  it('says who somebody is in one way', async () => {
    const ci = `SANDBOX/${'A'.repeat(78)}==`;
    await refused(withFirst({ unique_key: ci.slice(0, 60) }), /\.unique_key must be a CI of a sandbox: 88 /);
    await refused(
      withFirst({ unique_key: `X${ci.slice(1)}` }),
      /\.unique_key must be a CI of a sandbox: 88 /,
    );
    await refused(withFirst({ unique_key: ci, person: 'a' }), /\.person must not stand beside unique_key/);
    await refused(withFirst({ person: '' }), /\.person must be a label of 1 to 100 characters, or null$/);
    expect(await read(withFirst({ unique_key: ci }))).toBeDefined();
    expect(await read(withFirst({ person: '길동' }))).toBeDefined();
  });

  it('is checked as strictly when it comes from a program', async () => {
    const seed = withFirst({ birth: '1990-01-31' }) as unknown as Seed;
    const app = createDevApp({
      databaseUrl: 'sqlite::memory:',
      masterKeys: [newMasterKey()],
      log: createLog('silent'),
      seed,
    });
    await expect(app).rejects.toThrow(/^the seed: certifications\[0\]\.birth is not known here/);
  });
});
