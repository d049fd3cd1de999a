import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  ARCHIVE_TABLES,
  type Archive,
  type ArchiveRow,
  type ArchiveTable,
  type ImportStand,
} from '../../core/archive.ts';
import type { WrappedKey } from '../../core/key-ring.ts';
import type { DatabaseMark } from '../database-mark.ts';
import { checkNumbers, importMark, standOf } from '../import-stand.ts';
import { toStoreFailure } from './failures.ts';
import { insertRing, openDatabase, readRing } from './open.ts';

/** Opens the archive of `sqlite:PATH`. */
export async function openSqliteArchive(url: URL, mark: DatabaseMark): Promise<Archive> {
  return new SqliteArchive(openDatabase(decodeURIComponent(url.pathname), mark));
}

class SqliteArchive implements Archive {
  readonly mode: Archive['mode'];
  readonly ring: readonly WrappedKey[];
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.mode = this.#stamp('mode') === 'serve' ? 'serve' : 'dev';
    this.ring = attempt(() => readRing(database));
  }

  async count({ name }: ArchiveTable): Promise<number> {
    return attempt(() => Number(this.#rows(`SELECT count(*) FROM ${name}`)[0]?.[0]));
  }

  async read(table: ArchiveTable, after: number | null, count: number): Promise<readonly ArchiveRow[]> {
    const [key, ...others] = columnsOf(table);
    const sql = `SELECT ${[key, ...others].join(', ')} FROM ${table.name} WHERE ${key} > ? ORDER BY ${key} LIMIT ?`;
    return attempt(() => this.#rows(sql, after ?? Number.MIN_SAFE_INTEGER, count));
  }

  async beginImport(exportId: string, ring: readonly WrappedKey[]): Promise<ImportStand> {
    return this.#transaction(() => {
      const isEmpty = ['data_keys', ...ARCHIVE_TABLES.map(({ name }) => name)].every(
        (name) => this.#rows(`SELECT 1 FROM ${name} LIMIT 1`).length === 0,
      );
      const stamp = { import: this.#stamp('import'), imported: this.#stamp('imported') };
      const stand = standOf(exportId, stamp, isEmpty);
      if (stand.next === 0 && isEmpty) {
        insertRing(this.#database, ring);
        this.#writeStamp('import', importMark(exportId, 0));
      }
      return stand;
    });
  }

  async write(
    exportId: string,
    chunk: number,
    table: ArchiveTable,
    rows: readonly ArchiveRow[],
  ): Promise<boolean> {
    return this.#transaction(() => {
      if (this.#stamp('import') !== importMark(exportId, chunk)) return false;
      checkNumbers(table, rows);
      const columns = columnsOf(table);
      const insert = this.#database.prepare(
        `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      );
      for (const row of rows) insert.run(...(row as readonly SQLInputValue[]));
      this.#writeStamp('import', importMark(exportId, chunk + 1));
      return true;
    });
  }

  async finishImport(exportId: string): Promise<void> {
    this.#transaction(() => {
      this.#database.exec("DELETE FROM stamp WHERE name = 'import'");
      this.#writeStamp('imported', exportId);
    });
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #transaction<T>(work: () => T): T {
    return attempt(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } finally {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      }
    });
  }

  #rows(sql: string, ...values: readonly SQLInputValue[]): readonly ArchiveRow[] {
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as ArchiveRow[];
  }

  #stamp(name: string): string | undefined {
    const [row] = this.#rows('SELECT value FROM stamp WHERE name = ?', name);
    return row === undefined ? undefined : String(row[0]);
  }

  #writeStamp(name: string, value: string): void {
    this.#database
      .prepare(
        'INSERT INTO stamp (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      )
      .run(name, value);
  }
}

function columnsOf({ columns }: ArchiveTable): readonly string[] {
  return columns.map(([column]) => column);
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStoreFailure(error);
  }
}
