import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createFile } from '../../src/files/new-file.ts';
import { markDatabase, openStore } from '../../src/storage/index.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { snapshot } from '../support/damage.ts';
import { bringMerchants, MERCHANTS, newSite, type Site } from '../support/production.ts';
import { runHere } from '../support/run-here.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { id: string; state: string; detail: string; mend: string | null }[];
}

/** The findings of `doctor` that are not simply good, as `id state detail`. */
async function findingsOf(
  site: Pick<Site, 'words' | 'env'>,
  more: readonly string[] = [],
  code = 0,
): Promise<readonly string[]> {
  const { stdout, stderr, ...ended } = await runHere(['doctor', '--json', ...site.words, ...more], site.env);
  expect({ ...ended, stderr }).toEqual({ code, stderr: '' });
  const { ok, checks } = JSON.parse(stdout) as Report;
  expect(ok).toBe(code === 0);
  for (const { state, mend } of checks)
    expect(mend !== null, state).toBe(state === 'failed' || state === 'warning');
  return checks
    .filter(({ state }) => state !== 'ok')
    .map(({ id, state, detail }) => `${id} ${state} ${detail}`);
}

const UNFINISHED =
  'channels warning channels that are not ready certify nobody: serve-danal (danal): it needs an adapter and its settings; for danal there is danal; serve-kcp (kcp_v2): it needs an adapter and its settings; for kcp_v2 there is kcp-v2';
const skipped = (needs: string, ...ids: readonly string[]) =>
  ids.map((id) => `${id} skipped not checked, because it needs: ${needs}`);

async function filledSite(url?: string): Promise<Site> {
  const site = newSite(url);
  expect((await bringMerchants(site, { merchants: MERCHANTS })).code).toBe(0);
  return site;
}

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

describe.each(['SQLite', 'PostgreSQL'])('doctor on %s', (engine) => {
  const urlOf = async () => (engine === 'SQLite' ? undefined : server.newDatabase());

  test('finds nothing wrong before the first start, and makes nothing', async () => {
    const site = newSite(await urlOf());
    expect(await findingsOf(site)).toEqual([]);
    expect(existsSync(site.keyFile)).toBe(false);
    expect(await findingsOf(site)).toEqual([]);
  });

  test('names channels that certify nobody, and changes nothing', async () => {
    const site = await filledSite(await urlOf());
    const folder = site.words[1] ?? '';
    const before = snapshot(folder);
    expect(await findingsOf(site)).toEqual([UNFINISHED]);
    expect(snapshot(folder)).toEqual(before);
  });

  test('says that the keys are those of another database', async () => {
    const site = await filledSite(await urlOf());
    rmSync(site.keyFile);
    const another = `1 ${Buffer.from(newMasterKey().secret).toString('base64')}\n`;
    createFile(site.keyFile, another, 0o600, { secret: true });
    const [found = '', ...rest] = await findingsOf(site, [], 1);
    expect(found).toMatch(
      /^database failed \S+: was sealed with a master key that is not among the keys given$/,
    );
    expect(rest).toEqual([...skipped('database', 'clock', 'channels')]);
  });
});

test('every problem is reported at once, each with its way to mend it, and the start is refused by the same', async () => {
  const site = await filledSite();
  chmodSync(site.keyFile, 0o644);
  const more = ['--public-url', 'http://id.example.com'];
  const keys = `${site.keyFile}: may be read by others; run chmod 600 on it`;
  expect(await findingsOf(site, more, 1)).toEqual([
    `keys failed ${keys}`,
    ...skipped('keys', 'database'),
    ...skipped('database', 'clock'),
    'public-url warning the public URL is plain HTTP: what people type can be read on the way',
    ...skipped('database', 'channels'),
  ]);
  const text = await runHere(['doctor', ...site.words, ...more], { LC_ALL: 'ko_KR.UTF-8' });
  expect(text).toMatchObject({ code: 1, stderr: '' });
  expect(text.stdout).toContain(`  실패    마스터 키 파일: ${site.keyFile}: may be read by others;`);
  expect(text.stdout).toMatch(/\n {10}해결 방법: 이 데이터베이스의 마스터 키 파일을 사본에서 되돌리고/);
  expect(text.stdout).toMatch(/\n실패 1, 주의 1, 건너뜀 3, 정상 5\n$/);
  expect(await runHere(['serve', '--port', '0', ...site.words, ...more])).toEqual({
    code: 1,
    stdout: '',
    stderr: `bonin: ${keys}\n`,
  });
});

test('wrong settings are a finding, and what needs them is left out', async () => {
  const password = 'Geheim-1';
  const site = { words: ['--port', 'x'], env: { BONIN_DATABASE_URL: `mysql://a:${password}@b/c` } };
  const [settings = '', ...rest] = await findingsOf(site, [], 1);
  expect(settings).toMatch(/^settings failed --port must be [^;]+; BONIN_DATABASE_URL must be /);
  expect(settings).not.toContain(password);
  expect(rest).toEqual([
    ...skipped('settings', 'folder'),
    ...skipped('settings, folder', 'keys'),
    ...skipped('settings, folder, keys', 'database'),
    ...skipped('settings', 'database-tls'),
    ...skipped('database', 'clock'),
    ...skipped('settings', 'public-url', 'tls'),
    ...skipped('database', 'channels'),
  ]);
});

test('folders that others may change, and a missing key beside a database, are found', async () => {
  const open = temporaryFolder();
  chmodSync(open, 0o777);
  const [folder = ''] = await findingsOf({ words: ['--data', open], env: {} }, [], 1);
  expect(folder).toBe(`folder failed ${open}: may be changed by others; run chmod go-w on it`);
  const site = await filledSite();
  rmSync(site.keyFile);
  const [keys = ''] = await findingsOf(site, [], 1);
  expect(keys).toBe(
    `keys failed ${site.keyFile}: is missing; without it the database beside it cannot be opened`,
  );
  expect(existsSync(site.keyFile)).toBe(false);
});

test('a database that does not answer, or is not encrypted on the way, is found, without its password', async () => {
  const password = 'Geheim-1';
  const env = (url: string) => ({ ...newSite(), env: { BONIN_DATABASE_URL: url } });
  const found = await findingsOf(env(`postgres://a:${password}@127.0.0.1:1/bonin?sslmode=require`), [], 1);
  expect(found).toEqual([
    'database failed 127.0.0.1:1/bonin: no database server listens there',
    ...skipped('database', 'clock', 'channels'),
  ]);
  const away = await findingsOf(env(`postgres://a:${password}@db.invalid/bonin?sslmode=require`), [], 1);
  expect(away).toContain('database-tls warning the server’s certificate is not checked (sslmode=require)');
  expect([...found, ...away].join()).not.toContain(password);
});

test('a clock that is behind the database is found', async () => {
  const site = newSite();
  const key = newMasterKey();
  createFile(site.keyFile, `1 ${Buffer.from(key.secret).toString('base64')}\n`, 0o600, { secret: true });
  const tomorrow = { now: () => Date.now() + 86_400_000 };
  await (await openStore(site.databaseUrl, markDatabase([key], 'serve', undefined, tomorrow))).close();
  const [clock = ''] = await findingsOf(site, [], 1);
  expect(clock).toMatch(/^clock failed is earlier than the moment at which the database was made \(\d{4}-/);
});

test('the certificate at the public address is checked as browsers do', async () => {
  const data = temporaryFolder();
  const behind = await startBonin(['--tls', '--data', data]);
  const words = ['--public-url', `https://localhost:${behind.port}`, '--trusted-proxies', '127.0.0.1'];
  const site = newSite();
  const [untrusted = '', ...rest] = await findingsOf(site, words, 1);
  expect(untrusted).toMatch(
    /^tls failed localhost:\d+: browsers do not accept the certificate \(UNABLE_TO_[A-Z_]+\)$/,
  );
  expect(rest).toEqual([]);
  const env = { NODE_EXTRA_CA_CERTS: join(data, 'authority.crt') };
  const trusted = await runBonin(['doctor', '--json', ...site.words, ...words], { env });
  expect(trusted).toMatchObject({ code: 0, stderr: '' });
  const { checks } = JSON.parse(trusted.stdout) as Report;
  expect(checks.find(({ id }) => id === 'tls')?.detail).toMatch(
    /^localhost:\d+: the certificate is valid until \d{4}-/,
  );
  await behind.stop();

  const closed = createServer();
  const port = await new Promise<number>((resolve) => {
    closed.listen(0, '127.0.0.1', () => {
      const address = closed.address();
      closed.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
  const [unreachable] = await findingsOf(site, [
    '--public-url',
    `https://127.0.0.1:${port}`,
    '--trusted-proxies',
    '::1',
  ]);
  expect(unreachable).toBe(`tls warning 127.0.0.1:${port}: cannot be reached from here (ECONNREFUSED)`);
});
