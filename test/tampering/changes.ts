import { randomBytes } from 'node:crypto';
import type { CellKind } from '../../src/core/archive.ts';
import { type Cell, type Edit, type Engine, keyOf, type Row } from './engine.ts';
import type { Rows } from './rows.ts';

/** What somebody does to a database. */
export interface Change {
  readonly name: string;
  /** The table that is altered; null for one that goes over several. */
  readonly table: string | null;
  readonly edits: readonly Edit[];
}

/** A row that is altered, and one of the same table from which values come. */
type Pair = readonly [label: string, target: Row, donor: Row | null];

/** Rows that stand for their kind, each with the one that lends it values. */
const PAIRS = {
  merchants: [
    ['A', 'B'],
    ['C', 'A'],
  ],
  channels: [
    ['a-adults', 'a-approved'],
    ['a-plain', 'b-approved'],
    ['a-approved', 'a-kcp'],
  ],
  api_keys: [
    ['A1', 'B1'],
    ['A3', 'A1'],
    ['B2', 'A1'],
    ['C1', 'B1'],
  ],
  access_tokens: [
    ['A1', 'B1'],
    ['A2', 'A1'],
  ],
  certifications: [
    ['A plain', 'A approved'],
    ['A approved', 'B approved'],
    ['A other shape', 'A kcp'],
    ['A SMS', 'A confirmed'],
    ['A failed', 'A approved'],
    ['A certified, on the page', 'A certified, another, on the page'],
    ['A at the code, on the page', 'A of an accomplice, on the page'],
  ],
  other_ids: [['A other shape', 'B other shape']],
  erasures: [['A erased', 'A erased, another']],
  otps: [
    ['A SMS', 'A of an accomplice by OTP'],
    ['A SMS at kcp', 'A APP'],
    ['A late', 'A SMS'],
    ['A failed', 'B SMS'],
  ],
  attempts: [
    ['A at the code, on the page', 'A of an accomplice, on the page'],
    ['A in the app, on the page', 'A in the app, another, on the page'],
    ['A at the person, on the page', 'B at the code, on the page'],
    ['A unopened, on the page', 'B at the code, on the page'],
    ['A certified, on the page', 'A certified, another, on the page'],
    ['A cancelled, on the page', 'B certified, on the page'],
  ],
} as const;

function isPaired(table: string): table is keyof typeof PAIRS {
  return Object.hasOwn(PAIRS, table);
}

/** Of tables without names for their rows, as many as have rows of different kinds. */
function pairsOf(rows: Rows, table: string): readonly Pair[] {
  if (isPaired(table))
    return PAIRS[table].map(([target, donor]) => [
      target,
      rows.named(table, target),
      rows.named(table, donor),
    ]);
  const all = rows.all(table);
  return all
    .slice(0, WHOLE.includes(table) ? all.length : 1)
    .map((row, at) => [`number ${at + 1}`, row, all[at === 0 ? 1 : 0] ?? null]);
}

/** Tables of which each row has a meaning of its own. */
const WHOLE = ['stamp', 'data_keys'];

const LARGEST = 9_223_372_036_854_775_807n;

/** Other values for a cell: none, small, extreme, random ones. */
function othersOf(kind: CellKind, cell: Cell): readonly (readonly [string, Cell])[] {
  switch (kind) {
    case 'integer':
      return [
        ['nothing', null],
        ['0', 0],
        ['the largest', LARGEST],
        ['one more', Number(cell ?? 0) + 1],
        ['a second less', Number(cell ?? 0) - 1000],
      ];
    case 'flag':
      return [
        ['nothing', null],
        ['the other', cell === 1 ? 0 : 1],
      ];
    case 'text': {
      const text = String(cell ?? '');
      return [
        ['nothing', null],
        ['an empty text', ''],
        ['a long text', 'x'.repeat(100_000)],
        ['markup', '"><script>alert(1)</script>'],
        ['null as JSON', 'null'],
        ['a number as JSON', '1'],
        ['an object as JSON', '{"__proto__":{}}'],
        [
          'another of its length',
          [...text].map(() => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join(''),
        ],
      ];
    }
    case 'bytes': {
      const bytes = Buffer.from((cell as Uint8Array | null) ?? []);
      const bit = Buffer.from(bytes);
      if (bit.length > 0) bit.writeUInt8(bit.readUInt8(bit.length - 1) ^ 1, bit.length - 1);
      return [
        ['nothing', null],
        ['no bytes', Buffer.alloc(0)],
        ['one bit', bit],
        ['another algorithm', Buffer.concat([bytes.subarray(0, 1), Buffer.of(2), bytes.subarray(2)])],
        ['those after a key that nobody has', Buffer.concat([Buffer.of(0, 0, 0, 99), bytes.subarray(4)])],
      ];
    }
  }
}

function isSame(one: Cell, other: Cell): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}

/** Every column of every table, in rows of each kind, altered in each way. */
export function changesOfColumns({ tables }: Engine, rows: Rows): readonly Change[] {
  return tables.flatMap((table) =>
    pairsOf(rows, table.name).flatMap(([label, target, donor]) =>
      table.columns.flatMap(([column, kind]) => {
        const cell = target[column] ?? null;
        const name = `${table.name}.${column} of ${label}`;
        const changes: Change[] = othersOf(kind, cell)
          .filter(([, other]) => !isSame(cell, other))
          .map(([what, other]) => ({
            name: `${name}: ${what}`,
            table: table.name,
            edits: [{ table: table.name, from: target, to: { ...target, [column]: other } }],
          }));
        const lent = donor?.[column] ?? null;
        if (donor === null || isSame(cell, lent)) return changes;
        const copied = { table: table.name, from: target, to: { ...target, [column]: lent } };
        const given = { table: table.name, from: donor, to: { ...donor, [column]: cell } };
        return [
          ...changes,
          { name: `${name}: that of another row`, table: table.name, edits: [copied] },
          { name: `${name}: exchanged with another row`, table: table.name, edits: [copied, given] },
        ];
      }),
    ),
  );
}

/** Rows that go, and rows that come: copies of others under a key and digests that are free. */
export function changesOfRows({ tables }: Engine, rows: Rows): readonly Change[] {
  return tables.flatMap((table) =>
    pairsOf(rows, table.name).flatMap(([label, target, donor]) => {
      const gone: Change = {
        name: `${table.name}: the row of ${label} goes`,
        table: table.name,
        edits: [{ table: table.name, from: target }],
      };
      const [column, key] = keyOf(table, target);
      const free = typeof key === 'number' ? (key < 0 ? -4242 : key + 4242) : `${String(key)} too`;
      const planted: Change = {
        name: `${table.name}: a second row of ${label}`,
        table: table.name,
        edits: [{ table: table.name, to: { ...withFreeDigests(table.name, target), [column]: free } }],
      };
      if (donor === null) return [gone, planted];
      // What is in the row of another one, under its own key.
      const written: Change = {
        name: `${table.name}: the row of ${label} written over by another`,
        table: table.name,
        edits: [
          { table: table.name, from: target, to: { ...withFreeDigests(table.name, donor), [column]: key } },
        ],
      };
      const taken: Change = {
        name: `${table.name}: the row of ${label} in the place of another`,
        table: table.name,
        edits: [
          { table: table.name, from: donor },
          { table: table.name, from: target, to: { ...target, [column]: donor[column] ?? null } },
        ],
      };
      return [gone, planted, written, taken];
    }),
  );
}

/** Columns by which a row is found, and which no other row of its table may share. */
const FINDING: Readonly<Record<string, readonly string[]>> = {
  merchants: ['user_code'],
  channels: ['channel_key'],
  api_keys: ['imp_key'],
  access_tokens: ['digest'],
  other_ids: ['imp_uid'],
  attempts: ['ticket_digest', 'session_digest', 'handle_digest'],
};

/** The same row where columns that find one have values that find nothing. */
function withFreeDigests(table: string, row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, cell]) => {
      if (cell === null || !FINDING[table]?.includes(column)) return [column, cell];
      return [column, cell instanceof Uint8Array ? randomBytes(cell.length) : `${String(cell)}x`];
    }),
  );
}
