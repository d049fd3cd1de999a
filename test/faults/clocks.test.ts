import { afterAll, beforeAll, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { toMerchantSetup } from '../../src/config/merchant-setup.ts';
import { SECOND } from '../../src/core/clock.ts';
import { createLog } from '../../src/log.ts';
import { MovableClock } from '../../src/sandbox/movable-clock.ts';
import { DEFAULT_SEED } from '../../src/sandbox/people-file.ts';
import { createDevApp } from '../../src/server/dev.ts';
import { type App, createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { openStore } from '../../src/storage/index.ts';
import { SharedClock } from '../../src/storage/postgres/shared-clock.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { ScriptedProvider } from '../golden/scripted-provider.ts';
import { Client } from '../support/client.ts';
import { markOf as mark } from '../support/keys.ts';
import { Shop } from '../support/shop.ts';
import { startTroubledProxy } from '../support/troubled-proxy.ts';

/* Nodes whose machines disagree about the time, on one PostgreSQL: its clock is everybody's. */

const MINUTE = 60 * SECOND;
/** Far less than what machines are off by here, and far more than any answer takes. */
const NEAR = 5 * SECOND;
const LATE = '인증번호 유효시간이 지났습니다. 다시 요청해주세요.';

/** The clock of a machine that is so many milliseconds ahead of this one. */
class Machine {
  ahead: number;

  constructor(ahead: number) {
    this.ahead = ahead;
  }

  now(): number {
    return Date.now() + this.ahead;
  }
}

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

interface Node {
  readonly app: App;
  readonly shop: Shop;
}

/** Two nodes by the rules of production: one machine is 40 minutes slow, the other 40 minutes fast. */
async function startNodes() {
  const databaseUrl = await server.newDatabase();
  const masterKeys = [newMasterKey()];
  const { providers } = new ScriptedProvider({}, 'unmarked');
  const nodes: Node[] = [];
  const clocks: MovableClock[] = [];
  for (const ahead of [-40 * MINUTE, 40 * MINUTE]) {
    const time = new MovableClock();
    clocks.push(time);
    const app = await createApp({
      policy: SERVE_POLICY,
      databaseUrl,
      moveClock: (shared) => time.over(shared),
      masterKeys,
      providers,
      log: createLog('silent'),
      clock: new Machine(ahead),
    });
    for (const merchant of DEFAULT_SEED.merchants) await app.merchants.save(toMerchantSetup(merchant));
    const client = new Client((await app.listen(0, '127.0.0.1')).url);
    nodes.push({ app, shop: new Shop(client, (await client.token()).token) });
  }
  const [slow, fast] = nodes as [Node, Node];
  const close = async () => {
    for (const { app, shop } of nodes) {
      shop.client.close();
      await app.close();
    }
  };
  /** Lets time pass, for both, on top of the shared time. */
  const pass = (milliseconds: number) => {
    for (const time of clocks) time.advance(milliseconds);
  };
  return { databaseUrl, slow, fast, pass, close };
}

test('a token has one end at both nodes, by the time of the database', async () => {
  const { databaseUrl, slow, fast, pass, close } = await startNodes();
  const both = [slow, fast];
  const issued = await Promise.all(both.map(({ shop }) => shop.client.token()));
  expect(issued[0]).toEqual(issued[1]);
  expect(Math.abs((issued[0]?.expiresAt ?? 0) * SECOND - (Date.now() + 30 * MINUTE))).toBeLessThan(NEAR);
  const statuses = () => Promise.all(both.map(async ({ shop }) => (await shop.lookup('imp_0')).status));
  pass(29 * MINUTE);
  expect(await statuses()).toEqual([404, 404]);
  pass(2 * MINUTE);
  expect(await statuses()).toEqual([401, 401]);
  // An end that somebody writes into the row is believed by neither.
  await ask(databaseUrl, 'UPDATE access_tokens SET expires_at = expires_at + 86400000');
  expect(await statuses()).toEqual([500, 500]);
  await close();
});

test('a code sent by a node whose clock is slow is good at one whose clock is fast', async () => {
  const { slow, fast, close } = await startNodes();
  for (const [one, other] of [
    [slow, fast],
    [fast, slow],
  ] as const) {
    const impUid = await one.shop.impUid();
    const confirmed = await other.shop.confirm(impUid);
    expect(confirmed.status).toBe(200);
    const at = Number(confirmed.response?.['certified_at']) * SECOND;
    expect(Math.abs(at - Date.now())).toBeLessThan(NEAR);
  }
  await close();
});

test('a code is late at both nodes at one time', async () => {
  const { slow, fast, pass, close } = await startNodes();
  const sent = [await slow.shop.impUid(), await fast.shop.impUid({ phone: '01000000071' })];
  pass(3 * MINUTE);
  for (const impUid of sent)
    for (const { shop } of [slow, fast])
      expect(await shop.confirm(impUid)).toMatchObject({ status: 400, message: LATE });
  await close();
});

test('the limits on codes count the requests of both', async () => {
  const { slow, fast, close } = await startNodes();
  const statuses: number[] = [];
  for (let number = 0; number < 6; number++)
    statuses.push((await (number % 2 ? slow : fast).shop.request()).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  await close();
});

test('a machine whose clock jumps corrects its time automatically', async () => {
  const machine = new Machine(0);
  const store = await openStore(await server.newDatabase(), mark('dev'), machine);
  machine.ahead = 60 * MINUTE;
  expect(store.clock.now() - Date.now()).toBeGreaterThan(59 * MINUTE);
  const off = () => Math.abs(store.clock.now() - Date.now());
  await expect.poll(off).toBeLessThan(NEAR);
  await store.close();
});

test('an answer that was long under way does not move the clock', async () => {
  const url = new URL(await server.newDatabase());
  const proxy = await startTroubledProxy(server.port);
  url.port = String(proxy.port);
  const store = await openStore(url.href, mark('dev'), new Machine(7 * MINUTE));
  if (!(store.clock instanceof SharedClock)) throw new Error('PostgreSQL has another clock');
  const ahead = () => store.clock.now() - Date.now();
  const before = ahead();
  proxy.set({ kind: 'delay', by: 4000 });
  await store.clock.measure();
  proxy.set({ kind: 'none' });
  expect(Math.abs(ahead() - before)).toBeLessThan(100);
  await store.close();
});

test('the clock that the sandbox moves is based on the clock of the database', async () => {
  const app = await createDevApp({
    databaseUrl: await server.newDatabase(),
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    clock: new Machine(-40 * MINUTE),
  });
  const client = new Client((await app.listen(0, '127.0.0.1')).url);
  const expiresAt = async () => (await client.token()).expiresAt * SECOND - Date.now() - 30 * MINUTE;
  expect(Math.abs(await expiresAt())).toBeLessThan(NEAR);
  await client.call('PUT', '/sandbox/clock', { json: { advance: 3600 } });
  expect(Math.abs((await expiresAt()) - 60 * MINUTE)).toBeLessThan(NEAR);
  client.close();
  await app.close();
});
