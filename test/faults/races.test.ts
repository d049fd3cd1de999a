import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Client, KEY_A, KEY_B, SECRET_A, SECRET_B } from '../support/client.ts';
import { type Bonin, sharing, startBonin } from '../support/start-bonin.ts';
import { databaseFile } from '../support/stored-rows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** How many steps the schema has: each is to be run once. */
const MIGRATIONS = readdirSync(join(import.meta.dirname, '../../src/storage/sqlite/migrations')).length;

const CALLERS = 100;
const KEY_PAIRS = [
  [KEY_A, SECRET_A],
  [KEY_B, SECRET_B],
] as const;

interface Pair {
  readonly data: string;
  readonly one: Client;
  readonly two: Client;
  readonly both: readonly [Bonin, Bonin];
}

/** Two processes on one data folder, and as many connections to each as there are callers. */
async function startTwo(): Promise<Pair> {
  const data = temporaryFolder();
  const both = [await startBonin(sharing(data)), await startBonin(sharing(data))] as const;
  const [one, two] = both.map(({ url }) => new Client(url, CALLERS)) as [Client, Client];
  return { data, one, two, both };
}

async function stopTwo({ one, two, both }: Pair): Promise<void> {
  one.close();
  two.close();
  for (const bonin of both) {
    expect(await bonin.stop()).toEqual({ code: 0, signal: null });
    expect(bonin.stderr()).toBe('');
  }
}

const times = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

test('200 callers of a fresh key pair at two processes get one token, for each key pair', async () => {
  const pair = await startTwo();
  for (const [impKey, secret] of KEY_PAIRS) {
    const issued = await Promise.all(
      times(2 * CALLERS, (n) => (n % 2 === 0 ? pair.one : pair.two).token(impKey, secret)),
    );
    expect(new Set(issued.map(({ token }) => token)).size).toBe(1);
    expect(new Set(issued.map(({ expiresAt }) => expiresAt)).size).toBe(1);
  }
  await stopTwo(pair);
});

test('a token in its last minute is extended once by 200 callers at two processes', async () => {
  const pair = await startTwo();
  const { token, expiresAt } = await pair.one.token();
  for (const client of [pair.one, pair.two])
    await client.call('PUT', '/sandbox/clock', { json: { now: expiresAt - 30 } });
  const again = await Promise.all(times(2 * CALLERS, (n) => (n % 2 === 0 ? pair.one : pair.two).token()));
  expect(new Set(again.map((one) => `${one.token} ${one.expiresAt}`))).toEqual(
    new Set([`${token} ${expiresAt + 300}`]),
  );

  // Past its old end both know of the extension, though each may have kept the token in memory.
  for (const client of [pair.one, pair.two]) {
    await client.call('PUT', '/sandbox/clock', { json: { now: expiresAt + 299 } });
    expect((await client.lookup(token, 'imp_000000000001')).status).toBe(200);
    await client.call('PUT', '/sandbox/clock', { json: { now: expiresAt + 300 } });
    expect((await client.lookup(token, 'imp_000000000001')).status).toBe(401);
  }
  const fresh = await Promise.all(times(2 * CALLERS, (n) => (n % 2 === 0 ? pair.one : pair.two).token()));
  expect(new Set(fresh.map((one) => one.token)).size).toBe(1);
  expect(fresh[0]?.token).not.toBe(token);
  await stopTwo(pair);
});

test('a token of one process is good at the other at once', async () => {
  const pair = await startTwo();
  for (let round = 0; round < 20; round++) {
    const [from, to] = round % 2 === 0 ? [pair.one, pair.two] : [pair.two, pair.one];
    // Later each time, so that every round issues a new one.
    const now = Math.floor(Date.now() / 1000) + round * 2000;
    await from.call('PUT', '/sandbox/clock', { json: { now } });
    await to.call('PUT', '/sandbox/clock', { json: { now } });
    const { token } = await from.token();
    expect((await to.lookup(token, 'imp_000000000001')).status).toBe(200);
    expect((await to.token()).token).toBe(token);
  }
  await stopTwo(pair);
});

test('of 100 callers who delete one certification at two processes exactly one succeeds', async () => {
  const pair = await startTwo();
  const { token } = await pair.one.token();
  for (let round = 0; round < 10; round++) {
    const impUid = await pair.two.create();
    const answers = await Promise.all(
      times(100, (n) => (n % 2 === 0 ? pair.one : pair.two).erase(token, impUid)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(99);
  }
  await stopTwo(pair);
});

test('what one process made or deleted the other knows right after the answer, 200 times', async () => {
  const pair = await startTwo();
  const { token } = await pair.one.token();
  for (let round = 0; round < 200; round++) {
    const [here, there] = round % 2 === 0 ? [pair.one, pair.two] : [pair.two, pair.one];
    const impUid = await here.create({ merchant_uid: `round-${round}` });
    expect((await there.lookup(token, impUid)).response?.['merchant_uid']).toBe(`round-${round}`);
    expect((await here.erase(token, impUid)).status).toBe(200);
    expect((await there.lookup(token, impUid)).status).toBe(404);
    expect((await there.erase(token, impUid)).status).toBe(404);
  }
  await stopTwo(pair);
});

test('lookups under way at one process never show what the other has finished deleting', async () => {
  const pair = await startTwo();
  const { token } = await pair.one.token();
  for (let round = 0; round < 30; round++) {
    const impUid = await pair.one.create();
    let isErased = false;
    const reader = async () => {
      for (;;) {
        const wasErased = isErased;
        const { status } = await pair.two.lookup(token, impUid);
        if (wasErased) expect(status, 'asked after the delete was answered').toBe(404);
        if (status === 404) return;
      }
    };
    const readers = times(8, reader);
    expect((await pair.one.erase(token, impUid)).status).toBe(200);
    isErased = true;
    await Promise.all(readers);
  }
  await stopTwo(pair);
});

test('concurrent writers at two processes lose nothing and meet no lock', async () => {
  const pair = await startTwo();
  const { token } = await pair.one.token();
  const ids = await Promise.all(
    times(400, (n) => (n % 2 === 0 ? pair.one : pair.two).create({ merchant_uid: `writer-${n}` })),
  );
  expect(new Set(ids).size).toBe(400);
  const found = await Promise.all(ids.map((impUid) => pair.two.lookup(token, impUid)));
  expect(found.map(({ response }) => response?.['merchant_uid'])).toEqual(times(400, (n) => `writer-${n}`));
  await stopTwo(pair);
});

test('two processes that start together on a fresh folder share one database, 20 times', {
  timeout: 240_000,
}, async () => {
  for (let round = 0; round < 20; round++) {
    const data = temporaryFolder();
    const both = await Promise.all([startBonin(sharing(data)), startBonin(sharing(data))]);
    const [one, two] = both.map(({ url }) => new Client(url)) as [Client, Client];
    const { token } = await one.token();
    expect((await two.lookup(token, await one.create())).status).toBe(200);
    expect((await two.token()).token).toBe(token);
    expect(readdirSync(data).filter((name) => name.includes('new'))).toEqual([]);

    const database = new DatabaseSync(databaseFile(data), { readOnly: true });
    const column = (sql: string) =>
      database
        .prepare(sql)
        .all()
        .flatMap((row) => Object.values(row));
    expect(column('PRAGMA integrity_check')).toEqual(['ok']);
    expect(column('PRAGMA foreign_key_check')).toEqual([]);
    expect(column('PRAGMA user_version')).toEqual([MIGRATIONS]);
    expect(column('SELECT name FROM stamp ORDER BY name')).toEqual(['mode']);
    expect(column('SELECT user_code FROM merchants ORDER BY id')).toEqual(['imp00000000', 'imp00000001']);
    expect(column('SELECT count(*) FROM channels')).toEqual([6]);
    expect(column('SELECT count(*) FROM api_keys')).toEqual([2]);
    database.close();
    one.close();
    two.close();
    for (const bonin of both) expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  }
});
