import { isUtf8 } from 'node:buffer';
import type { ArchiveRow, ArchiveTable, Cell, CellKind } from '../core/archive.ts';

/*
 * The bytes of a row, with exactly one encoding, so that equal rows have equal checksums in every engine. Each cell:
 * one byte, 0 for null or 1; then a number as a double (all our numbers are whole and below 2^53), or the length as
 * four bytes and then the text in UTF-8 or the bytes themselves. Big-endian. Any other encoding is refused.
 */

/** Rows per read, per statement and per chunk of a file. */
export const CHUNK_ROWS = 2000;

const NUMBER_BYTES = 8;
const LENGTH_BYTES = 4;

/** Encodes the rows one after the other. */
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

/**
 * Decodes these bytes into at least one row. Texts are copies; bytes are views. Throws a RangeError with a reason for
 * bytes that `encodeRows` does not produce for this table.
 */
export function decodeRows({ columns }: ArchiveTable, bytes: Buffer): readonly ArchiveRow[] {
  const rows: ArchiveRow[] = [];
  const reader = new CellReader(bytes);
  do {
    if (rows.length === CHUNK_ROWS) throw new RangeError('there are too many rows');
    const row = columns.map(([, kind]) => reader.next(kind));
    if (typeof row[0] !== 'number') throw new RangeError('a row has no key');
    rows.push(row);
  } while (!reader.isDone);
  return rows;
}

class CellReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(kind: CellKind): Cell {
    const mark = this.#bytes[this.#take(1)];
    if (mark === 0) return null;
    if (mark !== 1) throw new RangeError('a cell begins with neither 0 nor 1');
    if (kind === 'integer' || kind === 'flag')
      return checkNumber(kind, this.#bytes.readDoubleBE(this.#take(NUMBER_BYTES)));
    const length = this.#bytes.readUInt32BE(this.#take(LENGTH_BYTES));
    const start = this.#take(length);
    const bytes = this.#bytes.subarray(start, start + length);
    if (kind === 'bytes') return bytes;
    if (!isUtf8(bytes)) throw new RangeError('a text is not in UTF-8');
    return bytes.toString();
  }

  /** Consumes `count` bytes and returns the position of the first. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw new RangeError('a row is cut');
    this.#at = start + count;
    return start;
  }
}

function checkNumber(kind: 'integer' | 'flag', value: number): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    throw new RangeError('a number is not a whole one');
  if (kind === 'flag' && value !== 0 && value !== 1) throw new RangeError('a flag is neither 0 nor 1');
  return value;
}
