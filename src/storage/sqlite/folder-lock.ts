import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../errors.ts';
import { describeStartFailure, isBusy, refuseDatabase } from './failures.ts';

/** A folder that only one process may use. */
export interface FolderLock {
  release(): void;
}

const { O_CREAT, O_RDWR, O_NOFOLLOW = 0 } = constants;

/**
 * Locks a folder until `release` or the end of the process, even by SIGKILL; `start_refused` with the words `taken`
 * when another process has it. The lock is an empty file called `name`, locked by SQLite; a file with content is
 * refused, since SQLite would read it.
 */
export function lockFolder(folder: string, taken: string, name = 'lock'): FolderLock {
  const file = join(folder, name);
  try {
    const locked = lockFile(file);
    if (locked !== null) return locked;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refuseDatabase(folder, isBusy(error) ? taken : describeStartFailure(error), error);
  }
  throw refuseDatabase(folder, taken);
}

/** Null when another process has removed the file meanwhile: then nothing is locked. */
function lockFile(file: string): FolderLock | null {
  const descriptor = openEmpty(file);
  // While it is open, no other file gets its inode number. To close it would end SQLite's lock as well.
  const { ino } = fstatSync(descriptor);
  const isThere = () => lstatSync(file, { throwIfNoEntry: false })?.ino === ino;
  let database: DatabaseSync | null = null;
  const release = () => {
    database?.close();
    closeSync(descriptor);
  };
  try {
    // `rw` does not make the file anew when it is gone.
    database = new DatabaseSync(new URL('?mode=rw', pathToFileURL(file)), { timeout: 0 });
    // Nothing is written, not even a journal, so it works on a full disk.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
  } catch (error) {
    const isGone = !isThere();
    release();
    if (isGone) return null;
    throw error;
  }
  if (!isThere()) {
    release();
    return null;
  }
  return {
    release() {
      rmSync(file, { force: true });
      release();
    },
  };
}

function openEmpty(file: string): number {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  const isRight = stat === undefined || (stat.isFile() && stat.size === 0);
  if (!isRight) throw refuseDatabase(file, 'is not a lock of Bonin; look what it is, and remove it');
  return openSync(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
}
