import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Client, textOf } from '../support/client.ts';
import { Journal } from '../support/journal.ts';
import { type Bonin, runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const STORES = 4;
const KILLS_EACH = 50;
const WRITERS = 4;
/** Writers of every second store: its transactions hold the writes of many of them. */
const MANY_WRITERS = 32;
/** What a kill waits for in each round, so that it comes under load on a slow machine as well. */
const ANSWERS_BEFORE_KILL = 5;
/** Rounds whose records are all looked up after the next start; the rest wait for the end. */
const CHECKED_ROUNDS = 3;
const KEY_PAIRS = 8;

const keyOf = (number: number) => `crash_key_${number}`;
const secretOf = (number: number) => `crash_secret_${number}`;

/** Several key pairs, so that first tokens are issued in the middle of the crashes and not only before them. */
const SEED = {
  merchants: Array.from({ length: KEY_PAIRS }, (_, number) => ({
    id: `M${number}`,
    user_code: `imp9000000${number}`,
    imp_key: keyOf(number),
    imp_secret: secretOf(number),
    channels: [{ channel_key: `crash-${number}`, pg_provider: 'danal', pg_id: `CRASH${number}` }],
  })),
  certifications: [],
};

interface Store {
  readonly name: string;
  readonly folder: string;
  readonly seedFile: string;
  readonly journal: Journal;
  readonly writers: number;
}

test('whatever was answered 200 is still so after 200 kill -9 under load', {
  timeout: 1_200_000,
}, async () => {
  const stores = Array.from({ length: STORES }, (_, number): Store => {
    const folder = temporaryFolder();
    const seedFile = join(folder, 'seed.json');
    writeFileSync(seedFile, JSON.stringify(SEED));
    const writers = number % 2 === 0 ? WRITERS : MANY_WRITERS;
    return { name: `s${number}`, folder: join(folder, 'data'), seedFile, journal: new Journal(), writers };
  });

  await Promise.all(stores.map(crashAgainAndAgain));

  const sum = (count: (journal: Journal) => number) =>
    stores.reduce((total, { journal }) => total + count(journal), 0);
  const created = sum((journal) => journal.created);
  const erased = sum((journal) => journal.erased);
  const tokens = sum((journal) => journal.tokens.size);
  const unanswered = sum((journal) => journal.attempted.size) - created;
  process.stdout.write(
    `${STORES * KILLS_EACH} kills; acknowledged: ${created} creates, ${erased} deletes, ${tokens} tokens; ` +
      `${unanswered} creates without an answer\n`,
  );
  // Fewer would mean that the kills did not come under load.
  expect(created).toBeGreaterThan(STORES * KILLS_EACH);
  expect(erased).toBeGreaterThan(STORES * KILLS_EACH * 0.25);
  expect(unanswered).toBeGreaterThan(0);
});

test('a start that is killed at any moment leaves a folder on which the next one starts', {
  timeout: 300_000,
}, async () => {
  const before = performance.now();
  const whole = await startBonin(['--data', temporaryFolder()]);
  const startTakes = performance.now() - before;
  await whole.stop();
  for (let round = 0; round < 20; round++) {
    const folder = temporaryFolder();
    // From before the first line of code runs to when the server is up.
    const killed = await runBonin(['dev', '--port', '0', '--data', folder], {
      killAfter: ((round % 10) + Math.random()) * (startTakes / 9),
    });
    expect(killed, killed.stderr).toMatchObject({ code: null, signal: 'SIGKILL', stderr: '' });
    const bonin = await startBonin(['--data', folder]);
    const client = new Client(bonin.url);
    const { token } = await client.token();
    expect((await client.lookup(token, await client.create())).status).toBe(200);
    client.close();
    expect(await bonin.stop()).toEqual({ code: 0, signal: null });
    // A file under its passing name may stay; it never got to hold anything.
    const named = readdirSync(folder).filter((name) => !name.includes('.new-'));
    expect(named.sort()).toEqual(['bonin.db', 'master.keys']);
  }
});

async function crashAgainAndAgain(store: Store): Promise<void> {
  for (let round = 0; round < KILLS_EACH; round++) {
    const bonin = await start(store);
    const client = new Client(bonin.url, store.writers * 2);
    await verify(store, client, round - CHECKED_ROUNDS);
    await writeUntilKilled(store, bonin, client, round);
    client.close();
  }
  const bonin = await start(store);
  const client = new Client(bonin.url, WRITERS * 2);
  await verify(store, client, 0);
  await verifyDatabase(store, client);
  client.close();
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
}

function start({ folder, seedFile }: Store): Promise<Bonin> {
  return startBonin(['--data', folder, '--seed', seedFile]);
}

async function writeUntilKilled(store: Store, bonin: Bonin, client: Client, round: number): Promise<void> {
  const { journal } = store;
  let killed = false;
  let sent = 0;
  let answered = 0;
  const loaded = Promise.withResolvers<void>();
  const write = async (writer: number): Promise<void> => {
    while (!killed) {
      const dice = Math.random();
      const victim = dice < 0.3 ? journal.takeLive() : null;
      try {
        if (victim !== null) {
          const answer = await client.erase(tokenOf(journal), victim);
          expect(answer.status, answer.text).toBe(200);
          journal.markErased(victim);
        } else if (dice > 0.97) {
          await fetchToken(journal, client, Math.floor(Math.random() * KEY_PAIRS));
        } else {
          const merchantUid = `${store.name}-${round}-${writer}-${sent++}`;
          journal.attempted.add(merchantUid);
          journal.keep(await client.create({ merchant_uid: merchantUid }), merchantUid, round);
        }
        if (++answered === ANSWERS_BEFORE_KILL) loaded.resolve();
      } catch (error) {
        if (victim !== null) journal.markUnsure(victim);
        // Only a connection that broke because of the kill is no failure.
        const isBroken = error instanceof Error && ('code' in error || /cut off/.test(error.message));
        if (!killed || !isBroken) throw error;
      }
    }
  };
  const writers = Array.from({ length: store.writers }, (_, writer) => write(writer));
  const kill = async () => {
    await loaded.promise;
    await sleep(Math.random() * 230);
    killed = true;
    await bonin.kill();
  };
  await Promise.all([...writers, kill()]);
  expect(await bonin.exited).toEqual({ code: null, signal: 'SIGKILL' });
}

/** Asks for a key pair's token; it must be the one that was handed out before, however often it crashed since. */
async function fetchToken(journal: Journal, client: Client, number: number): Promise<void> {
  const { token } = await client.token(keyOf(number), secretOf(number));
  const before = journal.tokens.get(keyOf(number)) ?? token;
  expect(token, `the token of ${keyOf(number)} changed`).toBe(before);
  journal.tokens.set(keyOf(number), token);
}

function tokenOf(journal: Journal): string {
  const token = journal.tokens.get(keyOf(0));
  if (token === undefined) throw new Error('no token was fetched yet');
  return token;
}

async function verify({ journal }: Store, client: Client, fromRound: number): Promise<void> {
  // The old token comes first: it must work before anything asks for it again.
  if (journal.tokens.size === 0) await fetchToken(journal, client, 0);
  const token = tokenOf(journal);
  const wanted = [...journal.entries].filter(
    ([, { round, state }]) => round >= fromRound || state === 'unsure' || state === 'erasing',
  );
  await inParallel(wanted, async ([impUid, { merchantUid, state }]) => {
    const answer = await client.lookup(token, impUid);
    expect([200, 404], answer.text).toContain(answer.status);
    const isThere = answer.status === 200;
    if (isThere) expect(answer.response?.['merchant_uid']).toBe(merchantUid);
    if (state === 'live') expect(isThere, `${impUid} was created with 200 and is gone`).toBe(true);
    else if (state === 'erased') expect(isThere, `${impUid} was deleted with 200 and is back`).toBe(false);
    else journal.settle(impUid, isThere);
  });
  await inParallel([...journal.tokens], async ([impKey, before]) => {
    const unknown = await client.lookup(before, 'imp_none');
    expect(unknown.status, `the old token of ${impKey}`).toBe(404);
  });
  for (const impKey of journal.tokens.keys())
    await fetchToken(journal, client, Number(impKey.slice(keyOf(0).length - 1)));
}

/** What nobody was told about must be whole as well: no half records, nothing twice. */
async function verifyDatabase({ folder, journal }: Store, client: Client): Promise<void> {
  const database = new DatabaseSync(join(folder, 'bonin.db'), { readOnly: true });
  const column = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .flatMap((row) => Object.values(row));
  expect(column('PRAGMA integrity_check')).toEqual(['ok']);
  const ids = column('SELECT id FROM certifications ORDER BY id');
  expect(column('SELECT id FROM certifications NATURAL JOIN erasures')).toEqual([]);
  database.close();

  const seen = new Set<string>();
  await inParallel(ids, async (id) => {
    const impUid = `imp_${String(id).padStart(12, '0')}`;
    const { status, text, response } = await client.lookup(tokenOf(journal), impUid);
    expect(status, text).toBe(200);
    const merchantUid = textOf(response, 'merchant_uid');
    expect(journal.attempted.has(merchantUid), merchantUid).toBe(true);
    expect(seen.has(merchantUid), `${merchantUid} was kept twice`).toBe(false);
    seen.add(merchantUid);
    expect(journal.entries.get(impUid)?.merchantUid ?? merchantUid).toBe(merchantUid);
  });
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: WRITERS * 2 }, worker));
}
