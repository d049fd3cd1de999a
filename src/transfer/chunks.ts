import { ARCHIVE_TABLES, type ArchiveRow, type ArchiveTable } from '../core/archive.ts';
import { LARGEST_CHUNK, refuse } from './export-file.ts';
import { decodeRows, encodeRows } from './rows.ts';
import { type TableTotal, Tally } from './totals.ts';

/** First byte of the end chunk; other chunks begin with the index of their table. */
const END = 255;

/** Some rows of one table, with their bytes in a file. */
export interface RowsChunk {
  readonly table: ArchiveTable;
  readonly rows: readonly ArchiveRow[];
  readonly bytes: Buffer;
}

/** The chunks for these rows: one, unless the rows are large. */
export function* chunksOf(
  file: string,
  table: ArchiveTable,
  rows: readonly ArchiveRow[],
): Generator<RowsChunk> {
  const bytes = encodeRows(rows);
  if (bytes.length < LARGEST_CHUNK) {
    yield { table, rows, bytes };
    return;
  }
  if (rows.length === 1) throw refuse(file, `a row of ${table.name} is too large to be moved`);
  const half = rows.length >> 1;
  for (const part of [rows.slice(0, half), rows.slice(half)]) yield* chunksOf(file, table, part);
}

export function packRows({ table, bytes }: RowsChunk): Buffer {
  return Buffer.concat([Buffer.of(ARCHIVE_TABLES.indexOf(table)), bytes]);
}

/** The end chunk, with the totals of all chunks before it. */
export function packEnd(totals: readonly TableTotal[]): Buffer {
  return Buffer.concat([Buffer.of(END), Buffer.from(JSON.stringify(totals))]);
}

/** The rows in a chunk of the file, null for the end; `start_refused` for what an export never contains. */
export function unpackRows(file: string, plain: Buffer): RowsChunk | null {
  const kind = plain[0];
  if (kind === END) return null;
  if (kind === undefined) throw refuse(file, 'holds a chunk with nothing in it');
  const table = ARCHIVE_TABLES[kind];
  if (table === undefined) throw refuse(file, 'holds a table that is not known here');
  const bytes = plain.subarray(1);
  try {
    return { table, rows: decodeRows(table, bytes), bytes };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refuse(file, `holds rows of ${table.name} that Bonin does not write: ${error.message}`, error);
  }
}

/**
 * Checks the chunks of a file from the first one on: each table once, in the order of all tables, with ascending keys,
 * and an end with the right totals. A chunk that opens was sealed under the master key, but is still not trusted:
 * somebody else may have an old key.
 */
export class ChunkCheck {
  readonly tally = new Tally();
  readonly #file: string;
  #table = 0;
  #key: number | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** The position that the chunks have reached: the index of a table, and a key in it. */
  get reached(): { readonly table: number; readonly key: number | null } {
    return { table: this.#table, key: this.#key };
  }

  /** Checks a chunk and returns the result of `unpackRows`. */
  take(plain: Buffer): RowsChunk | null {
    const chunk = unpackRows(this.#file, plain);
    if (chunk === null) {
      // The end is not parsed: it must equal the end that we would write.
      if (!plain.equals(packEnd(this.tally.totals()))) throw refuse(this.#file, 'does not add up');
      return null;
    }
    const { table, rows, bytes } = chunk;
    const place = ARCHIVE_TABLES.indexOf(table);
    if (place < this.#table)
      throw refuse(this.#file, `holds rows of ${table.name} after those of a later table`);
    if (place > this.#table) this.#key = null;
    this.#table = place;
    for (const [key] of rows) {
      if (this.#key !== null && Number(key) <= this.#key)
        throw refuse(this.#file, `holds rows of ${table.name} whose keys do not ascend`);
      this.#key = Number(key);
    }
    this.tally.add(table, rows.length, bytes);
    return chunk;
  }
}
