import { existsSync, linkSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type MasterKey, openKeys } from '../../core/key-ring.ts';
import { Vault } from '../../core/vault.ts';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/new-folder.ts';
import { markDatabase } from '../database-mark.ts';
import {
  beginDatabase,
  COPY_NAME,
  cellOf,
  copyRows,
  countOf,
  isWhole,
  SALTS_FILE,
  SALTS_SCHEMA,
  sealingOf,
  syncFile,
  withCell,
} from './copy.ts';
import { describeSqliteFailure, refuseDatabase } from './failures.ts';
import { lockFolder } from './folder-lock.ts';
import { inspectFile, inspectSchema, openForReading, syncFolder } from './open.ts';
import { findStranger } from './schema.ts';
import { SignedFile, type Signer } from './signed-file.ts';

/** Numbers of certifications of a restoration. */
export interface Restored {
  readonly copy: string;
  readonly certifications: number;
  /** In the copy, but erased before the last backup: also erased in the restored database. */
  readonly erased: number;
  /** In the copy, but sealed anew since, so that its salt is gone: erased as well. */
  readonly changed: number;
  /** Made between the copy and the last backup: not in the restored database. */
  readonly later: number;
  /** Open when the copy was made: expired in the restored database. */
  readonly expired: number;
}

/**
 * Creates the database `file` from a dated copy, or the newest one of a folder, and the salts beside it. A record
 * without a salt is left out, and its id stays used. An existing database is refused.
 *
 * A user who can write into the folder must not control the result. So both files need a MAC under a data key that the
 * master keys open, and a private copy of the checked bytes is opened. Tables are created by our own steps of the
 * schema, and rows are copied into them: no SQL of a file runs.
 */
export async function restoreSqlite(
  from: string,
  file: string,
  masterKeys: readonly MasterKey[],
  now: number,
): Promise<Restored> {
  const opened: SignedFile[] = [];
  let copy = from;
  try {
    if (existsSync(file)) throw refuseDatabase(file, 'is there already; restore into a new folder');
    copy = chooseCopy(from);
    const [signedCopy, signedSalts] = openSigned(copy, join(dirname(copy), SALTS_FILE), masterKeys, opened);
    makeFolder(dirname(file));
    return { copy, ...restoreInto(file, signedCopy, signedSalts, masterKeys, now) };
  } catch (error) {
    throw error instanceof AppError ? error : toRestoreFailure(copy, error);
  } finally {
    for (const signed of opened) signed.close();
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

/** Accepts only an unchanged copy, with salts that are at least as new. */
function openSigned(
  copy: string,
  salts: string,
  masterKeys: readonly MasterKey[],
  opened: SignedFile[],
): readonly [SignedFile, SignedFile] {
  if (lstatSync(salts, { throwIfNoEntry: false }) === undefined)
    throw refuseDatabase(salts, 'is missing; without the salts nothing in the copy can be opened');
  const open = (file: string) => {
    const signed = new SignedFile(file, (signer) => openSigner(file, signer, masterKeys));
    opened.push(signed);
    return signed;
  };
  const [signedCopy, signedSalts] = [open(copy), open(salts)];
  const [ofCopy, ofSalts] = [signedCopy.signature, signedSalts.signature];
  if (ofCopy.database !== ofSalts.database)
    throw refuseDatabase(copy, `is of another database than ${SALTS_FILE} beside it`);
  if (ofCopy.series !== ofSalts.series || ofCopy.number > ofSalts.number)
    throw refuseDatabase(copy, `${SALTS_FILE} beside it is older, or of another folder`);
  // A broken file is found before anything is created at the target.
  for (const signed of opened) signed.check();
  return [signedCopy, signedSalts];
}

/** The data key that signed a file. It is wrapped by the master key of then, whatever wraps it in the database now. */
export function openSigner(file: string, { mode, key }: Signer, masterKeys: readonly MasterKey[]): Vault {
  const opened = openKeys(masterKeys, mode, [key]);
  if ('keys' in opened) return new Vault(opened.keys);
  throw refuseDatabase(
    file,
    `was made with a master key that is not among the keys given (number ${key.masterKeyId} of then)`,
  );
}

function restoreInto(
  file: string,
  copy: SignedFile,
  salts: SignedFile,
  masterKeys: readonly MasterKey[],
  now: number,
): Omit<Restored, 'copy'> {
  const room = `${file}.restoring`;
  makeFolder(room);
  if (!lstatSync(room).isDirectory()) throw refuseDatabase(room, 'is not a folder; remove it');
  const lock = lockFolder(room, 'another process restores into it');
  try {
    // A killed restoration leaves a file with salts behind.
    for (const name of readdirSync(room)) if (name !== 'lock') rmSync(join(room, name), { recursive: true });
    const [copyFile, saltsFile, made] = [join(room, 'copy'), join(room, 'salts'), join(room, 'made')];
    copy.takeOut(copyFile);
    salts.takeOut(saltsFile);
    const restored = joinSalts(
      made,
      { file: copyFile, of: copy.file },
      { file: saltsFile, of: salts.file },
      now,
    );
    // Removed first, so that it does not stay behind if the process is killed after the rename.
    for (const each of [copyFile, saltsFile]) rmSync(each);
    inspectFile(made, markDatabase(masterKeys, 'dev', 'export'));
    syncFile(made);
    linkSync(made, file);
    syncFolder(dirname(file));
    return restored;
  } finally {
    rmSync(room, { recursive: true, force: true });
    lock.release();
  }
}

/** The private copy of a file, and its name in messages. */
interface Taken {
  readonly file: string;
  readonly of: string;
}

/** Makes a database of the rows of a copy and of the salts. */
function joinSalts(made: string, copied: Taken, salted: Taken, now: number): Omit<Restored, 'copy'> {
  const opened: DatabaseSync[] = [];
  const open = (database: DatabaseSync) => {
    opened.push(database);
    return database;
  };
  try {
    const copy = open(openForReading(copied.file));
    const version = inspectSchema(copy, copied.of);
    const salts = open(openForReading(salted.file));
    const stranger = findStranger(salts, SALTS_SCHEMA);
    if (stranger !== null) throw refuseDatabase(salted.of, stranger);
    // One lock for all rows, instead of one each.
    for (const source of [copy, salts]) source.exec('BEGIN');
    const database = open(beginDatabase(made, version));
    const findSalt = salts.prepare('SELECT sealing, salt FROM salts WHERE id = ?');
    const addErasure = database.prepare(
      'INSERT INTO erasures (id, merchant_id, channel_id, erased_at) VALUES (?, ?, ?, ?)',
    );
    let [known, erased, changed] = [0, 0, 0];
    copyRows(copy, database, (table, row) => {
      if (table.name !== 'certifications') return row;
      const id = cellOf(table, row, 'id');
      const found = findSalt.get(id);
      if (found !== undefined) known++;
      if (found !== undefined && isEqual(found['sealing'], sealingOf(table, row)))
        return withCell(table, row, 'salt', found['salt'] ?? null);
      if (found === undefined) erased++;
      else changed++;
      addErasure.run(id, cellOf(table, row, 'merchant_id'), cellOf(table, row, 'channel_id'), now);
      return null;
    });
    const restored = {
      certifications: countOf(database, 'certifications'),
      erased,
      changed,
      later: countOf(salts, 'salts') - known,
      expired: countOf(database, "certifications WHERE state = 'pending'"),
    };
    database.exec(`
      DELETE FROM otps WHERE id NOT IN (SELECT id FROM certifications);
      UPDATE otps SET ended = 'late' WHERE ended IS NULL
        AND id IN (SELECT id FROM certifications WHERE state = 'pending');
      UPDATE certifications SET state = 'expired' WHERE state = 'pending';
      DELETE FROM stamp WHERE name IN ('backup', 'database_id');
      COMMIT`);
    if (!isWhole(database)) throw refuseDatabase(copied.of, 'does not make a whole database');
    database.exec('PRAGMA journal_mode = WAL');
    return restored;
  } finally {
    for (const database of opened) database.close();
  }
}

function isEqual(some: unknown, other: Uint8Array): boolean {
  return some instanceof Uint8Array && Buffer.compare(some, other) === 0;
}

function toRestoreFailure(copy: string, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    ERR_SQLITE_ERROR: describeSqliteFailure(error),
    ERR_OUT_OF_RANGE: 'holds a number that Bonin never writes',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk is full',
    EFBIG: 'the disk takes no larger file',
  };
  return refuseDatabase(copy, reasons[code] ?? `cannot be read, or the target not be made (${code})`, error);
}
