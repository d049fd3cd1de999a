import { AppError } from '../../errors.ts';

/** SQLite's primary result codes that an operator can act on (https://sqlite.org/rescode.html). */
const SENTENCES: Readonly<Record<number, string>> = {
  5: 'the database is locked by another program',
  7: 'the process has no memory left',
  8: 'the database is read-only',
  10: 'the disk under the database cannot be read or written',
  11: 'the database is damaged',
  13: 'the disk under the database is full',
  14: 'the database cannot be opened',
  26: 'the file is not a database',
};

/** Temporary errors among these: retry, or free disk space. */
const PASSING: ReadonlySet<number> = new Set([5, 7, 8, 10, 13, 14]);
const OUT_OF_ROOM: ReadonlySet<number> = new Set([8, 10, 13]);

function resultCode(thrown: unknown): number | null {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return null;
  return Number(thrown.errcode) & 0xff;
}

/** The sentence for an error of SQLite, without any value of a statement. */
export function describeSqliteFailure(thrown: unknown): string {
  const code = resultCode(thrown);
  if (code === null) return 'the database failed';
  return SENTENCES[code] ?? `the database failed with SQLite code ${code}`;
}

/** The sentence for an error of opening a database or a folder. */
export function describeStartFailure(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'the folder cannot be written';
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a file stands where the folder should be';
  return describeSqliteFailure(thrown);
}

/** Whether another process has the lock. */
export function isBusy(thrown: unknown): boolean {
  return resultCode(thrown) === 5;
}

/** Whether the disk refused a write: it is full, broken or set read-only. */
export function isOutOfRoom(thrown: unknown): boolean {
  return OUT_OF_ROOM.has(resultCode(thrown) ?? -1);
}

/** A number that is larger than any that Bonin writes. */
function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof RangeError && 'code' in thrown && thrown.code === 'ERR_OUT_OF_RANGE';
}

/** Turns an error of SQLite into `store_unavailable` or `store_failed`; an `AppError` stays as it is. */
export function toStoreFailure(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isTooLarge(thrown))
    return new AppError('sealed_data_unreadable', { detail: 'a number in the database was altered' });
  const code = PASSING.has(resultCode(thrown) ?? -1) ? 'store_unavailable' : 'store_failed';
  return new AppError(code, { detail: describeSqliteFailure(thrown), cause: thrown });
}

/** The error for a start that is refused because of `file`. */
export function refuseDatabase(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail: `${file}: ${reason}`, cause });
}
