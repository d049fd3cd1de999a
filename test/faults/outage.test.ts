import { Client as Direct } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAILURES } from '../../src/page/failure.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { shopOf, Visitor } from '../page/shop.ts';
import { type Answer, Client } from '../support/client.ts';
import { SIMCHEONG } from '../support/dev-app.ts';
import { eventually } from '../support/eventually.ts';
import { certifiedRows, Rush } from '../support/rush.ts';
import { Shop } from '../support/shop.ts';
import { type Bonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startTroubledProxy, type Trouble } from '../support/troubled-proxy.ts';

/*
 * What callers see while the database fails. How long anything takes is left to the machine: what must come is
 * waited for.
 */

const PATIENCE = 120_000;
const CALLERS = 12;
const NEVER_MADE = 'imp_000000000001';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

async function readiness(url: string): Promise<number> {
  return (await fetch(`${url}/readyz`)).status;
}

async function until(probe: () => boolean | Promise<boolean>): Promise<void> {
  expect(await eventually(probe, PATIENCE)).toBe(true);
}

/** Waits until callers went through, or were refused, so many times more; no longer once something is wrong. */
async function more(rush: Rush, what: 'done' | 'refused', than = 20): Promise<void> {
  const from = rush[what];
  await until(() => rush.wrong.length > 0 || rush[what] >= from + than);
  expect(rush.wrong).toEqual([]);
}

/** Stops the process, which nothing may have brought to its end, and looks at what it wrote meanwhile. */
async function endInOrder(bonin: Bonin): Promise<void> {
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  const lines = bonin.stderr().split('\n').filter(Boolean);
  // Besides requests, the sweep may have met the failing database.
  const known = [
    expect.objectContaining({ msg: 'refused' }),
    expect.objectContaining({
      msg: 'sweeping failed',
      error: expect.objectContaining({ code: 'store_unavailable' }),
    }),
  ];
  for (const line of lines) expect(known).toContainEqual(JSON.parse(line));
  expect(lines.some((line) => line.includes('"store_unavailable"'))).toBe(true);
  // Times, processes and request ids are digits that may be those of a canary by chance.
  const said = JSON.stringify(
    lines.map((line) => ({ ...JSON.parse(line), time: null, pid: null, requestId: null })),
  );
  for (const canary of [SIMCHEONG.name, '0100000', SIMCHEONG.birth, '123456'])
    expect(said).not.toContain(canary);
}

test('a server that stops and comes back under load: 503 and nothing else, nothing lost, nothing twice', {
  timeout: 4 * PATIENCE,
}, async () => {
  const url = await server.newDatabase();
  const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url]);
  const rush = new Rush(bonin.url, CALLERS);
  for (let round = 0; round < 3; round++) {
    await more(rush, 'done');
    await server.stop();
    await more(rush, 'refused');
    expect(await readiness(bonin.url)).toBe(503);
    await server.start();
    await until(async () => (await readiness(bonin.url)) === 200);
  }
  await more(rush, 'done');
  await rush.stop();
  await rush.verify();
  expect(rush.wrong).toEqual([]);
  expect(await certifiedRows(url)).toBe(rush.done);
  await endInOrder(bonin);
});

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'answers seconds late': { kind: 'delay', by: 4000 },
  'falls silent without closing': { kind: 'stall' },
  'is cut in the middle of answers': { kind: 'cut', every: 7 },
};

test.for(Object.entries(TROUBLES))(
  'a database that %s: 503, and all is well by itself afterwards',
  {
    timeout: 4 * PATIENCE,
  },
  async ([, trouble]) => {
    const url = new URL(await server.newDatabase());
    const proxy = await startTroubledProxy(server.port);
    const direct = url.href;
    url.port = String(proxy.port);
    const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url.href]);
    // More callers than connections, so that some wait behind those that are stuck.
    const rush = new Rush(bonin.url, 3 * CALLERS);
    await more(rush, 'done');
    proxy.set(trouble);
    await more(rush, 'refused');
    // Long enough that confirmations were done of which nobody heard.
    if (trouble.kind === 'cut') await until(() => rush.wrong.length > 0 || rush.doneUnheard.size > 2);
    else await until(async () => (await readiness(bonin.url)) === 503);
    proxy.set({ kind: 'none' });
    await until(async () => (await readiness(bonin.url)) === 200);
    await more(rush, 'done');
    await rush.stop();
    await rush.verify();
    expect(rush.wrong).toEqual([]);
    expect(await certifiedRows(direct)).toBe(rush.done);
    await endInOrder(bonin);
  },
);

test('more calls than the queue takes: 503 for those that are stuck, late or too many, and lookups right afterwards', {
  timeout: 4 * PATIENCE,
}, async () => {
  const url = await server.newDatabase();
  const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url]);
  const client = new Client(bonin.url, 2200);
  const shop = new Shop(client, (await client.token()).token);
  const impUid = await shop.impUid();
  const direct = new Direct({ connectionString: url });
  await direct.connect();
  await direct.query('BEGIN; LOCK TABLE certifications IN ACCESS EXCLUSIVE MODE');

  // The callers go on for as long as anything is still to be seen, so that no machine is too slow or too fast for it.
  let isSeen = false;
  const wrong: Answer[] = [];
  const callers = Array.from({ length: 2200 }, async (_, at) => {
    while (!isSeen && wrong.length === 0) {
      // Lookups and confirmations of one turn wait as one; deletions wait each for itself.
      const answer = await (at % 50 === 0
        ? shop.lookup(impUid)
        : at % 50 === 1
          ? shop.confirm(impUid)
          : shop.erase(NEVER_MADE));
      if (answer.status !== 503 || answer.headers['retry-after'] !== '5' || answer.response !== null)
        wrong.push(answer);
    }
  });
  await until(async () => wrong.length > 0 || (await readiness(bonin.url)) === 503);
  const details = [
    'the database took too long',
    'no connection to the database became free in time',
    'too many calls wait for a connection to the database',
  ];
  await until(() => wrong.length > 0 || details.every((detail) => bonin.stderr().includes(`"${detail}"`)));
  isSeen = true;
  await Promise.all(callers);
  expect(wrong).toEqual([]);

  await direct.query('ROLLBACK');
  expect((await shop.lookup(impUid)).status).toBe(200);
  expect((await shop.confirm(impUid)).status).toBe(200);
  await until(async () => (await readiness(bonin.url)) === 200);
  await direct.end();
  client.close();
  await endInOrder(bonin);
});

test('a server that takes no more connections: 503 until it takes one', async () => {
  const url = new URL(await server.newDatabase());
  const name = url.pathname.slice(1);
  // Limits do not bind the superuser.
  await ask(
    url.href,
    `CREATE ROLE guest LOGIN; ALTER DATABASE ${name} CONNECTION LIMIT 12; ALTER DATABASE ${name} OWNER TO guest`,
  );
  const admin = url.href;
  url.username = 'guest';
  const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url.href]);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const others: Direct[] = [];
  await until(async () => {
    await ask(
      admin,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bonin' AND usename = 'guest'",
    );
    while (others.length < 12) {
      const other = new Direct({ connectionString: url.href });
      if (!(await connects(other))) return false;
      others.push(other);
    }
    return true;
  });
  // The first ones may still be told of the connections that were lost.
  await until(async () => {
    const refused = await client.lookup(token, 'imp_0');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    return bonin.stderr().includes('"the database server takes no more connections"');
  });
  expect(await readiness(bonin.url)).toBe(503);
  await others[0]?.end();
  await until(async () => (await readiness(bonin.url)) === 200);
  expect((await client.lookup(token, 'imp_0')).status).toBe(404);
  for (const other of others.slice(1)) await other.end();
  client.close();
  await endInOrder(bonin);
});

test('the verification page says 503 as well, in words for whoever asked', async () => {
  const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', await server.newDatabase()]);
  const page = shopOf(bonin);
  const { url, handle } = await page.start();
  await server.stop();
  expect(await page.start()).toMatchObject({ status: 503, ok: false, error_reason: 'SYSTEM_ERROR' });
  expect(await page.result(handle)).toMatchObject({ status: 503, ok: false, error_reason: 'SYSTEM_ERROR' });
  const screen = await fetch(url, { redirect: 'manual' });
  expect([screen.status, screen.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await screen.text()).toBe(FAILURES.SYSTEM_ERROR);
  await server.start();
  const visitor = new Visitor();
  await visitor.open(url);
  expect(visitor.screen).toBe('carrier');
  await endInOrder(bonin);
});

test('a defect is not called an outage', async () => {
  const url = await server.newDatabase();
  const bonin = await startBonin(['--data', temporaryFolder(), '--database-url', url]);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  await ask(url, 'ALTER TABLE certifications RENAME TO lost');
  const answer = await client.lookup(token, 'imp_012345678901');
  expect(answer.status).toBe(500);
  expect(answer.headers['retry-after']).toBeUndefined();
  // What a process writes may come later than what it answers.
  await until(() => bonin.stderr().includes('"a table is missing in the database"'));
  client.close();
  await bonin.stop();
});

function connects(client: Direct): Promise<boolean> {
  return client.connect().then(
    () => true,
    () => false,
  );
}
