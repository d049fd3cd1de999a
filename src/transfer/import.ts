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
/** Error codes of a database that refuses rows. */
const REFUSALS: readonly string[] = ['store_failed', 'sealed_data_unreadable'];

export interface Imported {
  readonly totals: readonly TableTotal[];
  /** Rows that this call has written; an earlier call wrote the others. */
  readonly written: number;
  /** Whether everything was already imported. */
  readonly wasDone: boolean;
}

/**
 * Imports an export into an empty database, or continues an interrupted import of the same export. Reads the whole file
 * before it opens the target; at the end it reads the target back and compares.
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

/** Checks that every chunk is as an export writes it, and returns the totals of all tables. */
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

/** Writes the chunks from `number` on and returns the number of rows; reads the next chunk while one is written. */
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
    // If the write fails, nobody awaits this any more.
    next.catch(() => {});
    if (!(await writeChunk(input, file, archive, number, chunk)))
      throw refuse(file, 'is being imported by another process');
    written += chunk.rows.length;
    show(written);
  }
}

/** False when the import in the database has reached another chunk. */
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
