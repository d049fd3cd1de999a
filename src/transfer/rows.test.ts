import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ARCHIVE_TABLES, type ArchiveRow, type CellKind } from '../core/archive.ts';
import { AppError } from '../errors.ts';
import { decodeRows, encodeRows } from './rows.ts';

const CELLS = {
  integer: fc.option(fc.maxSafeInteger(), { nil: null }),
  flag: fc.option(fc.constantFrom(0, 1), { nil: null }),
  text: fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
  bytes: fc.option(fc.uint8Array(), { nil: null }),
} satisfies Record<CellKind, fc.Arbitrary<unknown>>;

/** Some rows of some table. */
const rowsOfTable = fc.constantFrom(...ARCHIVE_TABLES).chain((table) =>
  fc.record({
    table: fc.constant(table),
    rows: fc.array(
      fc.tuple(...table.columns.map(([, kind]) => CELLS[kind] as fc.Arbitrary<ArchiveRow[0] & {}>)),
    ),
  }),
);

const plain = (rows: readonly ArchiveRow[]) =>
  rows.map((row) =>
    row.map((cell) => (cell instanceof Uint8Array ? [...cell] : Object.is(cell, -0) ? 0 : cell)),
  );

it('rows come out as they went in', () => {
  fc.assert(
    fc.property(rowsOfTable, ({ table, rows }) => {
      expect(plain(decodeRows(table, encodeRows(rows)))).toEqual(plain(rows));
    }),
  );
});

it('rows one after the other are the bytes of each, so that it does not matter how they are cut into chunks', () => {
  fc.assert(
    fc.property(rowsOfTable, ({ rows }) => {
      expect(Buffer.concat(rows.map((row) => encodeRows([row]))).equals(encodeRows(rows))).toBe(true);
    }),
  );
});

it('a text and the same bytes, null and nothing, are told apart', () => {
  expect(encodeRows([[null]]).equals(encodeRows([['']]))).toBe(false);
  expect(encodeRows([['a', 'b']]).equals(encodeRows([['ab', '']]))).toBe(false);
});

it('bytes that end in the middle of a row are refused', () => {
  const [table] = ARCHIVE_TABLES;
  if (table === undefined) throw new Error('there is no table');
  const whole = encodeRows([[1, 'imp00000000', '가상상점', null, 5]]);
  for (let length = 1; length < whole.length; length++)
    expect(() => decodeRows(table, whole.subarray(0, length)), String(length)).toThrow(AppError);
});
