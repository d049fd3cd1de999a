import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import type { KeyPair } from '../../src/core/merchant.ts';
import { createLog } from '../../src/log.ts';
import { type App, createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { visitorFrom } from '../support/callers.ts';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* When an access token ends: with its time, its secret, its key pair and its merchant, at every server. */

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const EXTENSION = 300 * SECOND;
const FIRST: KeyPair = { impKey: 'first', impSecret: 'FirstSecret/1234567890' };
const SECOND_KEY: KeyPair = { impKey: 'second', impSecret: 'SecondSecret/1234567890' };
const OTHERS: KeyPair = { impKey: 'others', impSecret: 'SecretOfOthers/1234567890' };
const NEW_SECRET = 'AnotherSecret/1234567890';
const SHOP = { name: '가상상점', userCode: 'imp00000001', channels: [] };
const BOOKSHOP = { name: '가상서점', userCode: 'imp00000002', channels: [] };

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const ENGINES: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(temporaryFolder(), 'bonin.db')}`,
  PostgreSQL: () => server.newDatabase(),
};

/** Two servers on one database, with two merchants; their clock stands. */
async function startBoth(databaseUrl: string) {
  const masterKeys = [newMasterKey()];
  const time = { now: 1_800_000_000_000 };
  const apps: App[] = [];
  const clients: Client[] = [];
  for (let count = 0; count < 2; count++) {
    const app = await createApp({
      policy: SERVE_POLICY,
      databaseUrl,
      masterKeys,
      log: createLog('silent'),
      moveClock: () => ({ now: () => time.now }),
    });
    onTestFinished(() => app.close());
    apps.push(app);
    const client = new Client((await app.listen(0, '127.0.0.1')).url);
    onTestFinished(() => client.close());
    clients.push(client);
  }
  const [app] = apps as [App];
  await app.merchants.save({ ...SHOP, keys: [FIRST, SECOND_KEY] });
  await app.merchants.save({ ...BOOKSHOP, keys: [OTHERS] });
  const at = (number: number) => clients[number % 2] as Client;
  const tokenOf = async (pair: KeyPair, number = 0) =>
    (await at(number).token(pair.impKey, pair.impSecret)).token;
  /** Whether a token is good, which both servers say. */
  const isGood = async (token: string) => {
    const statuses = [
      (await at(0).lookup(token, 'imp_000000000000')).status,
      (await at(1).lookup(token, 'imp_000000000000')).status,
    ];
    expect([
      [404, 404],
      [401, 401],
    ]).toContainEqual(statuses);
    return statuses[0] === 404;
  };
  /** Whether a key pair is refused, at both servers. */
  const isRefused = async ({ impKey, impSecret }: KeyPair) => {
    const json = { imp_key: impKey, imp_secret: impSecret };
    const statuses = [
      (await at(0).call('POST', '/users/getToken', { json })).status,
      (await at(1).call('POST', '/users/getToken', { json })).status,
    ];
    expect(statuses[0]).toBe(statuses[1]);
    return statuses[0] === 401;
  };
  return { app, other: apps[1] as App, time, tokenOf, isGood, isRefused };
}
type Both = Awaited<ReturnType<typeof startBoth>>;

/** The tokens of all three pairs, each seen by both servers, so that whoever remembers tokens remembers them. */
async function tokensOf({ tokenOf, isGood }: Both): Promise<readonly [string, string, string]> {
  const tokens = [await tokenOf(FIRST), await tokenOf(SECOND_KEY, 1), await tokenOf(OTHERS)] as const;
  for (const token of tokens) expect(await isGood(token)).toBe(true);
  return tokens;
}

describe.each(Object.entries(ENGINES))('an access token, on %s', (_engine, newDatabase) => {
  it('ends with its secret; the new secret gets another one, and the old one none', async () => {
    const both = await startBoth(await newDatabase());
    const { other, tokenOf, isGood, isRefused } = both;
    const [first, second, others] = await tokensOf(both);
    await other.merchants.save({ ...SHOP, keys: [{ ...FIRST, impSecret: NEW_SECRET }] });
    expect(await isGood(first)).toBe(false);
    expect(await isRefused(FIRST)).toBe(true);
    const next = await tokenOf({ ...FIRST, impSecret: NEW_SECRET });
    expect(next).not.toBe(first);
    expect([await isGood(next), await isGood(first)]).toEqual([true, false]);
    // Of everybody else nothing has changed.
    expect([await isGood(second), await isGood(others)]).toEqual([true, true]);
    expect(await tokenOf(SECOND_KEY)).toBe(second);
  });

  it('lives on when its merchant is saved again with the same secret', async () => {
    const both = await startBoth(await newDatabase());
    const [first] = await tokensOf(both);
    await both.other.merchants.save({ ...SHOP, name: '새이름', keys: [FIRST] });
    expect(await both.isGood(first)).toBe(true);
    expect(await both.tokenOf(FIRST)).toBe(first);
  });

  it('ends with its key pair, which never works again', async () => {
    const both = await startBoth(await newDatabase());
    const { app, other, isGood, isRefused } = both;
    const [first, second, others] = await tokensOf(both);
    expect(await other.merchants.revokeKey(FIRST.impKey.toUpperCase())).toBe(true);
    expect(await app.merchants.revokeKey(FIRST.impKey)).toBe(false);
    expect([await isGood(first), await isGood(second), await isGood(others)]).toEqual([false, true, true]);
    expect(await isRefused(FIRST)).toBe(true);
    for (const impSecret of [FIRST.impSecret, NEW_SECRET])
      await expect(app.merchants.save({ ...SHOP, keys: [{ ...FIRST, impSecret }] })).rejects.toMatchObject({
        code: 'store_failed',
      });
    expect([await isRefused(FIRST), await isRefused(SECOND_KEY)]).toEqual([true, false]);
  });

  it('ends with its merchant, and does not come back with it', async () => {
    const both = await startBoth(await newDatabase());
    const { app, other, tokenOf, isGood, isRefused } = both;
    const [first, second, others] = await tokensOf(both);
    expect(await other.merchants.disable(SHOP.userCode)).toBe(true);
    expect([await isGood(first), await isGood(second), await isGood(others)]).toEqual([false, false, true]);
    expect([await isRefused(FIRST), await isRefused(SECOND_KEY), await isRefused(OTHERS)]).toEqual([
      true,
      true,
      false,
    ]);
    // What the operator writes down anew does not let it in again.
    await app.merchants.save({ ...SHOP, keys: [FIRST] });
    expect(await isRefused(FIRST)).toBe(true);
    expect(await app.merchants.enable(SHOP.userCode)).toBe(true);
    expect([await isGood(first), await isGood(second)]).toEqual([false, false]);
    expect(await tokenOf(FIRST)).not.toBe(first);
    expect(await app.merchants.disable('imp99999999')).toBe(false);
  });

  it.each(['secret', 'key', 'merchant'] as const)(
    'does not outlive its %s when it is issued in the same moment',
    async (what) => {
      const both = await startBoth(await newDatabase());
      const { app, other, isGood } = both;
      for (let round = 0; round < 10; round++) {
        const pair = { impKey: `round-${round}`, impSecret: FIRST.impSecret };
        const merchant = { ...SHOP, userCode: `imp1000000${round}` };
        await app.merchants.save({ ...merchant, keys: [pair] });
        const ending = {
          secret: () => app.merchants.save({ ...merchant, keys: [{ ...pair, impSecret: NEW_SECRET }] }),
          key: () => app.merchants.revokeKey(pair.impKey),
          merchant: () => app.merchants.disable(merchant.userCode),
        }[what];
        const issue = async (by: App) => {
          try {
            return (await by.tokens.issue(visitorFrom(), pair)).token;
          } catch {
            return null;
          }
        };
        const before = Array.from({ length: 3 }, (_, n) => issue(n % 2 ? app : other));
        const ended = ending();
        const after = Array.from({ length: 3 }, (_, n) => issue(n % 2 ? app : other));
        const issued = await Promise.all([...before, ...after]);
        await ended;
        for (const token of new Set(issued)) if (token !== null) expect(await isGood(token)).toBe(false);
      }
    },
  );

  it('is extended for a day and no longer, whoever asks how often; then there is another one', async () => {
    const { app, other, time } = await startBoth(await newDatabase());
    const ask = (by: App) => by.tokens.issue(visitorFrom(), FIRST);
    const begin = time.now;
    const first = await ask(app);
    let { expiresAt } = first;
    let token = first.token;
    for (let asked = 0; token === first.token; asked++) {
      // As late as may be for an extension, and once in a while too early for one.
      time.now = asked % 7 === 3 ? expiresAt - 120 * SECOND : expiresAt - 60 * SECOND;
      const next = await ask(asked % 2 ? app : other);
      token = next.token;
      if (token === first.token && next.expiresAt === expiresAt && asked % 7 !== 3) break;
      expiresAt = next.expiresAt;
      expect(time.now - begin).toBeLessThan(2 * DAY);
    }
    // What asks in its last minute is refused more time from a day on, and told the end as it stands.
    expect(token).toBe(first.token);
    expect(expiresAt - begin).toBeGreaterThan(DAY);
    expect(expiresAt - begin).toBeLessThanOrEqual(DAY + EXTENSION + 60 * SECOND);
    time.now = expiresAt - 1;
    expect(await ask(other)).toMatchObject({ token, expiresAt });
    expect(await other.tokens.verify(visitorFrom(), token)).toMatchObject({ surface: 'v1' });
    time.now = expiresAt;
    for (const by of [app, other])
      await expect(by.tokens.verify(visitorFrom(), token)).rejects.toMatchObject({ code: 'token_invalid' });
    const next = await ask(app);
    expect(next).toMatchObject({ isNew: true, expiresAt: time.now + 1800 * SECOND });
    expect(next.token).not.toBe(token);
    for (const by of [app, other])
      await expect(by.tokens.verify(visitorFrom(), token)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});
