import { ARCHIVE_TABLES, type ArchiveTable } from '../core/archive.ts';
import { AppError } from '../errors.ts';
import type { TableTotal } from './totals.ts';

/** Begins the chunk that is the end; others begin with the place of their table. */
const END = 255;

/** What stands in one chunk of an export: some rows of one table, or the end with what all of them come to. */
export type Chunk =
  | { readonly table: ArchiveTable; readonly bytes: Buffer }
  | { readonly totals: readonly TableTotal[] };

/** `bytes` are the rows, encoded. */
export function packRows(table: ArchiveTable, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(ARCHIVE_TABLES.indexOf(table)), bytes]);
}

export function packEnd(totals: readonly TableTotal[]): Buffer {
  return Buffer.concat([Buffer.of(END), Buffer.from(JSON.stringify(totals))]);
}

export function unpack(plain: Buffer): Chunk {
  const kind = plain.readUInt8(0);
  const rest = plain.subarray(1);
  if (kind === END) return { totals: JSON.parse(rest.toString()) as readonly TableTotal[] };
  const table = ARCHIVE_TABLES[kind];
  if (table === undefined) throw new AppError('store_failed', { detail: 'the file has a table of its own' });
  return { table, bytes: rest };
}
