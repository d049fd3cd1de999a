import { closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../errors.ts';
import { describeStartFailure, isBusy, refuseDatabase } from './failures.ts';

/** A folder that only one process may use. */
export interface FolderLock {
  release(): void;
}

/**
 * Locks a folder until `release` or the end of the process, even by SIGKILL; `start_refused` with the words `taken` when
 * another process has it. The lock is an empty file called `name`; a file with content is refused, since SQLite would
 * read it.
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

/** Null when another process has removed the file since it was opened: then nothing is locked. */
function lockFile(file: string): FolderLock | null {
  const before = lstatSync(file, { throwIfNoEntry: false });
  if (before === undefined) closeSync(openSync(file, 'a', 0o600));
  else if (!before.isFile() || before.size > 0)
    throw refuseDatabase(file, 'is not a lock of Bonin; look what it is, and remove it');
  const { ino } = lstatSync(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Nothing is written, not even a journal, so it works on a full disk.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
  } catch (error) {
    database.close();
    if (before === undefined && !isBusy(error)) rmSync(file, { force: true });
    throw error;
  }
  if (lstatSync(file, { throwIfNoEntry: false })?.ino !== ino) {
    database.close();
    return null;
  }
  return {
    release() {
      rmSync(file, { force: true });
      database.close();
    },
  };
}
