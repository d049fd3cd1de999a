import type { ArchiveRow, ArchiveTable, ImportStand } from '../core/archive.ts';
import { AppError } from '../errors.ts';

/*
 * The stamp of the target records the progress of an import: `import` while it runs, with the id of the export and the
 * number of the next chunk; `imported` with the id when it has ended. A database that `bonin import` has just made has
 * the mark of an import that no file has begun, and no data keys yet.
 */

/** Why a database with `import` in its stamp cannot be served from. */
export const UNFINISHED = 'an import into it has not ended; run bonin import again with the same file';

/** The value of `import` in a database that was made for an import. */
export const AWAITS_IMPORT = 'awaited';

const MARK = /^(\S+) (\d{1,15})$/;

/** Tables whose row numbers come from the database. */
export const NUMBERED: readonly string[] = ['merchants', 'channels', 'api_keys'];
/** Far above every number in use, and far below the largest one possible. */
const LARGEST_NUMBER = 2 ** 40;

/** Refuses row numbers that a table never reaches: the next row would have no number left. */
export function checkNumbers({ name }: ArchiveTable, rows: readonly ArchiveRow[]): void {
  if (!NUMBERED.includes(name)) return;
  if (rows.some(([id]) => typeof id !== 'number' || id < 1 || id > LARGEST_NUMBER))
    throw new AppError('store_failed', { detail: 'they have numbers that Bonin does not give' });
}

/** The value of `import` when this chunk is the next one. */
export function importMark(exportId: string, chunk: number): string {
  return `${exportId} ${chunk}`;
}

/** The chunk at which an import starts, by these values of the stamp; `start_refused` for another database. */
export function standOf(
  exportId: string,
  stamp: { readonly import: string | undefined; readonly imported: string | undefined },
  isEmpty: boolean,
): ImportStand {
  if (stamp.import === AWAITS_IMPORT && isEmpty) return { next: 0 };
  const [, begun, next] = MARK.exec(stamp.import ?? '') ?? [];
  if (stamp.import !== undefined && begun === undefined)
    throw refuse('the database does not say how far an import into it is; make a new one');
  if (begun !== undefined && begun !== exportId)
    throw refuse(
      'another export was begun to be imported into the database; import that one, or make a new one',
    );
  if (begun !== undefined) return { next: Number(next) };
  if (stamp.imported === exportId) return { next: null };
  throw refuse('the database holds data already; an import needs a new one');
}

function refuse(detail: string): AppError {
  return new AppError('start_refused', { detail });
}
