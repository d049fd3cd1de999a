import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ARCHIVE_TABLES, type ArchiveRow, type ArchiveTable, type CellKind } from '../core/archive.ts';
import { CHUNK_ROWS, decodeRows, encodeRows } from './rows.ts';

const CELLS = {
  integer: fc.option(fc.maxSafeInteger(), { nil: null }),
  flag: fc.option(fc.constantFrom(0, 1), { nil: null }),
  text: fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
  bytes: fc.option(fc.uint8Array(), { nil: null }),
} satisfies Record<CellKind, fc.Arbitrary<unknown>>;

/** Some rows of any table. */
const rowsOfTable = fc.constantFrom(...ARCHIVE_TABLES).chain((table) =>
  fc.record({
    table: fc.constant(table),
    rows: fc.array(
      fc.tuple(
        fc.maxSafeInteger(),
        ...table.columns.slice(1).map(([, kind]) => CELLS[kind] as fc.Arbitrary<ArchiveRow[0] & {}>),
      ),
      { minLength: 1 },
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

/** A valid row of a table. */
function rowOf({ columns }: ArchiveTable): ArchiveRow {
  const cells = { integer: 7, flag: 1, text: '가상상점', bytes: Buffer.of(1, 2, 3) };
  return columns.map(([, kind]) => cells[kind]);
}

/** All columns of one kind, except keys, with their tables. */
function placesOf(wanted: CellKind): readonly { table: ArchiveTable; place: number }[] {
  return ARCHIVE_TABLES.flatMap((table) =>
    table.columns.flatMap(([, kind], place) => (place > 0 && kind === wanted ? [{ table, place }] : [])),
  );
}

const decode = (table: ArchiveTable, rows: readonly ArchiveRow[]) => () =>
  decodeRows(table, encodeRows(rows));

it('bytes that end in the middle of a row are refused, and no bytes at all', () => {
  for (const table of ARCHIVE_TABLES) {
    const whole = encodeRows([rowOf(table)]);
    expect(decodeRows(table, whole)).toHaveLength(1);
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeRows(table, whole.subarray(0, length)), String(length)).toThrow(RangeError);
  }
});

it('a number that is not whole, too large or none is refused', () => {
  for (const { table, place } of [{ table: ARCHIVE_TABLES[0], place: 0 }, ...placesOf('integer')]) {
    if (table === undefined) throw new Error('there is no table');
    for (const number of [0.5, -0, 2 ** 53, -(2 ** 53), 1e300, Number.NaN, Number.POSITIVE_INFINITY])
      expect(decode(table, [rowOf(table).with(place, number)]), String(number)).toThrow(/not a whole one/);
  }
});

it('a flag is 0, 1 or null', () => {
  const places = placesOf('flag');
  expect(places.length).toBeGreaterThan(0);
  for (const { table, place } of places) {
    for (const flag of [2, -1, 256])
      expect(decode(table, [rowOf(table).with(place, flag)])).toThrow(/a flag/);
    for (const flag of [0, 1, null]) expect(decode(table, [rowOf(table).with(place, flag)])).not.toThrow();
  }
});

it('a text is in UTF-8, by its shortest spelling, without half surrogates', () => {
  for (const { table, place } of placesOf('text'))
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])
      expect(decode(table, [rowOf(table).with(place, Buffer.from(bytes))])).toThrow(/not in UTF-8/);
});

it('a row has a key, a cell begins with 0 or 1, and there are not too many rows', () => {
  for (const table of ARCHIVE_TABLES) {
    expect(decode(table, [rowOf(table).with(0, null)])).toThrow(/no key/);
    const bytes = encodeRows([rowOf(table)]);
    for (const mark of [2, 255]) {
      bytes[0] = mark;
      expect(() => decodeRows(table, bytes)).toThrow(/neither 0 nor 1/);
    }
    const many = Array.from({ length: CHUNK_ROWS }, () => rowOf(table));
    expect(decode(table, many)).not.toThrow();
    expect(decode(table, [...many, rowOf(table)])).toThrow(/too many rows/);
  }
});

it('a length that leads far beyond the bytes takes no room', () => {
  const { table, place } = placesOf('bytes')[0] ?? {};
  if (table === undefined || place === undefined) throw new Error('there is no column of bytes');
  const before = encodeRows([rowOf(table).slice(0, place)]);
  const bytes = Buffer.concat([before, Buffer.of(1, 0xff, 0xff, 0xff, 0xff)]);
  expect(() => decodeRows(table, bytes)).toThrow(/a row is cut/);
});
