import type { Archive } from '../core/archive.ts';
import type { Vault } from '../core/vault.ts';
import { unpack } from './chunks.ts';
import { ExportFile, type ExportHeader, refuse } from './export-file.ts';
import { decodeRows } from './rows.ts';
import {
  differences,
  measure,
  type Progress,
  type ShowProgress,
  sumOfRows,
  type TableTotal,
  Tally,
} from './totals.ts';

const MEGABYTE = 1_000_000;

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
  vault: Vault,
  openTarget: (header: ExportHeader) => Promise<Archive>,
  progress: Progress,
): Promise<Imported> {
  const input = await ExportFile.open(file, vault, 'read');
  if (input === null) throw refuse(file, 'was broken off before its first chunk; export again');
  try {
    const { totals, rowsBefore } = await readThrough(input, file, progress);
    const archive = await openTarget(input.header);
    try {
      const { next } = await archive.beginImport(input.header.id);
      if (next === null) return { totals, written: 0, wasDone: true };
      const rows = sumOfRows(totals);
      const written = rows - (rowsBefore[next] ?? rows);
      await writeChunks(input, file, archive, next, progress('Importing', written, 'rows'));
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

/** What the end of the file says of it, after everything before has proved to be so; and the rows before each chunk. */
async function readThrough(
  input: ExportFile,
  file: string,
  progress: Progress,
): Promise<{ readonly totals: readonly TableTotal[]; readonly rowsBefore: readonly number[] }> {
  const size = await input.size();
  const show = progress('Checking', size / MEGABYTE, 'MB');
  const tally = new Tally();
  const rowsBefore: number[] = [];
  for (;;) {
    const plain = await input.read();
    if (plain === null) throw refuse(file, 'has no end: the export was broken off; run it again first');
    show(input.position / MEGABYTE);
    const chunk = unpack(plain);
    if (!('totals' in chunk)) {
      rowsBefore.push(tally.rows);
      tally.add(chunk.table, decodeRows(chunk.table, chunk.bytes).length, chunk.bytes);
      continue;
    }
    if (input.position !== size) throw refuse(file, 'holds something behind its end');
    if (differences(tally.totals(), chunk.totals) !== '') throw refuse(file, 'does not add up');
    return { totals: chunk.totals, rowsBefore };
  }
}

/** Writes the chunks from a number on; the next one is read while the last is being written. */
async function writeChunks(
  input: ExportFile,
  file: string,
  archive: Archive,
  from: number,
  show: ShowProgress,
): Promise<void> {
  let written = 0;
  await input.seek(from);
  let next = input.read();
  for (let number = from; ; number++) {
    const plain = await next;
    const chunk = plain === null ? null : unpack(plain);
    if (chunk === null || 'totals' in chunk) return;
    next = input.read();
    // When the writing fails, nobody asks for it any more.
    next.catch(() => {});
    const rows = decodeRows(chunk.table, chunk.bytes);
    if (!(await archive.write(input.header.id, number, chunk.table, rows)))
      throw refuse(file, 'is being imported by another process');
    written += rows.length;
    show(written);
  }
}
