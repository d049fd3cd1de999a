import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../errors.ts';
import { beginFile, copyTables, countOf, digestFile, SALTS_FILE, SEALING, syncFile } from './copy.ts';
import { refuseDatabase, toStoreFailure } from './failures.ts';
import { BUSY_TIMEOUT, openDatabase, syncFolder } from './open.ts';

const UNFINISHED = '.unfinished';

/** A backup that was made. */
export interface Backup {
  /** The dated copy, which opens nothing without the salts. */
  readonly copy: string;
  readonly salts: string;
  readonly certifications: number;
}

/**
 * Copies the database at `file` into a folder while others write to it: a dated copy of one moment without salts, and
 * the salts of that moment over those of the backup before, so that what was erased since is gone from all copies.
 * Attempts on the page are left out: they are over in a quarter of an hour, and what was typed in them must go then.
 */
export async function backupSqlite(file: string, folder: string, now: Date): Promise<Backup> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = lockFolder(folder);
    try {
      // What a backup that was killed left behind may hold salts.
      for (const name of readdirSync(folder)) if (name.endsWith(UNFINISHED)) rmSync(join(folder, name));
      return await backupInto(folder, nameDatabase(file), file, now);
    } finally {
      lock.close();
    }
  } catch (error) {
    throw error instanceof AppError ? error : toBackupFailure(folder, error);
  }
}

async function backupInto(folder: string, databaseId: string, file: string, now: Date): Promise<Backup> {
  const salts = join(folder, SALTS_FILE);
  const copy = join(folder, `bonin-${now.toISOString().replaceAll(':', '-')}.db`);
  if (existsSync(copy)) throw refuseDatabase(copy, 'is already there');
  const known = existsSync(salts) ? readKnownCopies(salts, databaseId) : [];
  const [newCopy, newSalts] = [copy + UNFINISHED, salts + UNFINISHED];
  const certifications = copyInTwo(file, newCopy, newSalts, databaseId);
  syncFile(newCopy);
  addKnownCopies(newSalts, [...known, await digestFile(newCopy)]);
  syncFile(newSalts);
  // The salts first: a copy must never be newer than they are, or its last records would pass for erased ones.
  renameSync(newSalts, salts);
  syncFolder(folder);
  renameSync(newCopy, copy);
  syncFolder(folder);
  return { copy, salts, certifications };
}

/** Held until it is closed or the process ends, however that comes. */
function lockFolder(folder: string): DatabaseSync {
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw refuseDatabase(folder, 'another backup into this folder is under way', error);
  }
}

/** The name under which the salts of this database are told from those of another; given at its first backup. */
function nameDatabase(file: string): string {
  // Nothing is opened that is sealed, so no key is asked for.
  const database = openDatabase(file, {
    mode: 'dev',
    keyMark: '',
    recognises: () => true,
    use: 'export',
  });
  try {
    database
      .prepare("INSERT INTO stamp (name, value) VALUES ('database_id', ?) ON CONFLICT (name) DO NOTHING")
      .run(randomUUID());
    return String(database.prepare("SELECT value FROM stamp WHERE name = 'database_id'").get()?.['value']);
  } finally {
    database.close();
  }
}

/** Fills both files from one moment of the database, and gives the number of certifications. */
function copyInTwo(file: string, copy: string, salts: string, databaseId: string): number {
  beginFile(salts).close();
  const database = beginFile(copy);
  try {
    database.prepare('ATTACH ? AS source').run(file);
    database.prepare('ATTACH ? AS salts').run(salts);
    database.exec('PRAGMA salts.journal_mode = MEMORY; PRAGMA salts.synchronous = OFF; BEGIN');
    copyTables(database, { without: ['attempts'], salt: "x''", more: '' });
    database.exec(`
      INSERT INTO main.stamp (name, value) VALUES ('backup', '1');
      CREATE TABLE salts.stamp (database_id TEXT NOT NULL) STRICT;
      CREATE TABLE salts.copies (sha256 TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      CREATE TABLE salts.salts (id INTEGER PRIMARY KEY, sealing BLOB NOT NULL, salt BLOB NOT NULL) STRICT;
      INSERT INTO salts.salts SELECT id, ${SEALING}, salt FROM source.certifications ORDER BY id`);
    database.prepare('INSERT INTO salts.stamp (database_id) VALUES (?)').run(databaseId);
    const certifications = countOf(database, 'SELECT count(*) FROM main.certifications');
    database.exec('COMMIT');
    return certifications;
  } finally {
    database.close();
  }
}

function readKnownCopies(salts: string, databaseId: string): readonly string[] {
  const database = new DatabaseSync(salts, { readOnly: true, timeout: BUSY_TIMEOUT });
  try {
    const found = database.prepare('SELECT database_id FROM stamp').get()?.['database_id'];
    if (found !== databaseId)
      throw refuseDatabase(
        salts,
        'belongs to another database, or to this one before it was restored; take another folder',
      );
    return database
      .prepare('SELECT sha256 FROM copies')
      .all()
      .map(({ sha256 }) => String(sha256));
  } finally {
    database.close();
  }
}

function addKnownCopies(salts: string, digests: readonly string[]): void {
  const database = new DatabaseSync(salts, { timeout: BUSY_TIMEOUT });
  try {
    const insert = database.prepare('INSERT INTO copies (sha256) VALUES (?) ON CONFLICT DO NOTHING');
    for (const digest of digests) insert.run(digest);
  } finally {
    database.close();
  }
}

function toBackupFailure(folder: string, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_SQLITE')) return toStoreFailure(error);
  const reason = code === 'ENOSPC' ? 'the disk is full' : `the folder cannot be written (${code})`;
  return refuseDatabase(folder, reason, error);
}
