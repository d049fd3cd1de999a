import { existsSync, rmSync } from 'node:fs';
import { ARCHIVE_TABLES, type Archive } from '../core/archive.ts';
import type { MasterKey, WrappedKey } from '../core/key-ring.ts';
import { ChunkCheck, chunksOf, packEnd, packRows } from './chunks.ts';
import { DamagedExport, ExportFile, refuse } from './export-file.ts';
import {
  countRows,
  differences,
  measure,
  type Progress,
  readChunks,
  type ShowProgress,
  type TableTotal,
  type Tally,
} from './totals.ts';

/**
 * Writes a whole database to `file`, or continues an interrupted export after its last complete chunk. Reads the
 * database a second time before it writes the end. If both readings are equal, the database did not change in between;
 * otherwise it throws `start_refused` and the file gets no end.
 */
export async function exportTo(
  file: string,
  archive: Archive,
  masterKeys: readonly MasterKey[],
  progress: Progress,
): Promise<readonly TableTotal[]> {
  const output = await openOutput(file, archive, masterKeys);
  try {
    const rows = await countRows(archive);
    const written = await writeTables(output, file, archive, progress('Exporting', rows, 'rows'));
    const totals = written.totals();
    const changed = differences(totals, await measure(archive, progress('Comparing', written.rows, 'rows')));
    if (changed !== '')
      throw refuse(
        file,
        `the database has changed since this file was begun (${changed}); stop what serves from it, remove the file and export again`,
      );
    await output.append(packEnd(totals));
    await output.sync();
    return totals;
  } finally {
    await output.close();
  }
}

async function openOutput(
  file: string,
  archive: Archive,
  masterKeys: readonly MasterKey[],
): Promise<ExportFile> {
  const begun = existsSync(file) ? await ExportFile.open(file, masterKeys, 'continue') : null;
  if (begun === null) {
    // Interrupted before the header was complete.
    rmSync(file, { force: true });
    return ExportFile.create(file, archive, masterKeys);
  }
  if (begun.header.mode === archive.mode && isSameRing(begun.header.ring, archive.ring)) return begun;
  await begun.close();
  throw refuse(
    file,
    'is the export of another database, or of this one under another master key; remove it to export again',
  );
}

/** Data keys are random, so two databases never have the same ones. */
function isSameRing(one: readonly WrappedKey[], other: readonly WrappedKey[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ id, wrapped }, at) => {
      const twin = other[at];
      return twin?.id === id && Buffer.compare(wrapped, twin.wrapped) === 0;
    })
  );
}

async function writeTables(
  output: ExportFile,
  file: string,
  archive: Archive,
  show: ShowProgress,
): Promise<Tally> {
  const { tally, reached } = await readBegun(output, file, show);
  for (const [number, table] of ARCHIVE_TABLES.entries()) {
    if (number < reached.table) continue;
    for await (const rows of readChunks(archive, table, number === reached.table ? reached.key : null))
      for (const chunk of chunksOf(file, table, rows)) {
        await output.append(packRows(chunk));
        tally.add(table, chunk.rows.length, chunk.bytes);
        show(tally.rows);
      }
  }
  return tally;
}

/** Adds up the chunks of an interrupted export, removes an incomplete one, and returns where it ended. */
async function readBegun(output: ExportFile, file: string, show: ShowProgress): Promise<ChunkCheck> {
  const check = new ChunkCheck(file);
  try {
    for (let plain = await output.read(); plain !== null; plain = await output.read()) {
      if (check.take(plain) === null)
        throw refuse(file, 'is an export that has ended; remove it to export again');
      show(check.tally.rows);
    }
  } catch (error) {
    if (!(error instanceof DamagedExport)) throw error;
  }
  await output.cut();
  return check;
}
