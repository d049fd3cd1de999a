import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { WrappedKey } from '../../core/key-ring.ts';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/new-folder.ts';
import { requireTrustedFile, requireTrustedFolder, type Trust } from '../../files/trusted-file.ts';
import { type DatabaseMark, type Inspection, requireRing } from '../database-mark.ts';
import { AWAITS_IMPORT, UNFINISHED } from '../import-stand.ts';
import { readMigrations, type SchemaChange } from '../migrate.ts';
import { describeStartFailure, refuseDatabase } from './failures.ts';
import { findStranger } from './schema.ts';

/** The steps of the schema. */
export const MIGRATIONS = readMigrations(new URL('./migrations/', import.meta.url), ['0001-schema.sql']);

/** `BONI`, in the header of every database of Bonin: a foreign file is recognized before it is opened. */
export const APPLICATION_ID = 0x424f4e49;
/** Bytes of the file that are memory-mapped: SQLite's upper limit. Saves a copy of each page. */
const MAPPED = 0x7fff0000;
/** How long a statement waits for a lock of another process, in milliseconds. */
export const BUSY_TIMEOUT = 5000;
/** Databases up to this size are checked completely at every start; for a larger one it takes too long. */
const LARGEST_CHECKED_AT_START = 64 * 1024 * 1024;

/**
 * Opens the database at `file`, or creates it. A file that is damaged, foreign, newer, read-only or of the other mode
 * is refused with one sentence and not changed.
 */
export function openDatabase(file: string, mark: DatabaseMark): DatabaseSync {
  return openAndMigrate(file, mark).database;
}

/** Creates the database at `file` or updates its schema, and closes it; refuses as `openDatabase` does. */
export async function migrateSqlite(url: URL, mark: DatabaseMark): Promise<SchemaChange> {
  const { database, schema } = openAndMigrate(decodeURIComponent(url.pathname), mark);
  database.close();
  return schema;
}

function openAndMigrate(
  file: string,
  mark: DatabaseMark,
): { readonly database: DatabaseSync; readonly schema: SchemaChange } {
  const to = MIGRATIONS.length;
  try {
    if (file === ':memory:') return { database: createInMemory(mark), schema: { from: 0, to } };
    let isNew = false;
    if (!existsSync(file)) {
      if (mark.use === 'export') throw refuseDatabase(file, 'is missing');
      isNew = createFile(file, mark);
    }
    inspectFile(file, mark);
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
    try {
      configure(database);
      const found = migrate(database, file);
      return { database, schema: { from: isNew ? 0 : found, to } };
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refuseDatabase(file, describeStartFailure(error), error);
  }
}

/** Pages that a savepoint puts aside stay in memory: a temporary file would hold what is about to be erased. */
function configure(database: DatabaseSync): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
    PRAGMA mmap_size = ${MAPPED};
  `);
}

function createInMemory(mark: DatabaseMark): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  configure(database);
  applyFirst(database, mark);
  return database;
}

/**
 * Creates the database under a temporary name and renames it, so that a file at `file` is always complete. Of two
 * processes that start together, one renames its file and the other one uses it; returns whether it was this one.
 */
function createFile(file: string, mark: DatabaseMark): boolean {
  requireTrustedFolder(dirname(file), trustOf(mark));
  makeFolder(dirname(file));
  const passing = `${file}.new-${randomUUID()}`;
  try {
    closeSync(openSync(passing, 'wx', 0o600));
    const database = new DatabaseSync(passing);
    try {
      database.exec('PRAGMA synchronous = FULL');
      applyFirst(database, mark);
      database.exec('PRAGMA journal_mode = WAL');
    } finally {
      database.close();
    }
    let isOurs = true;
    try {
      linkSync(passing, file);
    } catch (error) {
      if (!existsSync(file)) throw error;
      isOurs = false;
    }
    syncFolder(dirname(file));
    return isOurs;
  } finally {
    removeDatabase(passing);
  }
}

function applyFirst(database: DatabaseSync, mark: DatabaseMark): void {
  database.exec('BEGIN IMMEDIATE');
  for (const sql of MIGRATIONS) database.exec(sql);
  const insert = database.prepare('INSERT INTO stamp (name, value) VALUES (?, ?)');
  insert.run('mode', mark.mode);
  if (mark.use === 'import') insert.run('import', AWAITS_IMPORT);
  else insertRing(database, mark.createRing());
  database.exec(
    `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`,
  );
}

const COMPANIONS = ['-journal', '-wal', '-shm'];

/** A database contains digests, ids and times in clear; in `dev` they belong to nobody. */
function trustOf({ mode, use }: DatabaseMark): Trust {
  const dev = mode === 'dev' && use === undefined;
  return { secret: !dev, dev, hasCompanions: true };
}

/** Refuses a database that others could read or change, also through the files that SQLite reads beside it. */
function requireTrustedDatabase(file: string, mark: DatabaseMark): void {
  const trust = trustOf(mark);
  const path = requireTrustedFile(file, trust);
  for (const suffix of COMPANIONS)
    try {
      requireTrustedFile(path + suffix, trust);
    } catch (error) {
      // They come and go with the processes that use the database.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
}

export function removeDatabase(file: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(`${file}${suffix}`, { force: true });
}

export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Looks at the database at `file` without changing anything; refuses what `openDatabase` would refuse. */
export function lookAtDatabase(file: string, mark: DatabaseMark): Inspection {
  try {
    if (!existsSync(file)) {
      requireTrustedFolder(dirname(file), trustOf(mark));
      return { ring: [], stepsMissing: null, clockAhead: 0 };
    }
    inspectFile(file, mark);
    const database = openForReading(file);
    try {
      const stepsMissing = MIGRATIONS.length - schemaVersion(database);
      return { ring: readRing(database), stepsMissing, clockAhead: 0 };
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refuseDatabase(file, describeStartFailure(error), error);
  }
}

/** Reads the file without writing, its header first: SQLite would create files beside any file that it opens. */
export function inspectFile(file: string, mark: DatabaseMark): void {
  const stat = statSync(file);
  if (!stat.isFile()) throw refuseDatabase(file, 'is not a file');
  requireTrustedDatabase(file, mark);
  const header = readHeader(file);
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0')
    throw refuseDatabase(file, 'is not a database of Bonin, or its beginning is damaged');
  if (header.readUInt32BE(68) !== APPLICATION_ID)
    throw refuseDatabase(file, 'is a database of another program');
  // The mode bits are also checked for the superuser, who could write to the file anyway.
  if ((stat.mode & 0o222) === 0) throw refuseDatabase(file, 'is read-only');
  try {
    accessSync(file, constants.W_OK);
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw refuseDatabase(file, 'is read-only', error);
  }
  const database = openForReading(file);
  try {
    // In one transaction, because another process may be changing the schema.
    database.exec('BEGIN');
    inspectSchema(database, file);
    inspectContent(database, file, stat.size, mark);
  } finally {
    database.close();
  }
}

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(100);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return header;
}

/** Opens a file whose schema is not checked yet: writes nothing, and runs no code of its schema. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, {
    readOnly: true,
    timeout: BUSY_TIMEOUT,
    allowExtension: false,
    defensive: true,
    limits: { attach: 0 },
  });
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
  return database;
}

/**
 * Returns the version of a schema that is exactly ours; any other is refused before a table is read. In a transaction.
 */
export function inspectSchema(database: DatabaseSync, file: string): number {
  const version = schemaVersion(database);
  if (version > MIGRATIONS.length)
    throw refuseDatabase(
      file,
      `was made by a newer Bonin (schema ${version}, this one knows ${MIGRATIONS.length})`,
    );
  if (version < 1) throw refuseDatabase(file, 'is damaged: it does not say which schema it has');
  const stranger = findStranger(database, MIGRATIONS.slice(0, version));
  if (stranger !== null) throw refuseDatabase(file, stranger);
  return version;
}

function inspectContent(database: DatabaseSync, file: string, size: number, mark: DatabaseMark): void {
  if (size <= LARGEST_CHECKED_AT_START) {
    const finding = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    if (finding !== 'ok') throw refuseDatabase(file, 'the database is damaged');
  }
  const stamp = database.prepare('SELECT value FROM stamp WHERE name = ?');
  const mode = stamp.get('mode')?.['value'];
  if (mark.use !== 'export' && mode !== mark.mode)
    throw refuseDatabase(file, `belongs to the mode ${String(mode)} and is never opened by ${mark.mode}`);
  const importing = stamp.get('import')?.['value'];
  const ring = readRing(database);
  // An import brings them.
  if (ring.length > 0 || (importing !== AWAITS_IMPORT && mark.use !== 'import'))
    requireRing(mark, { ring, mode: String(mode), name: file }, (reason) => refuseDatabase(file, reason));
  if (mark.use !== 'import' && importing !== undefined) throw refuseDatabase(file, UNFINISHED);
  if (stamp.get('backup') !== undefined)
    throw refuseDatabase(file, 'is a backup, which has no salts; bonin restore makes a database of it');
}

/** The data keys, by their numbers. */
export function readRing(database: DatabaseSync): readonly WrappedKey[] {
  const read = database.prepare(
    'SELECT id, purpose, master_key_id AS masterKeyId, wrapped, created_at AS createdAt FROM data_keys ORDER BY id',
  );
  return read.all() as unknown as readonly WrappedKey[];
}

/** Stores data keys, in a transaction. */
export function insertRing(database: DatabaseSync, ring: readonly WrappedKey[]): void {
  const insert = database.prepare(
    'INSERT INTO data_keys (id, purpose, master_key_id, wrapped, created_at) VALUES (?, ?, ?, ?, ?)',
  );
  for (const { id, purpose, masterKeyId, wrapped, createdAt } of ring)
    insert.run(id, purpose, masterKeyId, wrapped, createdAt);
}

function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

/**
 * Runs the steps of the schema that are missing, each once, even when several processes start at the same moment.
 * Returns the number of the last step that was there.
 */
function migrate(database: DatabaseSync, file: string): number {
  if (schemaVersion(database) === MIGRATIONS.length) return MIGRATIONS.length;
  database.exec('BEGIN IMMEDIATE');
  try {
    const found = schemaVersion(database);
    if (found > MIGRATIONS.length) throw refuseDatabase(file, 'was made by a newer Bonin');
    for (const sql of MIGRATIONS.slice(found)) database.exec(sql);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
    return found;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
