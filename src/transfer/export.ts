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
 * Writes all that a database keeps to `file`, or goes on with one that was broken off, behind its last whole chunk.
 * The whole is read a second time before the end is written: where both readings are equal, the file is what the
 * database held in the moment between them; where not, `start_refused` says so and the file has no end.
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
    // Broken off before it said what it is.
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

/** Adds up what the file holds already, cuts off what is not whole, and says where it ended. */
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
