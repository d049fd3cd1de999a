import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { ARCHIVE_TABLES } from '../../core/archive.ts';
import type { Clock } from '../../core/clock.ts';
import type { WrappedKey } from '../../core/key-ring.ts';
import { AppError } from '../../errors.ts';
import { type DatabaseMark, type Inspection, requireRing } from '../database-mark.ts';
import { AWAITS_IMPORT, UNFINISHED } from '../import-stand.ts';
import { readMigrations, type SchemaChange } from '../migrate.ts';
import { type Address, readAddress } from './address.ts';
import { Database, type Row, TYPES } from './database.ts';
import { sqlState } from './failures.ts';
import { toWrappedKey } from './rows.ts';
import { SharedClock } from './shared-clock.ts';
import { SQL } from './statements.ts';

const MIGRATIONS = readMigrations(new URL('./migrations/', import.meta.url), ['0001-schema.sql']);

/** In the stamp of every database of Bonin. */
const APPLICATION = 'bonin';
/** The time limit of a step of the schema, in milliseconds: it may rewrite a large table. */
const MIGRATION_TIMEOUT = 3_600_000;
/** The time limit of a statement of an archive, in milliseconds: it may count a large table. */
const ARCHIVE_TIMEOUT = 600_000;
/** Errors of the slower of two processes that make the first tables: a table's or row type's name is taken. */
const TAKEN: ReadonlySet<string> = new Set(['23505', '42P07', '42710']);
/** Errors for a foreign table with the name of one of ours. */
const NO_SUCH_COLUMN = '42703';
const MOST_TRIES = 20;
const PAUSE = 50;

/** The content of a database: nothing, foreign tables, or our stamp and data keys. */
type Found =
  | { readonly kind: 'empty' }
  | { readonly kind: 'foreign' }
  | {
      readonly kind: 'ours';
      readonly stamp: ReadonlyMap<string, string>;
      readonly ring: readonly WrappedKey[];
    };

export interface SharedDatabase {
  readonly database: Database;
  readonly clock: SharedClock;
}

/**
 * Connects, and creates or updates the tables. A database that is foreign, newer, of the other mode or of another
 * master key is refused with one sentence and not changed. `machine` is this machine's clock.
 */
export async function openDatabase(url: URL, mark: DatabaseMark, machine: Clock): Promise<SharedDatabase> {
  return openWith(url, mark, async (database) => {
    const clock = new SharedClock(database, machine);
    await clock.start();
    return { database, clock };
  });
}

/** Connects, creates or updates the tables, and closes the connections; refuses as `openDatabase` does. */
export async function migratePostgres(url: URL, mark: DatabaseMark): Promise<SchemaChange> {
  return openWith(url, mark, async (database, from) => {
    await database.close();
    return { from, to: MIGRATIONS.length };
  });
}

/** `use` gets the connections and the number of the last step of the schema that was there, 0 for none. */
async function openWith<T>(
  url: URL,
  mark: DatabaseMark,
  use: (database: Database, from: number) => Promise<T>,
): Promise<T> {
  const address = readAddress(url);
  const database = new Database(address, mark.use === undefined ? undefined : ARCHIVE_TIMEOUT);
  try {
    await database.withClient(async (client) => {
      await inspectServer(client, address);
      await inspectSchema(client, address);
    });
    return await use(database, await migrate(database, address, mark));
  } catch (error) {
    await database.close();
    throw toRefusal(error, address);
  }
}

/** Looks at a database without changing anything; refuses what `openDatabase` would refuse. */
export async function lookAtDatabase(url: URL, mark: DatabaseMark, machine: Clock): Promise<Inspection> {
  const address = readAddress(url);
  const database = new Database(address);
  try {
    const found = await database.withClient(async (client) => {
      await inspectServer(client, address);
      await inspectSchema(client, address);
      return look(client);
    });
    const version = inspect(found, address, mark);
    const clock = new SharedClock(database, machine);
    await clock.measure();
    const isOurs = found.kind === 'ours';
    return {
      ring: isOurs ? found.ring : [],
      stepsMissing: isOurs ? MIGRATIONS.length - version : null,
      clockAhead: clock.now() - machine.now(),
    };
  } catch (error) {
    throw toRefusal(error, address);
  } finally {
    await database.close();
  }
}

/** A failure of the database is the reason of a refused start. */
function toRefusal(error: unknown, address: Address): unknown {
  return error instanceof AppError && (error.code === 'store_failed' || error.code === 'store_unavailable')
    ? refuse(address, error.detail ?? 'the database failed', error.cause)
    : error;
}

/** Refuses a server whose settings would break durability or correctness. */
async function inspectServer(client: PoolClient, address: Address): Promise<void> {
  const { rows } = await client.query<Record<string, string | null>>(
    `SELECT current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS commits,
       current_schema() AS schema`,
  );
  const { encoding, commits, schema } = rows[0] ?? {};
  if (encoding !== 'UTF8') throw refuse(address, 'the database does not hold texts in UTF-8');
  if (commits === 'off')
    throw refuse(address, 'the server is set to lose what it confirmed (synchronous_commit = off)');
  if (schema === null) throw refuse(address, 'the database user has no schema to keep tables in');
}

/**
 * Finds what runs with our statements, or hides rows from them, and is not ours: triggers, rules and policies on our
 * tables, and anything that has the name of one of our tables and is not a table. Other views, functions and tables do
 * no harm.
 */
const STRANGERS = `
  WITH here AS (SELECT * FROM pg_catalog.pg_class WHERE relnamespace = current_schema()::regnamespace)
  SELECT 'trigger' AS type, tgname AS name FROM pg_catalog.pg_trigger
    WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM here)
  UNION ALL SELECT 'rule', rulename FROM pg_catalog.pg_rewrite
    WHERE ev_class IN (SELECT oid FROM here WHERE relkind NOT IN ('v', 'm'))
  UNION ALL SELECT 'policy', polname FROM pg_catalog.pg_policy WHERE polrelid IN (SELECT oid FROM here)
  UNION ALL SELECT 'view', relname FROM here WHERE relkind IN ('v', 'm', 'f') AND relname = ANY ($1)
  LIMIT 1`;
const OUR_TABLES: readonly string[] = [
  'stamp',
  'turns',
  'data_keys',
  'jobs',
  ...ARCHIVE_TABLES.map(({ name }) => name),
];
const LONGEST_NAME = 60;

/** Refuses a schema in which foreign code would run with our statements. */
async function inspectSchema(client: PoolClient, address: Address): Promise<void> {
  const { rows } = await client.query<{ type: string; name: string }>(STRANGERS, [OUR_TABLES]);
  const [stranger] = rows;
  if (stranger === undefined) return;
  const name = stranger.name.slice(0, LONGEST_NAME).replace(/[^\x20-\x7e]/g, '?');
  throw refuse(address, `holds something that Bonin has not made (${stranger.type} ${name})`);
}

/**
 * Runs the steps of the schema that are missing, each once, even when several processes start at the same moment.
 * Returns the number of the last step that was there.
 */
async function migrate(database: Database, address: Address, mark: DatabaseMark): Promise<number> {
  const found = inspect(await database.withClient(look), address, mark);
  if (found === MIGRATIONS.length) return found;
  for (let count = 1; ; count++) {
    try {
      return await database.transaction((_run, client) => migrateOn(client, address, mark));
    } catch (error) {
      if (!(error instanceof Overtaken) || count >= MOST_TRIES) throw error;
      await sleep(Math.random() * PAUSE);
    }
  }
}

class Overtaken extends AppError {
  constructor() {
    super('store_failed', { detail: 'another program makes tables in the database' });
  }
}

async function migrateOn(client: PoolClient, address: Address, mark: DatabaseMark): Promise<number> {
  await client.query(`SET LOCAL statement_timeout = ${MIGRATION_TIMEOUT}`);
  if ((await look(client)).kind === 'ours')
    // From here on one process at a time.
    await client.query(patiently("SELECT value FROM stamp WHERE name = 'schema' FOR UPDATE"));
  const found = await look(client);
  const version = inspect(found, address, mark);
  for (const sql of MIGRATIONS.slice(version)) await runStep(client, sql);
  const stamp =
    found.kind === 'ours'
      ? []
      : [
          ['application', APPLICATION],
          ['mode', mark.mode],
        ];
  for (const entry of [...stamp, ['schema', String(MIGRATIONS.length)]])
    await client.query(
      'INSERT INTO stamp (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      entry,
    );
  if (found.kind === 'ours') return version;
  if (mark.use === 'import')
    await client.query("INSERT INTO stamp (name, value) VALUES ('import', $1)", [AWAITS_IMPORT]);
  else await insertRing(client, mark.createRing());
  return version;
}

/** Stores data keys, in a transaction. */
export async function insertRing(client: PoolClient, ring: readonly WrappedKey[]): Promise<void> {
  for (const { id, purpose, masterKeyId, wrapped, createdAt } of ring)
    await client.query(
      'INSERT INTO data_keys (id, purpose, master_key_id, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)',
      [id, purpose, masterKeyId, wrapped, createdAt],
    );
}

async function runStep(client: PoolClient, sql: string): Promise<void> {
  try {
    await client.query(patiently(sql));
  } catch (error) {
    throw TAKEN.has(sqlState(error) ?? '') ? new Overtaken() : error;
  }
}

/** The driver has a time limit of its own, which `SET` does not change. */
function patiently(text: string) {
  return { text, query_timeout: MIGRATION_TIMEOUT };
}

/** Reads the schema that tables are made in, without changing anything. */
async function look(client: PoolClient): Promise<Found> {
  const tables = await client.query<{ table_name: string }>(
    `SELECT table_name FROM information_schema.tables
     WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`,
  );
  const names = new Set(tables.rows.map(({ table_name }) => table_name));
  if (names.size === 0) return { kind: 'empty' };
  if (!['stamp', 'certifications', 'data_keys'].every((name) => names.has(name))) return { kind: 'foreign' };
  try {
    const { rows } = await client.query<{ name: string; value: string }>('SELECT name, value FROM stamp');
    const stamp = new Map(rows.map(({ name, value }) => [name, value]));
    if (stamp.get('application') !== APPLICATION) return { kind: 'foreign' };
    const ring = await client.query<unknown[]>({ text: SQL.listDataKeys, rowMode: 'array', types: TYPES });
    return { kind: 'ours', stamp, ring: ring.rows.map((row: Row) => toWrappedKey(row)) };
  } catch (error) {
    if (sqlState(error) === NO_SUCH_COLUMN) return { kind: 'foreign' };
    throw error;
  }
}

/** The version of the schema that was found, 0 for none; or the refusal to touch it. */
function inspect(found: Found, address: Address, mark: DatabaseMark): number {
  if (found.kind === 'empty') {
    if (mark.use === 'export') throw refuse(address, 'holds nothing of Bonin');
    return 0;
  }
  if (found.kind === 'foreign')
    throw refuse(address, 'holds tables of another program; Bonin needs a database of its own');
  const version = Number(found.stamp.get('schema'));
  if (version > MIGRATIONS.length)
    throw refuse(
      address,
      `was made by a newer Bonin (schema ${version}, this one knows ${MIGRATIONS.length})`,
    );
  const mode = found.stamp.get('mode');
  if (mark.use !== 'export' && mode !== mark.mode)
    throw refuse(address, `belongs to the mode ${String(mode)} and is never opened by ${mark.mode}`);
  const { stamp, ring } = found;
  // An import brings them.
  if (ring.length > 0 || (stamp.get('import') !== AWAITS_IMPORT && mark.use !== 'import'))
    requireRing(mark, { ring, mode: String(mode), name: address.name }, (reason) => refuse(address, reason));
  if (mark.use !== 'import' && stamp.has('import')) throw refuse(address, UNFINISHED);
  return version;
}

function refuse({ name }: Address, reason: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail: `${name}: ${reason}`, cause });
}
