import type { ArchiveRow, ArchiveTable, Cell } from '../core/archive.ts';
import { AppError } from '../errors.ts';

/*
 * A row as bytes, in one way only, so that equal rows have equal checksums in every engine. Each cell: one byte, 0 for
 * null or 1; then a number as a double (every number of ours is a whole one below 2^53), or the length as four bytes
 * and the text in UTF-8 or the bytes themselves. Big-endian.
 */

const NUMBER_BYTES = 8;
const LENGTH_BYTES = 4;

/** The rows, one after the other. */
export function encodeRows(rows: readonly ArchiveRow[]): Buffer {
  const size = rows.reduce(
    (sum, row) => sum + row.reduce((bytes: number, cell) => bytes + sizeOf(cell), 0),
    0,
  );
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const row of rows) for (const cell of row) at = writeCell(bytes, at, cell);
  return bytes;
}

function sizeOf(cell: Cell): number {
  if (cell === null) return 1;
  if (typeof cell === 'number') return 1 + NUMBER_BYTES;
  return 1 + LENGTH_BYTES + (typeof cell === 'string' ? Buffer.byteLength(cell) : cell.length);
}

function writeCell(bytes: Buffer, at: number, cell: Cell): number {
  bytes[at] = cell === null ? 0 : 1;
  if (cell === null) return at + 1;
  if (typeof cell === 'number') return bytes.writeDoubleBE(cell, at + 1);
  const start = at + 1 + LENGTH_BYTES;
  const length =
    typeof cell === 'string'
      ? bytes.write(cell, start)
      : Buffer.from(cell.buffer, cell.byteOffset, cell.length).copy(bytes, start);
  bytes.writeUInt32BE(length, at + 1);
  return start + length;
}

/** The rows that these bytes were made of. Texts are new; bytes are views. */
export function decodeRows({ name, columns }: ArchiveTable, bytes: Buffer): readonly ArchiveRow[] {
  const rows: ArchiveRow[] = [];
  let at = 0;
  const readCell = (kind: string): Cell => {
    const isNull = bytes.readUInt8(at) === 0;
    at += 1;
    if (isNull) return null;
    if (kind === 'integer' || kind === 'flag') {
      at += NUMBER_BYTES;
      return bytes.readDoubleBE(at - NUMBER_BYTES);
    }
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new RangeError('cut');
    return kind === 'text' ? bytes.toString('utf8', start, at) : bytes.subarray(start, at);
  };
  try {
    while (at < bytes.length) rows.push(columns.map(([, kind]) => readCell(kind)));
  } catch (cause) {
    throw new AppError('store_failed', { detail: `the rows of ${name} in the file cannot be read`, cause });
  }
  return rows;
}
