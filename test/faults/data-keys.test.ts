import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import type { MasterKey } from '../../src/core/key-ring.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { visitorFrom } from '../support/callers.ts';
import { Client } from '../support/client.ts';
import { startNode } from '../support/production-nodes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* The data keys of a database when processes die or start at the same moment, and when somebody alters them. */

const REWRAPPER = join(import.meta.dirname, '../support/dying-rewrapper.ts');
const SECRET = 'SecretOfDataKeys/1234567890';
const SHOP = {
  name: '가상상점',
  userCode: 'imp00000001',
  keys: [{ impKey: 'data-keys', impSecret: SECRET }],
  channels: [],
};
const [first, second] = [1, 2].map((id) => ({ ...newMasterKey(), id })) as [MasterKey, MasterKey];

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

/** An empty database, and how to ask it something beside the store. */
interface Place {
  readonly databaseUrl: string;
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}
const ENGINES: Readonly<Record<string, () => Promise<Place>>> = {
  SQLite: async () => {
    const file = join(temporaryFolder(), 'bonin.db');
    return {
      databaseUrl: `sqlite:${file}`,
      async sql(text) {
        using database = new DatabaseSync(file, { timeout: 5000 });
        return database.prepare(text).all();
      },
    };
  },
  PostgreSQL: async () => {
    const databaseUrl = await server.newDatabase();
    return { databaseUrl, sql: (text) => ask(databaseUrl, text) };
  },
};

interface Line {
  readonly alarm?: boolean;
  readonly error?: { readonly code: string };
}

/** Starts production on a database, closes it again and gives what was logged. */
async function start(
  { databaseUrl }: Place,
  masterKeys: readonly MasterKey[],
  use: (app: Awaited<ReturnType<typeof createApp>>) => Promise<unknown> = async () => {},
) {
  const lines: Line[] = [];
  const log = createLog('error', { write: (line) => void lines.push(JSON.parse(line) as Line) });
  const opened = await createApp({ policy: SERVE_POLICY, databaseUrl, masterKeys, log }).catch(
    (error: { code?: string; message?: string }) => error,
  );
  if (!('merchants' in opened)) return { code: opened.code, message: opened.message, lines };
  await use(opened);
  await opened.close();
  return { code: null, message: null, lines };
}

const wrappers = async (place: Place) =>
  (await place.sql('SELECT DISTINCT master_key_id FROM data_keys')).map((row) => row['master_key_id']);

it('are one ring for processes that start at once on one PostgreSQL database, with another master key too', async () => {
  const place = await (ENGINES['PostgreSQL'] as () => Promise<Place>)();
  for (const masterKeys of [[first], [first, second]]) {
    const nodes = await Promise.all([1, 2, 3, 4].map(() => startNode(place.databaseUrl, masterKeys)));
    try {
      if (masterKeys.length === 1) await start(place, masterKeys, (app) => app.merchants.save(SHOP));
      const clients = nodes.map(({ url }) => new Client(url));
      const tokens = await Promise.all(clients.map((client) => client.token('data-keys', SECRET)));
      // Each process would make and check tokens with its own ring.
      expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
      for (const client of clients) client.close();
    } finally {
      for (const { child } of nodes) child.kill('SIGKILL');
    }
  }
  expect(await wrappers(place)).toEqual([2]);
});

describe.for(Object.keys(ENGINES))('the data keys of %s', (engine) => {
  const newPlace = () => (ENGINES[engine] as () => Promise<Place>)();

  it('are all as before when the process dies while another master key wraps them', async () => {
    const place = await newPlace();
    await start(place, [first], (app) => app.merchants.save(SHOP));
    const child = spawn(process.execPath, [REWRAPPER], {
      env: {
        DATABASE_URL: place.databaseUrl,
        MASTER_KEYS: [first, second].map(({ secret }) => Buffer.from(secret).toString('hex')).join(','),
      },
      stdio: 'inherit',
    });
    const signal = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
    expect(await wrappers(place)).toEqual([1]);
    const credentials = { impKey: 'data-keys', impSecret: SECRET };
    const isUsed = (masterKeys: readonly MasterKey[]) =>
      start(place, masterKeys, (app) => app.tokens.issue(visitorFrom(), credentials));
    expect(await isUsed([first])).toMatchObject({ code: null });
    expect(await isUsed([first, second])).toMatchObject({ code: null });
    expect(await wrappers(place)).toEqual([2]);
    expect(await isUsed([second])).toMatchObject({ code: null });
  });

  it('are one ring when many start at once, on a new database and with another master key', async () => {
    const place = await newPlace();
    const starts = (masterKeys: readonly MasterKey[]) =>
      Promise.all(
        Array.from({ length: 4 }, (_, number) =>
          start(place, masterKeys, (app) =>
            app.merchants.save({ ...SHOP, userCode: `imp1000000${number}`, keys: [] }),
          ),
        ),
      );
    for (const masterKeys of [[first], [first, second], [second]])
      for (const { code, message } of await starts(masterKeys)) expect(code, message ?? '').toBeNull();
    expect(await wrappers(place)).toEqual([2]);
    // Proofs by another key than that of the ring would be refused.
    await start(place, [second], async (app) => expect(await app.merchants.list()).toHaveLength(4));
  });

  const text = (bytes: string) => (engine === 'SQLite' ? `x'${bytes}'` : `'\\x${bytes}'::bytea`);
  const otherFormat =
    engine === 'SQLite'
      ? "CAST(x'02' || substr(wrapped, 2) AS BLOB)"
      : "'\\x02'::bytea || substring(wrapped from 2)";
  const ALTERATIONS: Readonly<Record<string, string>> = {
    'two wrapped keys are exchanged':
      'UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys AS o WHERE o.id = 3 - data_keys.id) WHERE id < 3',
    'a key is called by another purpose': "UPDATE data_keys SET purpose = 'codes' WHERE purpose = 'proofs'",
    'a key has another number': 'UPDATE data_keys SET id = 99 WHERE id = 1',
    'a key has another time': 'UPDATE data_keys SET created_at = created_at + 1 WHERE id = 1',
    'a key is said to be wrapped by another master key':
      'UPDATE data_keys SET master_key_id = 2 WHERE id = 1',
    'a key has another format': `UPDATE data_keys SET wrapped = ${otherFormat} WHERE id = 1`,
    'a key is empty': `UPDATE data_keys SET wrapped = ${text('')} WHERE id = 1`,
    'a key is gone': "DELETE FROM data_keys WHERE purpose = 'codes'",
    'all keys are gone': 'DELETE FROM data_keys',
    'a key more is there': `INSERT INTO data_keys VALUES (99, 'records', 1, ${text('0101')}, 1)`,
  };
  it.each(Object.entries(ALTERATIONS))('stop the start with an alarm when %s', async (_what, sql) => {
    const place = await newPlace();
    await start(place, [first]);
    await place.sql(sql);
    const before = await place.sql('SELECT * FROM data_keys ORDER BY id');
    const { code, message, lines } = await start(place, [first, second]);
    expect(code).toBe('sealed_data_unreadable');
    expect(message).toMatch(/: the data keys in it were altered$/);
    expect(lines).toEqual([expect.objectContaining({ alarm: true })]);
    expect(await place.sql('SELECT * FROM data_keys ORDER BY id')).toEqual(before);
  });

  it('do not open when a database of serve is called one of dev, or is opened with a foreign key', async () => {
    const place = await newPlace();
    await start(place, [first]);
    const foreign = /was sealed with a master key that is not among the keys given$/;
    expect((await start(place, [second])).message).toMatch(foreign);
    expect((await start(place, [{ ...first, secret: second.secret }])).message).toMatch(foreign);
    await place.sql("UPDATE stamp SET value = 'dev' WHERE name = 'mode'");
    expect((await start(place, [first])).message).toMatch(
      /belongs to the mode dev and is never opened by serve$/,
    );
    const dev = await createApp({
      policy: { ...SERVE_POLICY, mode: 'dev' },
      databaseUrl: place.databaseUrl,
      masterKeys: [first],
      log: createLog('silent'),
    }).catch((error: { message?: string }) => error);
    expect(dev).toMatchObject({ message: expect.stringMatching(foreign) });
  });
});
