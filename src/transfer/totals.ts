import { createHash, type Hash } from 'node:crypto';
import { ARCHIVE_TABLES, type Archive, type ArchiveRow, type ArchiveTable } from '../core/archive.ts';
import { CHUNK_ROWS, encodeRows } from './rows.ts';

/** The content of a table: how many rows, and SHA-256 (hex) over all of them in the order of their keys. */
export interface TableTotal {
  readonly table: string;
  readonly rows: number;
  readonly sha256: string;
}

/** Called with the amount that is done so far. */
export type ShowProgress = (done: number) => void;
/** Starts to show the progress of the step in `label`, out of `total` rows or megabytes. */
export type Progress = (label: string, total: number, unit: 'rows' | 'MB') => ShowProgress;

/** Adds up rows, one table after the other. */
export class Tally {
  #rows = 0;
  readonly #tables = new Map<string, { rows: number; readonly hash: Hash }>(
    ARCHIVE_TABLES.map(({ name }) => [name, { rows: 0, hash: createHash('sha256') }]),
  );

  /** Rows so far, in all tables. */
  get rows(): number {
    return this.#rows;
  }

  /** `bytes` are the encoded rows. */
  add({ name }: ArchiveTable, rows: number, bytes: Uint8Array): void {
    const sum = this.#tables.get(name);
    if (sum === undefined) return;
    this.#rows += rows;
    sum.rows += rows;
    sum.hash.update(bytes);
  }

  totals(): readonly TableTotal[] {
    return [...this.#tables].map(([table, { rows, hash }]) => ({
      table,
      rows,
      sha256: hash.copy().digest('hex'),
    }));
  }
}

/** How many rows there are in all tables. */
export async function countRows(archive: Archive): Promise<number> {
  let rows = 0;
  for (const table of ARCHIVE_TABLES) rows += await archive.count(table);
  return rows;
}

/** The chunks of a table after a key; the next chunk is read while the caller works on the last one. */
export async function* readChunks(
  archive: Archive,
  table: ArchiveTable,
  after: number | null,
): AsyncGenerator<readonly ArchiveRow[]> {
  let next = archive.read(table, after, CHUNK_ROWS);
  for (;;) {
    const rows = await next;
    if (rows.length === 0) return;
    next = archive.read(table, keyOf(rows), CHUNK_ROWS);
    // A caller may stop before it awaits this; a failure must not crash the process.
    next.catch(() => {});
    yield rows;
  }
}

/** The key of the last of these rows; null when there is none. */
export function keyOf(rows: readonly ArchiveRow[]): number | null {
  const key = rows.at(-1)?.[0];
  return key === undefined ? null : Number(key);
}

/** Reads a whole database and returns its totals. */
export async function measure(archive: Archive, show: ShowProgress): Promise<readonly TableTotal[]> {
  const tally = new Tally();
  for (const table of ARCHIVE_TABLES)
    for await (const rows of readChunks(archive, table, null)) {
      tally.add(table, rows.length, encodeRows(rows));
      show(tally.rows);
    }
  return tally.totals();
}

/** The names of the tables whose totals differ, for a message; empty when all are equal. */
export function differences(some: readonly TableTotal[], others: readonly TableTotal[]): string {
  return some
    .filter(({ table, rows, sha256 }) => {
      const other = others.find((each) => each.table === table);
      return other === undefined || other.rows !== rows || other.sha256 !== sha256;
    })
    .map(({ table }) => table)
    .join(', ');
}

export function sumOfRows(totals: readonly TableTotal[]): number {
  return totals.reduce((sum, { rows }) => sum + rows, 0);
}
