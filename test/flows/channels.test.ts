import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { A, B, bringMerchants, newSite, type Site } from '../support/production.ts';
import { runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* `bonin channels`. With an adapter that asks its agency, see test/docs/adapter.test.ts. */

const CHANNEL = { channel_key: 'channel-new', pg_provider: 'inicis', pg_id: 'P9' };
/** A process for each command, and each of them takes a while. */
const MANY_RUNS = { timeout: 180_000 };
const SECRET = 'a secret of an agency';

const channels = (site: Site, ...words: readonly string[]) =>
  runBonin(['channels', ...words, ...site.words], { env: site.env });

function write(content: object): string {
  const file = join(temporaryFolder(), 'channel.json');
  writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
  return file;
}

test('channels are added to a merchant, listed, shown and removed, one at a time', MANY_RUNS, async () => {
  const site = newSite();
  await bringMerchants(site, { merchants: [A, B] });
  expect(await channels(site, 'add', A.user_code, write(CHANNEL))).toMatchObject({
    code: 0,
    stdout: 'channel-new is added\n',
  });
  const renamed = { ...CHANNEL, pg_id: 'P10', min_age: 14 };
  expect((await channels(site, 'add', A.user_code, write(renamed))).stdout).toBe(
    'channel-new is up to date\n',
  );
  const line = '  channel-new  inicis  inicis  (it certifies nobody: no such provider here)\n';
  for (const words of [[], ['list']]) expect((await channels(site, ...words)).stdout).toContain(line);
  const shown = await channels(site, 'show', 'channel-new');
  expect(shown.stdout).toMatch(/^merchant +imp\d{8} /m);
  expect(shown.stdout).toMatch(/^pg_id +P10$/m);
  expect(shown.stdout).toMatch(/^min_age +14$/m);
  expect(shown.stdout).toMatch(/^settings +none$/m);
  expect(await channels(site, 'test', 'channel-new')).toMatchObject({
    code: 1,
    stderr: 'bonin: channel channel-new: it certifies nobody: no such provider here\n',
  });
  expect((await channels(site, 'remove', 'channel-new')).code).toBe(0);
  expect((await channels(site)).stdout).toContain(
    'channel-new  removed  inicis  (it certifies nobody: it was removed)',
  );
  expect((await channels(site, 'remove', 'channel-new')).code).toBe(3);
  expect((await channels(site, 'add', A.user_code, write(CHANNEL))).code).toBe(0);
});

test(
  'a channel with a mistake, of somebody else or of nobody changes nothing and quotes nothing',
  MANY_RUNS,
  async () => {
    const site = newSite();
    await bringMerchants(site, { merchants: [A, B] });
    const before = (await channels(site)).stdout;
    const wrong = { ...CHANNEL, adapter: 'nobody', settings: { key: SECRET } };
    const [taken = { channel_key: '' }] = B.channels;
    for (const [words, code, sentence] of [
      [['add', A.user_code, write(wrong)], 1, 'channel channel-new: there is no adapter nobody here'],
      [['add', A.user_code, write({ ...CHANNEL, kye: SECRET })], 1, 'kye'],
      [['add', A.user_code, write({ ...CHANNEL, ...taken })], 1, 'channel_key belongs to another merchant'],
      [['add', 'imp99999999', write(CHANNEL)], 3, 'there is no merchant "imp99999999"'],
      [['show', 'channel-none'], 3, 'there is no channel "channel-none"'],
      [['add', A.user_code], 2, 'channels add takes USER_CODE and FILE'],
      [['erase', 'x'], 2, 'channels takes list, add, show, test, remove, not "erase"'],
    ] as const) {
      const run = await channels(site, ...words);
      expect(run.stderr).toContain(sentence);
      expect(run.stderr + run.stdout).not.toContain(SECRET);
      expect(run.code).toBe(code);
    }
    expect((await channels(site)).stdout).toBe(before);
  },
);
