import type { PoolClient } from 'pg';
import {
  ARCHIVE_TABLES,
  type Archive,
  type ArchiveRow,
  type ArchiveTable,
  type CellKind,
  type ImportStand,
} from '../../core/archive.ts';
import { systemClock } from '../../core/clock.ts';
import type { WrappedKey } from '../../core/key-ring.ts';
import { AppError } from '../../errors.ts';
import type { DatabaseMark } from '../database-mark.ts';
import { checkNumbers, importMark, NUMBERED, standOf } from '../import-stand.ts';
import { type Database, TYPES } from './database.ts';
import { insertRing, openDatabase } from './open.ts';
import { toWrappedKey } from './rows.ts';
import { SQL } from './statements.ts';

const TYPE_OF: Readonly<Record<CellKind, string>> = {
  integer: 'bigint',
  flag: 'boolean',
  text: 'text',
  bytes: 'bytea',
};

/** Opens the archive of `postgres://…`. */
export async function openPostgresArchive(url: URL, mark: DatabaseMark): Promise<Archive> {
  const { database, clock } = await openDatabase(url, mark, systemClock);
  // Nothing expires during an export or import.
  clock.stop();
  try {
    const stamp = new Map(
      (await ask(database, 'SELECT name, value FROM stamp')).map(([name, value]) => [name, String(value)]),
    );
    const mode = stamp.get('mode') === 'serve' ? 'serve' : 'dev';
    const ring = (await ask(database, SQL.listDataKeys)).map(toWrappedKey);
    return new PostgresArchive(database, mode, ring);
  } catch (error) {
    await database.close();
    throw error;
  }
}

class PostgresArchive implements Archive {
  readonly mode: Archive['mode'];
  readonly ring: readonly WrappedKey[];
  readonly #database: Database;

  constructor(database: Database, mode: Archive['mode'], ring: readonly WrappedKey[]) {
    this.#database = database;
    this.mode = mode;
    this.ring = ring;
  }

  async count({ name }: ArchiveTable): Promise<number> {
    return Number((await ask(this.#database, `SELECT count(*) FROM ${name}`))[0]?.[0]);
  }

  read({ name, columns }: ArchiveTable, after: number | null, count: number): Promise<readonly ArchiveRow[]> {
    const key = columns[0]?.[0];
    const shown = columns.map(([column, kind]) => (kind === 'flag' ? `${column}::integer` : column));
    return ask(
      this.#database,
      `SELECT ${shown.join(', ')} FROM ${name} WHERE ${key} > $1 ORDER BY ${key} LIMIT $2`,
      [after ?? Number.MIN_SAFE_INTEGER, count],
    );
  }

  beginImport(exportId: string, ring: readonly WrappedKey[]): Promise<ImportStand> {
    return this.#database.transaction(async (_run, client) => {
      // From here on only one process can begin. One that has begun continues, so the stamp is read before the tables.
      await query(client, "SELECT value FROM stamp WHERE name = 'schema' FOR UPDATE");
      const stamp = new Map(
        (await query(client, 'SELECT name, value FROM stamp')).map(([name, value]) => [name, String(value)]),
      );
      let isEmpty = true;
      for (const name of ['data_keys', ...ARCHIVE_TABLES.map((table) => table.name)])
        isEmpty &&= (await query(client, `SELECT 1 FROM ${name} LIMIT 1`)).length === 0;
      const begun = stamp.get('import');
      const stand = standOf(exportId, { import: begun, imported: stamp.get('imported') }, isEmpty);
      // Otherwise it was begun before, and another process may have imported a chunk since.
      if (stand.next === 0 && isEmpty) {
        await insertRing(client, ring);
        await writeStamp(client, 'import', importMark(exportId, 0));
      }
      return stand;
    });
  }

  write(exportId: string, chunk: number, table: ArchiveTable, rows: readonly ArchiveRow[]): Promise<boolean> {
    const { name, columns } = table;
    const arrays = columns.map(([column, kind], at) =>
      rows.map((row) => {
        const cell = row[at] ?? null;
        if (typeof cell === 'string' && cell.includes('\0'))
          throw new AppError('store_failed', {
            detail: `${name}: PostgreSQL keeps no text with a NUL in it, as one ${column} has`,
          });
        return kind === 'flag' ? cell === 1 : cell;
      }),
    );
    return this.#database.transaction(async (_run, client) => {
      const [mark] = await query(client, "SELECT value FROM stamp WHERE name = 'import' FOR UPDATE");
      if (mark?.[0] !== importMark(exportId, chunk)) return false;
      checkNumbers(table, rows);
      // An array for each column, so that the statement is the same for any number of rows.
      await query(
        client,
        `INSERT INTO ${name} (${columns.map(([column]) => column).join(', ')}) OVERRIDING SYSTEM VALUE
         SELECT * FROM unnest(${columns.map(([, kind], at) => `$${at + 1}::${TYPE_OF[kind]}[]`).join(', ')})`,
        arrays,
      );
      await writeStamp(client, 'import', importMark(exportId, chunk + 1));
      return true;
    });
  }

  async finishImport(exportId: string): Promise<void> {
    await this.#database.transaction(async (_run, client) => {
      for (const name of NUMBERED)
        await query(
          client,
          `SELECT setval(pg_get_serial_sequence('${name}', 'id'), max(id)) FROM ${name} HAVING max(id) IS NOT NULL`,
        );
      await query(client, "DELETE FROM stamp WHERE name = 'import'");
      await writeStamp(client, 'imported', exportId);
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** Runs one statement on any connection. */
function ask(
  database: Database,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly ArchiveRow[]> {
  return database.withClient((client) => query(client, text, values));
}

async function query(
  client: PoolClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly ArchiveRow[]> {
  const { rows } = await client.query<unknown[]>({
    text,
    values: [...values],
    rowMode: 'array',
    types: TYPES,
  });
  return rows as ArchiveRow[];
}

async function writeStamp(client: PoolClient, name: string, value: string): Promise<void> {
  await query(
    client,
    'INSERT INTO stamp (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  );
}
