import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { BUSY_TIMEOUT } from './open.ts';

/** The salts of a folder of copies: one file, which every backup writes anew. */
export const SALTS_FILE = 'salts.db';
/** The copies of a folder: the time in the name, in UTC. */
export const COPY_NAME = /^bonin-[0-9TZ.-]+\.db$/;
/** Every sealed text begins with a nonce and a tag of its own; by these a salt knows which sealing it belongs to. */
export const SEALING = 'substr(sealed, 1, 28)';

/** Begins a new file that only its owner may read, to be filled fast and made durable at its end by `syncFile`. */
export function beginFile(file: string): DatabaseSync {
  closeSync(openSync(file, 'wx', 0o600));
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536');
  return database;
}

/**
 * Makes the tables of the attached database `source` in `database`, with all rows but those of `without`; `salt` is
 * what stands for the salt of a certification, and `more` what its SELECT goes on with.
 */
export function copyTables(
  database: DatabaseSync,
  {
    without,
    salt,
    more,
  }: { readonly without: readonly string[]; readonly salt: string; readonly more: string },
): void {
  const made = database.prepare(
    "SELECT type, name, sql FROM source.sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index', rowid",
  );
  for (const { type, name, sql } of made.all() as { type: string; name: string; sql: string }[]) {
    database.exec(sql);
    if (type !== 'table' || without.includes(name)) continue;
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(name);
    const shown = columns.map((column) => {
      if (name !== 'certifications') return String(column['name']);
      return column['name'] === 'salt' ? salt : `c.${String(column['name'])}`;
    });
    const rest = name === 'certifications' ? `c ${more} ORDER BY c.id` : '';
    database.exec(`INSERT INTO main.${name} SELECT ${shown.join(', ')} FROM source.${name} ${rest}`);
  }
  for (const pragma of ['application_id', 'user_version']) {
    const value = Object.values(database.prepare(`PRAGMA source.${pragma}`).get() ?? {})[0];
    database.exec(`PRAGMA main.${pragma} = ${Number(value)}`);
  }
}

export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** SHA-256 of a file, as hex. */
export async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

export function countOf(database: DatabaseSync, sql: string, ...values: readonly string[]): number {
  return Number(Object.values(database.prepare(sql).get(...values) ?? {})[0]);
}

/** Whether SQLite finds nothing wrong with a database. */
export function isWhole(database: DatabaseSync): boolean {
  return Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {})[0] === 'ok';
}
