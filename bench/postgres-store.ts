import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { createProgress } from '../src/cli/progress.ts';
import { readMasterKeys } from '../src/config/master-keys.ts';
import { ARCHIVE_TABLES } from '../src/core/archive.ts';
import { createLog } from '../src/log.ts';
import { createApp } from '../src/server/mount.ts';
import { SERVE_POLICY } from '../src/server/policy.ts';
import { ask, OWNER, type PostgresServer, startPostgres } from '../test/contract/postgres-server.ts';
import { type BenchStore, makeStoreRoot } from './build-store.ts';
import { readFamilyTime } from './server-process.ts';

/** Rows of one statement. */
const CHUNK = 5000;
/** The small tables that a lookup reads, those first that others point to. */
const SMALL_TABLES = ['merchants', 'channels', 'api_keys'].map((table) => ({
  table,
  columns: ARCHIVE_TABLES.find(({ name }) => name === table)?.columns.map(([column]) => column) ?? [],
}));

/** A PostgreSQL server for the stores of the benchmark. It keeps its data between runs where it can. */
export function startBenchPostgres(): Promise<PostgresServer> {
  const root = makeStoreRoot();
  const isKept = canServerReach(root);
  if (!isKept)
    process.stderr.write(`PostgreSQL does not run as root and cannot reach ${root}; its data is not kept.\n`);
  return startPostgres({
    ...(isKept && { keptIn: join(root, 'postgres') }),
    settings: {
      // A quarter of the memory, as its manual advises.
      shared_buffers: `${Math.round(totalmem() / 4 / 2 ** 20)}MB`,
      max_wal_size: '4GB',
      max_connections: '100',
    },
  });
}

/** Whether the user that the server runs as gets through every folder on the way; for root that is another one. */
function canServerReach(folder: string): boolean {
  if (OWNER.uid === undefined) return true;
  const isOpen = (statSync(folder).mode & 0o001) !== 0;
  return isOpen && (dirname(folder) === folder || canServerReach(dirname(folder)));
}

/** The URL of a database with the same rows as `store`, kept from an earlier run or copied now. */
export async function ensureDatabase(server: PostgresServer, store: BenchStore): Promise<string> {
  const name = `rows_${store.rows}`;
  const url = `postgres://postgres@127.0.0.1:${server.port}/${name}`;
  const mark = join(store.folder, 'in-postgres');
  const fingerprint = JSON.parse(readFileSync(join(store.folder, 'store.json'), 'utf8'))
    .fingerprint as string;
  if (existsSync(mark) && readFileSync(mark, 'utf8') === fingerprint && (await exists(server, name)))
    return url;
  rmSync(mark, { force: true });
  await onServer(server, 'postgres', async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
    await client.query(`CREATE DATABASE ${name}`);
  });
  // Makes the tables.
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: url,
    masterKeys: readMasterKeys(join(store.folder, 'master.keys'), false),
    log: createLog('silent'),
  });
  await app.close();
  await onServer(server, name, (client) => copy(store, client));
  writeFileSync(mark, fingerprint);
  return url;
}

/** Forgets the tokens of an earlier run, so that none of this one's ends within it. */
export async function forgetTokensIn(databaseUrl: string): Promise<void> {
  await ask(databaseUrl, 'DELETE FROM access_tokens');
}

/** Brings the table into the system's cache, as `readThrough` does with the file of SQLite. */
export async function readThroughIn(databaseUrl: string): Promise<void> {
  await ask(databaseUrl, 'SELECT sum(length(sealed)) FROM certifications');
}

/** Processor time that the processes of the database server have used so far, in microseconds. */
export function readServerTime(server: PostgresServer): number {
  return readFamilyTime(server.pid());
}

async function exists(server: PostgresServer, name: string): Promise<boolean> {
  return onServer(server, 'postgres', async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    return rowCount === 1;
  });
}

async function onServer<T>(
  { port }: PostgresServer,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/${database}` });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function copy({ folder, rows }: BenchStore, client: Client): Promise<void> {
  const source = new DatabaseSync(join(folder, 'bonin.db'), { readOnly: true });
  await client.query('SET synchronous_commit = off');
  for (const { table, columns } of SMALL_TABLES) {
    const all = source.prepare(`SELECT ${columns.join(', ')} FROM ${table}`).all();
    for (const row of all)
      await client.query(
        `INSERT INTO ${table} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
         VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
        columns.map((column) => row[column] ?? null),
      );
    await client.query(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), max(id)) FROM ${table}`);
  }
  const showProgress = createProgress(`Copying ${rows.toLocaleString('en-US')} rows to PostgreSQL`, rows);
  const select = source.prepare(
    `SELECT id, merchant_id, channel_id, state, requested_at, certified_at, key_id, salt, sealed
     FROM certifications`,
  );
  select.setReturnArrays(true);
  const columns: unknown[][] = Array.from({ length: 9 }, () => []);
  let copied = 0;
  const flush = async () => {
    await client.query({
      name: 'copy',
      text: `INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, certified_at,
          key_id, salt, sealed)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[],
          $7::integer[], $8::bytea[], $9::bytea[])`,
      values: columns,
    });
    copied += columns[0]?.length ?? 0;
    for (const column of columns) column.length = 0;
    showProgress(copied);
  };
  for (const row of select.iterate() as Iterable<unknown>) {
    for (const [at, value] of (row as unknown[]).entries())
      columns[at]?.push(value instanceof Uint8Array ? Buffer.from(value) : value);
    if (columns[0]?.length === CHUNK) await flush();
  }
  if (columns[0]?.length) await flush();
  source.close();
  await client.query('VACUUM (ANALYZE) certifications');
  await client.query('CHECKPOINT');
}
