import { closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../errors.ts';
import { describeStartFailure, isBusy, refuseDatabase } from './failures.ts';

/** A folder that is kept for one process. */
export interface FolderLock {
  release(): void;
}

/**
 * Keeps others from working in a folder, until it is released or the process ends, however that comes; `start_refused`
 * with the words `taken` when somebody else has it. What stands in the place of the lock, a file called `name`, must be
 * nothing that SQLite would read.
 */
export function lockFolder(folder: string, taken: string, name = 'lock'): FolderLock {
  const file = join(folder, name);
  try {
    return lock(file) ?? fail(folder, taken);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refuseDatabase(folder, isBusy(error) ? taken : describeStartFailure(error), error);
  }
}

/** Null when it turns out to be a lock on nothing. */
function lock(file: string): FolderLock | null {
  const before = lstatSync(file, { throwIfNoEntry: false });
  if (before === undefined) closeSync(openSync(file, 'a', 0o600));
  else if (!before.isFile() || before.size > 0)
    throw refuseDatabase(file, 'is not a lock of Bonin; look what it is, and remove it');
  const { ino } = lstatSync(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Without a journal beside it: a full disk does not matter, since nothing is written.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    // Whoever had it may have taken its file away just now.
    if (lstatSync(file, { throwIfNoEntry: false })?.ino === ino)
      return {
        release() {
          rmSync(file, { force: true });
          database.close();
        },
      };
  } catch (error) {
    database.close();
    if (before === undefined && !isBusy(error)) rmSync(file, { force: true });
    throw error;
  }
  database.close();
  return null;
}

function fail(folder: string, reason: string): never {
  throw refuseDatabase(folder, reason);
}
