import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../errors.ts';
import type { DatabaseMark } from '../index.ts';
import {
  beginFile,
  COPY_NAME,
  copyTables,
  countOf,
  digestFile,
  isWhole,
  SALTS_FILE,
  SEALING,
  syncFile,
} from './copy.ts';
import { refuseDatabase, toStoreFailure } from './failures.ts';
import { BUSY_TIMEOUT, inspectFile, removeDatabase, syncFolder } from './open.ts';

/** What a restored database is made of, in certifications. */
export interface Restored {
  readonly copy: string;
  readonly certifications: number;
  /** In the copy, but erased before the last backup: erased in the restored database as well. */
  readonly erased: number;
  /** In the copy, but sealed anew since, so that its salt is gone: erased as well. */
  readonly changed: number;
  /** Made between the copy and the last backup: not in the restored database. */
  readonly later: number;
  /** Open when the copy was made: expired in the restored database. */
  readonly expired: number;
}

/**
 * Makes the database `file` from a dated copy, or the newest one of a folder, and the salts beside it. What has no
 * salt any more is left out and its id stays used. A database that is there already is refused.
 */
export async function restoreSqlite(
  from: string,
  file: string,
  recognises: DatabaseMark['recognises'],
  now: number,
): Promise<Restored> {
  try {
    if (existsSync(file)) throw refuseDatabase(file, 'is there already; restore into a new folder');
    const copy = chooseCopy(from);
    const salts = join(dirname(copy), SALTS_FILE);
    await inspectCopy(copy, salts);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const passing = `${file}.new-${randomUUID()}`;
    try {
      const restored = joinSalts(passing, copy, salts, now);
      inspectFile(passing, { mode: 'dev', keyMark: '', recognises, use: 'export' });
      syncFile(passing);
      linkSync(passing, file);
      syncFolder(dirname(file));
      return { copy, ...restored };
    } finally {
      removeDatabase(passing);
    }
  } catch (error) {
    throw error instanceof AppError ? error : toRestoreFailure(from, error);
  }
}

function chooseCopy(from: string): string {
  if (!existsSync(from)) throw refuseDatabase(from, 'is missing');
  if (!statSync(from).isDirectory()) return from;
  const newest = readdirSync(from)
    .filter((name) => COPY_NAME.test(name))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw refuseDatabase(from, 'holds no copy of a database');
  return join(from, newest);
}

/** A copy is taken only as it was made, and only with salts that are as new as it is. */
async function inspectCopy(copy: string, salts: string): Promise<void> {
  if (!existsSync(salts))
    throw refuseDatabase(salts, 'is missing; without the salts nothing in the copy can be opened');
  const digest = await digestFile(copy);
  const database = new DatabaseSync(salts, { readOnly: true, timeout: BUSY_TIMEOUT });
  try {
    if (!isWhole(database)) throw refuseDatabase(salts, 'is damaged');
    if (countOf(database, 'SELECT count(*) FROM copies WHERE sha256 = ?', digest) === 0)
      throw refuseDatabase(
        copy,
        `is not as it was made, or ${basename(salts)} beside it is older or of another folder`,
      );
  } finally {
    database.close();
  }
}

/** Joins a copy with the salts. */
function joinSalts(file: string, copy: string, salts: string, now: number): Omit<Restored, 'copy'> {
  const database = beginFile(file);
  try {
    database.prepare('ATTACH ? AS source').run(copy);
    database.prepare('ATTACH ? AS salts').run(salts);
    database.exec('BEGIN');
    copyTables(database, {
      without: [],
      salt: 's.salt',
      more: `JOIN salts.salts s ON s.id = c.id AND s.sealing = ${SEALING}`,
    });
    const count = (sql: string) => countOf(database, `SELECT count(*) FROM ${sql}`);
    const gone = 'source.certifications WHERE id NOT IN (SELECT id FROM main.certifications)';
    const restored = {
      certifications: count('main.certifications'),
      erased: count('source.certifications WHERE id NOT IN (SELECT id FROM salts.salts)'),
      changed: count(`${gone} AND id IN (SELECT id FROM salts.salts)`),
      later: count('salts.salts WHERE id NOT IN (SELECT id FROM source.certifications)'),
      expired: count("main.certifications WHERE state = 'pending'"),
    };
    database.exec(`
      INSERT INTO main.erasures (id, merchant_id, channel_id, erased_at)
        SELECT id, merchant_id, channel_id, ${now} FROM ${gone};
      DELETE FROM main.otps WHERE id NOT IN (SELECT id FROM main.certifications);
      UPDATE main.otps SET ended = 'late' WHERE ended IS NULL
        AND id IN (SELECT id FROM main.certifications WHERE state = 'pending');
      UPDATE main.certifications SET state = 'expired' WHERE state = 'pending';
      DELETE FROM main.stamp WHERE name IN ('backup', 'database_id');
      COMMIT; DETACH source; DETACH salts`);
    if (!isWhole(database)) throw refuseDatabase(file, 'did not come out whole');
    database.exec('PRAGMA journal_mode = WAL');
    return restored;
  } finally {
    database.close();
  }
}

function toRestoreFailure(from: string, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_SQLITE')) return toStoreFailure(error);
  const reason =
    code === 'ENOSPC' ? 'the disk is full' : `cannot be read, or the target not be made (${code})`;
  return refuseDatabase(from, reason, error);
}
