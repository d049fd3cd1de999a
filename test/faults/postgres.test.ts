import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { listFiles } from '../support/canaries.ts';
import { Client, KEY_A, SECRET_A } from '../support/client.ts';
import { SIMCHEONG } from '../support/dev-app.ts';
import { startSeverableProxy } from '../support/severable-proxy.ts';
import { Shop } from '../support/shop.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const PASSWORD = 'Geheim-1';

async function shopOf(url: string): Promise<Shop> {
  const client = new Client(url);
  return new Shop(client, (await client.token(KEY_A, SECRET_A)).token);
}

test('the sandbox on PostgreSQL: token, OTP, lookup on another node, restart, deletion', async () => {
  const url = new URL(await server.newDatabase());
  url.password = PASSWORD;
  const folder = temporaryFolder();
  const words = ['--data', folder, '--database-url', url.href, '--log-level', 'debug'];
  const first = await startBonin(words);
  const second = await startBonin(['--data', folder], { env: { BONIN_DATABASE_URL: url.href } });
  const [shop, other] = await Promise.all([shopOf(first.url), shopOf(second.url)]);

  const impUid = await shop.impUid();
  expect((await other.lookup(impUid)).response).toMatchObject({ certified: false });
  expect((await shop.confirm(impUid)).status).toBe(200);
  expect((await other.lookup(impUid)).response).toMatchObject({ certified: true, name: SIMCHEONG.name });
  const known = await other.lookup('imp_012345678901');
  expect((await shop.lookup('imp_012345678901')).text).toBe(known.text);
  await first.kill();

  const again = await startBonin(words);
  const reopened = await shopOf(again.url);
  expect((await reopened.lookup(impUid)).text).toBe((await other.lookup(impUid)).text);
  expect((await reopened.erase(impUid)).status).toBe(200);
  expect((await other.lookup(impUid)).status).toBe(404);
  expect((await reopened.lookup('a%00b')).status).toBe(404);
  await again.stop();
  await second.stop();

  const [left] = await ask(url.href, 'SELECT count(*)::integer AS kept FROM otps');
  expect(left?.['kept']).toBe(0);
  const output = [first, second, again].map((each) => each.stdout() + each.stderr()).join('');
  expect(output).not.toContain(PASSWORD);
  expect(listFiles(folder).map((file) => file.replace(`${folder}/`, ''))).toEqual(['master.keys']);
  expect(readFileSync(`${folder}/master.keys`, 'utf8')).not.toContain(PASSWORD);
});

test('a node with connections to a silent server uses new ones, and stops when asked', async () => {
  const url = new URL(await server.newDatabase());
  const proxy = await startSeverableProxy(server.port);
  url.port = String(proxy.port);
  const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url.href]);
  const client = new Client(bonin.url, 40);
  const { token } = await client.token();
  const lookup = () => client.lookup(token, 'imp_none');
  await Promise.all(Array.from({ length: 40 }, lookup));
  proxy.freeze();
  expect((await lookup()).status).toBe(503);
  expect((await lookup()).status).toBe(404);
  client.close();
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  proxy.close();
});

test('the rows and the files of the server contain no personal data', async () => {
  const url = await server.newDatabase();
  const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url]);
  const shop = await shopOf(bonin.url);
  expect((await shop.confirm(await shop.impUid())).status).toBe(200);
  await bonin.stop();
  const rows = await ask(
    url,
    'SELECT c::text, o::text FROM certifications c LEFT JOIN otps o ON o.id = c.id',
  );
  expect(rows.length).toBeGreaterThan(0);
  const canaries = [SIMCHEONG.name, SIMCHEONG.phone];
  const needles = canaries.flatMap((text) => [text, Buffer.from(text).toString('hex')]);
  for (const needle of needles) expect(JSON.stringify(rows)).not.toContain(needle);
  await server.stop();
  for (const file of listFiles(server.folder).filter((each) => each.includes('/data/'))) {
    const content = readFileSync(file);
    for (const text of canaries) expect(content.includes(text), `${file}: ${text}`).toBe(false);
  }
  await server.start();
});

test('a database that is not there, or not ours, stops the start with one line', async () => {
  const url = new URL(await server.newDatabase());
  url.password = PASSWORD;
  await ask(url.href, 'CREATE TABLE orders (id INTEGER)');
  const folder = temporaryFolder();
  const run = (address: string) =>
    runBonin(['dev', '--port', '0', '--data', folder, '--database-url', address], { killAfter: 30_000 });
  const foreign = await run(url.href);
  expect(foreign).toMatchObject({ code: 1, stdout: '' });
  expect(foreign.stderr).toBe(
    `bonin: 127.0.0.1:${server.port}${url.pathname}: holds tables of another program; Bonin needs a database of its own\n`,
  );
  url.port = '1';
  expect((await run(url.href)).stderr).toBe(
    `bonin: 127.0.0.1:1${url.pathname}: no database server listens there\n`,
  );
  const wrong = await run(`mysql://a:${PASSWORD}@b/c`);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).not.toContain(PASSWORD);
});
