import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SAMPLE_PAIR } from '../../src/config/sample-pair.ts';
import { DEFAULT_SEED } from '../../src/server/dev.ts';
import { Client } from '../support/client.ts';
import { newSite } from '../support/production.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('merchants new writes a file with new secrets, which serve takes as it is', async () => {
  const site = newSite();
  const cwd = temporaryFolder();
  const made = await runBonin(['merchants', 'new'], { cwd });
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(cwd)).toEqual(['merchants.json']);
  const file = join(cwd, 'merchants.json');
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  const [merchant] = JSON.parse(readFileSync(file, 'utf8')).merchants;
  expect(merchant.imp_secret).toMatch(/^[0-9a-f]{80}$/);
  expect(made.stdout).not.toContain(merchant.imp_secret);

  expect(await runBonin(['merchants', file, ...site.words])).toMatchObject({ code: 0 });
  const bonin = await startBonin(site.words, { command: 'serve' });
  const client = new Client(bonin.url);
  expect((await client.token(merchant.imp_key, merchant.imp_secret)).token).toMatch(/^[0-9a-f]{40}$/);
  client.close();
  await bonin.stop();
});

test('a file that is there stays as it is, and another one has other secrets', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'a.json'), 'mine');
  const refused = await runBonin(['merchants', 'new', 'a.json'], { cwd });
  expect(refused).toEqual({
    code: 1,
    signal: null,
    stdout: '',
    stderr: 'bonin: a.json: is there already, and stays as it is; name another file\n',
  });
  expect(readFileSync(join(cwd, 'a.json'), 'utf8')).toBe('mine');
  for (const name of ['b.json', 'c.json']) await runBonin(['merchants', 'new', name], { cwd });
  const secrets = ['b.json', 'c.json'].map(
    (name) => /"imp_secret": "(.*)"/.exec(readFileSync(join(cwd, name), 'utf8'))?.[1],
  );
  expect(new Set(secrets).size).toBe(2);
  expect(await runBonin(['merchants', 'new', 'no/such/folder.json'], { cwd })).toMatchObject({
    code: 1,
    stderr: 'bonin: no/such/folder.json: does not exist\n',
  });
});

test('token and lookup ask a server of this machine with the sample pair, and say so when it is refused', async () => {
  const [merchant] = DEFAULT_SEED.merchants;
  expect(merchant).toMatchObject({ imp_key: SAMPLE_PAIR.impKey, imp_secret: SAMPLE_PAIR.impSecret });
  const sandbox = await startBonin(['--memory']);
  const lookup = await runBonin(['lookup', 'imp_000000000001', '--url', sandbox.url]);
  expect(lookup).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(lookup.stdout)).toMatchObject({ imp_uid: 'imp_000000000001', certified: true });
  await sandbox.stop();

  const serving = await startBonin(newSite().words, { command: 'serve' });
  const refused = await runBonin(['token', '--url', serving.url.replace('127.0.0.1', 'localhost')]);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /this was the sample pair of the sandbox; BONIN_IMP_KEY and BONIN_IMP_SECRET/,
  );
  await serving.stop();
});
