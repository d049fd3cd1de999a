import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { alteredRing, type MasterKey } from '../../core/key-ring.ts';
import { openVault, type Vault } from '../../core/vault.ts';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/new-folder.ts';
import { markDatabase } from '../database-mark.ts';
import {
  beginDatabase,
  beginFile,
  cellOf,
  copyRows,
  countOf,
  SALTS_FILE,
  SALTS_SCHEMA,
  sealingOf,
  withCell,
} from './copy.ts';
import { describeSqliteFailure, refuseDatabase } from './failures.ts';
import { lockFolder } from './folder-lock.ts';
import { inspectSchema, openDatabase, openForReading, readRing, syncFolder } from './open.ts';
import { type Signature, SignedFile, type Signer, signFile } from './signed-file.ts';

/** Ends the name of a folder in which a backup is made. */
const UNFINISHED = '.unfinished';
/** Columns that an OTP has only while it is open. */
const OTP_CONTENT = ['digest', 'phone_digest', 'key_id', 'salt', 'sealed'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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
 * Both files are signed with the database's data key for backups; they contain this key, wrapped by a master key.
 */
export async function backupSqlite(
  file: string,
  folder: string,
  readMasterKeys: () => readonly MasterKey[],
  now: Date,
): Promise<Backup> {
  try {
    if (!existsSync(file)) throw refuseDatabase(file, 'is missing');
    const masterKeys = readMasterKeys();
    makeFolder(folder);
    inspectFolder(folder);
    const lock = lockFolder(folder, 'another backup into this folder is under way');
    try {
      // What a backup that was killed left behind may hold salts.
      for (const name of readdirSync(folder))
        if (name.endsWith(UNFINISHED)) rmSync(join(folder, name), { recursive: true });
      return backupInto(folder, inspectSource(file, masterKeys), file, now);
    } finally {
      lock.release();
    }
  } catch (error) {
    throw error instanceof AppError ? error : toBackupFailure(folder, error);
  }
}

/** Another user who may change the folder could put a link where the file is about to be written. */
function inspectFolder(folder: string): void {
  const { uid, mode } = statSync(folder);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own && uid !== 0)
    throw refuseDatabase(folder, 'belongs to another user; take a folder of your own');
  if ((mode & 0o022) !== 0) throw refuseDatabase(folder, 'may be changed by others; run chmod 700 on it');
}

function backupInto(folder: string, source: Source, file: string, now: Date): Backup {
  const { database, vault, signer } = source;
  const salts = join(folder, SALTS_FILE);
  const copy = join(folder, `bonin-${now.toISOString().replaceAll(':', '-')}.db`);
  if (isThere(copy)) throw refuseDatabase(copy, 'is already there');
  const { series, number } = isThere(salts) ? readStand(salts, source) : { series: randomUUID(), number: 0 };
  // A folder of its own, so that SQLite finds nothing beside the files that it did not make.
  const room = join(folder, `${randomUUID()}${UNFINISHED}`);
  mkdirSync(room, { mode: 0o700 });
  try {
    const [newCopy, newSalts] = [join(room, 'copy'), join(room, 'salts')];
    const certifications = copyInTwo(file, newCopy, newSalts);
    const stand = { database, series, number: number + 1 };
    signFile(newCopy, { ...stand, name: basename(copy) }, vault, signer);
    signFile(newSalts, { ...stand, name: SALTS_FILE }, vault, signer);
    // The salts first: a copy must never be newer than they are, or its last records would pass for erased ones.
    renameSync(newSalts, salts);
    syncFolder(folder);
    renameSync(newCopy, copy);
    syncFolder(folder);
    return { copy, salts, certifications };
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Where the salts of the backup before stand. The master key that wrapped their key then is not needed any more. */
function readStand(salts: string, { database, vault }: Source): Pick<Signature, 'series' | 'number'> {
  const signed = new SignedFile(salts, (_signer, found) => {
    if (found.database === database) return vault;
    throw refuseDatabase(
      salts,
      'belongs to another database, or to this one before it was restored; take another folder',
    );
  });
  signed.close();
  return signed.signature;
}

/** What is backed up. */
interface Source {
  /** Distinguishes the salts of this database from those of another; set at its first backup. */
  readonly database: string;
  readonly vault: Vault;
  readonly signer: Signer;
}

function inspectSource(file: string, masterKeys: readonly MasterKey[]): Source {
  const database = openDatabase(file, markDatabase(masterKeys, 'dev', 'export'));
  try {
    const ring = readRing(database);
    const stamped = database.prepare("SELECT value FROM stamp WHERE name = 'mode'").get()?.['value'];
    const mode = stamped === 'serve' ? 'serve' : 'dev';
    const vault = openVault(masterKeys, mode, ring);
    const key = ring.findLast(({ purpose }) => purpose === 'backups');
    if (key === undefined) throw alteredRing(file);
    database
      .prepare("INSERT INTO stamp (name, value) VALUES ('database_id', ?) ON CONFLICT (name) DO NOTHING")
      .run(randomUUID());
    const name = String(
      database.prepare("SELECT value FROM stamp WHERE name = 'database_id'").get()?.['value'],
    );
    if (!UUID.test(name)) throw refuseDatabase(file, 'is damaged: its database_id is not as Bonin makes it');
    return { database: name, vault, signer: { mode, key } };
  } finally {
    database.close();
  }
}

/** Fills both files from one moment of the database, and returns the number of certifications. */
function copyInTwo(file: string, copyFile: string, saltsFile: string): number {
  const source = openForReading(file);
  const opened = [source];
  try {
    source.exec('BEGIN');
    const version = inspectSchema(source, file);
    const copy = beginDatabase(copyFile, version);
    opened.push(copy);
    const salts = beginFile(saltsFile, SALTS_SCHEMA);
    opened.push(salts);
    const addSalt = salts.prepare('INSERT INTO salts (id, sealing, salt) VALUES (?, ?, ?)');
    copyRows(source, copy, (table, row) => {
      if (table.name === 'attempts') return null;
      // What an open code stands for is over in minutes and must not be kept for longer.
      if (table.name === 'otps')
        return OTP_CONTENT.reduce((kept, column) => withCell(table, kept, column, null), row);
      if (table.name !== 'certifications') return row;
      addSalt.run(cellOf(table, row, 'id'), sealingOf(table, row), cellOf(table, row, 'salt'));
      return withCell(table, row, 'salt', new Uint8Array());
    });
    copy.exec("INSERT INTO stamp (name, value) VALUES ('backup', '1')");
    const certifications = countOf(copy, 'certifications');
    for (const made of [copy, salts]) made.exec('COMMIT');
    return certifications;
  } finally {
    for (const database of opened) database.close();
  }
}

function toBackupFailure(folder: string, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    ERR_SQLITE_ERROR: describeSqliteFailure(error),
    ERR_OUT_OF_RANGE: 'the database holds a number that Bonin never writes',
    ENOSPC: 'the disk is full',
    EFBIG: 'the disk takes no larger file',
    EDQUOT: 'the disk is full',
  };
  return refuseDatabase(folder, reasons[code] ?? `the folder cannot be written (${code})`, error);
}
