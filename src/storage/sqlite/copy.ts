import { closeSync, fsyncSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { OVERHEAD } from '../../core/sealed-text.ts';
import { APPLICATION_ID, BUSY_TIMEOUT, MIGRATIONS } from './open.ts';

/** The salts of a folder of copies: one file, which every backup writes anew. */
export const SALTS_FILE = 'salts.db';
/** The copies of a folder: the time in the name, in UTC. */
export const COPY_NAME = /^bonin-[0-9TZ.-]+\.db$/;

/** The tables of a file of salts, as the steps of a schema. */
export const SALTS_SCHEMA: readonly string[] = [
  'CREATE TABLE salts (id INTEGER PRIMARY KEY, sealing BLOB NOT NULL, salt BLOB NOT NULL) STRICT',
];

/** Every sealed text begins with a nonce and a tag of its own; by these a salt knows which sealing it belongs to. */
const SEALING_BYTES = OVERHEAD;

export type Values = SQLInputValue[];

/** Begins a new file that only its owner may read, to be filled fast and made durable at its end. */
export function beginFile(file: string, schema: readonly string[]): DatabaseSync {
  closeSync(openSync(file, 'wx', 0o600));
  // Tables are filled in any order; `isWhole` asks whether what points to others finds them.
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: false });
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN');
  for (const sql of schema) database.exec(sql);
  return database;
}

/** Begins a database of ours with a version of the schema, and nothing in it. */
export function beginDatabase(file: string, version: number): DatabaseSync {
  const database = beginFile(file, MIGRATIONS.slice(0, version));
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`);
  return database;
}

/** One table that our own steps of the schema have made. */
export interface MadeTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * Copies the rows of all tables of `to`, which have been made by our own steps, from tables of the same names. Each row
 * is copied as `change` returns it, whose types the tables check; null leaves it out.
 */
export function copyRows(
  from: DatabaseSync,
  to: DatabaseSync,
  change: (table: MadeTable, row: Values) => Values | null,
): void {
  for (const table of tablesOf(to)) {
    const { name, columns } = table;
    const read = from.prepare(`SELECT ${columns.join(', ')} FROM ${name}`);
    read.setReturnArrays(true);
    const write = to.prepare(
      `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    for (const found of read.iterate()) {
      const row = change(table, found as unknown as Values);
      if (row !== null) write.run(...row);
    }
  }
}

function tablesOf(database: DatabaseSync): readonly MadeTable[] {
  return database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    .all()
    .map(({ name }) => ({
      name: String(name),
      columns: database
        .prepare('SELECT name FROM pragma_table_info(?)')
        .all(String(name))
        .map((column) => String(column['name'])),
    }));
}

/** The value of a column in a row. */
export function cellOf({ columns }: MadeTable, row: Values, column: string): SQLInputValue {
  return row[columns.indexOf(column)] ?? null;
}

/** A row with another value in one of its columns. */
export function withCell({ columns }: MadeTable, row: Values, column: string, value: SQLInputValue): Values {
  return row.with(columns.indexOf(column), value);
}

/** What tells one sealing of a record from another. */
export function sealingOf(table: MadeTable, row: Values): Uint8Array {
  const sealed = cellOf(table, row, 'sealed');
  return sealed instanceof Uint8Array ? sealed.subarray(0, SEALING_BYTES) : new Uint8Array();
}

export function countOf(database: DatabaseSync, what: string): number {
  return Number(Object.values(database.prepare(`SELECT count(*) FROM ${what}`).get() ?? {})[0]);
}

/** Whether SQLite finds nothing wrong with a database, and everything is there that its rows point to. */
export function isWhole(database: DatabaseSync): boolean {
  return (
    Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {})[0] === 'ok' &&
    database.prepare('PRAGMA foreign_key_check').get() === undefined
  );
}

export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
