import type { Archive } from '../core/archive.ts';
import type { MasterKey } from '../core/key-ring.ts';
import { AppError } from '../errors.ts';
import { ChunkCheck, type RowsChunk, unpackRows } from './chunks.ts';
import { ExportFile, type ExportHeader, refuse } from './export-file.ts';
import { refuseInvented } from './invented-people.ts';
import {
  countRows,
  differences,
  measure,
  type Progress,
  type ShowProgress,
  sumOfRows,
  type TableTotal,
} from './totals.ts';

const MEGABYTE = 1_000_000;
/** What a database says of rows that it does not take. */
const REFUSALS: readonly string[] = ['store_failed', 'sealed_data_unreadable'];

export interface Imported {
  readonly totals: readonly TableTotal[];
  /** Rows that this call has written; the others stood there from an earlier one. */
  readonly written: number;
  /** Whether there was nothing to do any more. */
  readonly wasDone: boolean;
}

/**
 * Brings an export into a database that holds nothing yet, or goes on with one in which the same was broken off. The
 * file is read through before the target is opened; what the target holds in the end is read back and compared.
 */
export async function importFrom(
  file: string,
  masterKeys: readonly MasterKey[],
  openTarget: (header: ExportHeader) => Promise<Archive>,
  progress: Progress,
): Promise<Imported> {
  const input = await ExportFile.open(file, masterKeys, 'read');
  if (input === null) throw refuse(file, 'was broken off before its first chunk; export again');
  try {
    const totals = await readThrough(input, file, progress);
    if (input.header.mode === 'serve') await refuseInvented(file, masterKeys);
    const archive = await openTarget(input.header);
    try {
      const { next } = await archive.beginImport(input.header.id, input.header.ring);
      if (next === null) return { totals, written: 0, wasDone: true };
      const rows = sumOfRows(totals);
      const earlier = next === 0 ? 0 : await countRows(archive);
      const show = progress('Importing', Math.max(0, rows - earlier), 'rows');
      const written = await writeChunks(input, file, archive, next, show);
      const wrong = differences(totals, await measure(archive, progress('Comparing', rows, 'rows')));
      if (wrong !== '')
        throw refuse(
          file,
          `the database is not equal to the file (${wrong}) and stays closed; import into a new one`,
        );
      await archive.finishImport(input.header.id);
      return { totals, written, wasDone: false };
    } finally {
      await archive.close();
    }
  } finally {
    await input.close();
  }
}

/** What all tables of the file come to, after every chunk has proved to be what an export has. */
async function readThrough(
  input: ExportFile,
  file: string,
  progress: Progress,
): Promise<readonly TableTotal[]> {
  const size = await input.size();
  const show = progress('Checking', size / MEGABYTE, 'MB');
  const check = new ChunkCheck(file);
  for (;;) {
    const plain = await input.read();
    if (plain === null) throw refuse(file, 'has no end: the export was broken off; run it again first');
    show(input.position / MEGABYTE);
    if (check.take(plain) !== null) continue;
    if (input.position !== (await input.size())) throw refuse(file, 'holds something behind its end');
    return check.tally.totals();
  }
}

/** Writes the chunks from a number on, and returns the rows; the next chunk is read while the last is being written. */
async function writeChunks(
  input: ExportFile,
  file: string,
  archive: Archive,
  from: number,
  show: ShowProgress,
): Promise<number> {
  let written = 0;
  await input.seek(from);
  let next = input.read();
  for (let number = from; ; number++) {
    const plain = await next;
    const chunk = plain === null ? null : unpackRows(file, plain);
    if (chunk === null) return written;
    next = input.read();
    // When the writing fails, nobody asks for it any more.
    next.catch(() => {});
    if (!(await writeChunk(input, file, archive, number, chunk)))
      throw refuse(file, 'is being imported by another process');
    written += chunk.rows.length;
    show(written);
  }
}

/** False when the import stands at another chunk. */
async function writeChunk(
  input: ExportFile,
  file: string,
  archive: Archive,
  number: number,
  { table, rows }: RowsChunk,
): Promise<boolean> {
  try {
    return await archive.write(input.header.id, number, table, rows);
  } catch (error) {
    if (!(error instanceof AppError) || !REFUSALS.includes(error.code)) throw error;
    throw refuse(
      file,
      `the database does not take the rows of ${table.name} in it (${error.detail}) and stays closed; import another file into a new one`,
      error,
    );
  }
}
