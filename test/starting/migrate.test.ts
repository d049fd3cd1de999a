import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client } from '../support/client.ts';
import { A, bringMerchants, MERCHANTS, newSite, type Site } from '../support/production.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CREATED = 'The database was created, with schema 1.\n';
const UP_TO_DATE = 'The database is up to date, with schema 1.\n';
const PASSWORD = 'Geheim-1';
const AT_ONCE = 6;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

async function newPostgresSite(): Promise<Site> {
  const url = new URL(await server.newDatabase());
  url.password = PASSWORD;
  return newSite(url.href);
}

const ENGINES = { SQLite: async () => newSite(), PostgreSQL: newPostgresSite };

const makeKey = ({ keyFile }: Site) =>
  writeFileSync(keyFile, `1 ${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
const migrate = ({ words, env }: Site) => runBonin(['migrate', ...words], { env });
const health = (port: number | string) => runBonin(['health', '--port', String(port)]);

describe.each(Object.entries(ENGINES))('migrate on %s', (_engine, makeSite) => {
  test('creates a database once, and serve and health go on from there', async () => {
    const site = await makeSite();
    makeKey(site);
    expect(await migrate(site)).toMatchObject({ code: 0, stdout: CREATED, stderr: '' });
    expect(await migrate(site)).toMatchObject({ code: 0, stdout: UP_TO_DATE, stderr: '' });
    const bonin = await startBonin(site.words, { env: site.env, command: 'serve' });
    expect(await health(bonin.port)).toMatchObject({ code: 0, stdout: 'ready\n', stderr: '' });
    expect(await migrate(site)).toMatchObject({ code: 0, stdout: UP_TO_DATE });
    await bonin.stop();
    expect(await health(bonin.port)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `bonin: http://127.0.0.1:${bonin.port}/readyz does not answer\n`,
    });
  });

  test('run by several at once, creates it once', async () => {
    const site = await makeSite();
    makeKey(site);
    const runs = await Promise.all(Array.from({ length: AT_ONCE }, () => migrate(site)));
    expect(runs.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(runs.map(() => '0'));
    expect(runs.map(({ stdout }) => stdout).toSorted()).toEqual([
      ...Array.from({ length: AT_ONCE - 1 }, () => UP_TO_DATE),
      CREATED,
    ]);
  });

  test('refuses a database of the sandbox', async () => {
    const site = await makeSite();
    const bonin = await startBonin(site.words, { env: site.env });
    await bonin.stop();
    const { code, stdout, stderr } = await migrate(site);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('belongs to the mode dev and is never opened by serve');
    expect(stderr).not.toContain(PASSWORD);
  });
});

test('with SQLite it makes the master key of a new database', async () => {
  const site = newSite();
  const { code, stderr } = await migrate(site);
  expect({ code, made: existsSync(site.keyFile) }).toEqual({ code: 0, made: true });
  expect(stderr).toContain(`made the master key ${site.keyFile}`);
});

test('with a server it makes no master key, which a job could lose, and no tables', async () => {
  const site = await newPostgresSite();
  const { code, stderr } = await migrate(site);
  expect({ code, made: existsSync(site.keyFile) }).toEqual({ code: 1, made: false });
  expect(stderr).toContain(`${site.keyFile}: is missing`);
  const tables = await ask(site.databaseUrl, 'SELECT 1 FROM pg_tables WHERE schemaname = current_schema()');
  expect(tables).toEqual([]);
});

test('after it, serve runs as a user of the database who may not change the schema', async () => {
  const site = await newPostgresSite();
  makeKey(site);
  await migrate(site);
  const limited = new URL(site.databaseUrl);
  limited.username = `worker_${limited.pathname.slice(1)}`;
  for (const sql of [
    `CREATE ROLE ${limited.username} LOGIN PASSWORD '${PASSWORD}'`,
    'REVOKE CREATE ON SCHEMA public FROM public',
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${limited.username}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${limited.username}`,
  ])
    await ask(site.databaseUrl, sql);
  const [refused] = await Promise.allSettled([ask(limited.href, 'CREATE TABLE own (id int)')]);
  expect(refused).toMatchObject({ status: 'rejected' });

  const worker: Site = { ...site, env: { BONIN_DATABASE_URL: limited.href } };
  expect(await bringMerchants(worker, { merchants: MERCHANTS })).toMatchObject({ code: 0 });
  const bonin = await startBonin(worker.words, { env: worker.env, command: 'serve' });
  const client = new Client(bonin.url);
  const { token } = await client.token(A.imp_key, A.imp_secret);
  expect((await client.lookup(token, 'imp_000000000001')).status).toBe(404);
  client.close();
});

test('the URL of the database may be in a file that others cannot read', async () => {
  const site = await newPostgresSite();
  makeKey(site);
  const file = join(temporaryFolder(), 'database-url');
  writeFileSync(file, `${site.databaseUrl}\n`, { mode: 0o400 });
  const fromFile = { ...site, env: { BONIN_DATABASE_URL_FILE: file } };
  expect(await migrate(fromFile)).toMatchObject({ code: 0, stdout: CREATED });
  expect(await migrate(site)).toMatchObject({ code: 0, stdout: UP_TO_DATE });
  const bonin = await startBonin(site.words, { env: fromFile.env, command: 'serve' });
  expect((await health(bonin.port)).code).toBe(0);

  chmodSync(file, 0o644);
  const refused = await migrate(fromFile);
  expect(refused).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('may be read by others'),
  });
});

test('health takes address and port from the variables of serve, and says when they cannot be asked', async () => {
  const bonin = await startBonin(['--host', '0.0.0.0', '--memory']);
  const env = { BONIN_HOST: '0.0.0.0', BONIN_PORT: String(bonin.port) };
  expect(await runBonin(['health'], { env })).toMatchObject({ code: 0, stdout: 'ready\n' });
  expect(await runBonin(['health', '--port', '0'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--port must be the port that the server listens on, not 0'),
  });
});
