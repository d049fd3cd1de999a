import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ARCHIVE_TABLES, type ArchiveRow, type CellKind } from '../../src/core/archive.ts';
import { openArchive } from '../../src/storage/index.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { sqliteIn } from '../moving/database.ts';
import { chunkOf, rowsIn, withEnd, writeParts } from '../moving/forged-export.ts';
import { exported, importInto, isServed, refused, replaced, tableOf } from '../moving/hostile-world.ts';
import { markOf } from '../support/keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const merchants = tableOf('merchants');

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

/** Values of each kind that are well formed and stand in no row of ours. */
const ODD: Readonly<Record<CellKind, ArchiveRow>> = {
  integer: [null, -1, Number.MAX_SAFE_INTEGER],
  flag: [null],
  text: [null, '', 'x'.repeat(300_000), 'a\0b'],
  bytes: [null, new Uint8Array(), Buffer.alloc(300_000, 1)],
};

test.each(['sqlite', 'postgres'] as const)(
  'a row with an odd value anywhere is imported into %s whole or not at all',
  { timeout: 600_000 },
  async (engine) => {
    const world = await exported();
    const file = join(world.source.folder, 'odd.bonin');
    const url = engine === 'sqlite' ? sqliteIn(temporaryFolder()).url : await server.newDatabase();
    const empty = () =>
      engine === 'sqlite'
        ? rmSync(url.slice('sqlite:'.length), { force: true })
        : ask(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    let refusals = 0;
    for (const each of ARCHIVE_TABLES)
      for (const [at, [column, kind]] of each.columns.entries())
        for (const value of engine === 'sqlite' ? ODD[kind] : ODD[kind].slice(-1)) {
          if (at === 0 && value === null) continue;
          const rows = rowsIn(world.plains, each);
          const last = rows.at(-1) ?? [];
          const chunks = [...rows.slice(0, -1), last.with(at, value)]
            .toSorted((some, other) => Number(some[0]) - Number(other[0]))
            .map((row) => chunkOf(each, [row]));
          writeParts(file, { ...world, plains: replaced(world, each, ...chunks) }, world.vault);
          await empty();
          const error = await importInto(url, file, world.masterKeys);
          const what = `${each.name}.${column}`;
          if (error === null) continue;
          refusals++;
          expect(error.message.startsWith(`${file}: `), `${what}: ${error.message}`).toBe(true);
          expect(error.message.length, what).toBeLessThan(400);
          expect(await isServed(url, world.masterKeys), what).toBe(false);
        }
    expect(refusals).toBeGreaterThan(10);
  },
);

test('numbers after which a table could give no other are refused', async () => {
  const world = await exported();
  const file = join(world.source.folder, 'far.bonin');
  const rows = rowsIn(world.plains, merchants);
  const chunk = chunkOf(merchants, [...rows, (rows.at(-1) ?? []).with(0, 2 ** 52).with(1, 'far')]);
  writeParts(file, { ...world, plains: replaced(world, merchants, chunk) }, world.vault);
  for (const url of [sqliteIn(temporaryFolder()).url, await server.newDatabase()]) {
    const error = await importInto(url, file, world.masterKeys);
    expect(error?.message).toMatch(/does not take the rows of merchants in it \(they have numbers/);
    expect(await isServed(url, world.masterKeys)).toBe(false);
  }
});

test('a target whose stamp says nonsense of an import is refused', async () => {
  const world = await exported();
  for (const mark of ['', 'x', `${randomUUID()} -1`, `${randomUUID()} 1e9`, `${randomUUID()} NaN`, ' 5']) {
    const url = await server.newDatabase();
    const archive = await openArchive(url, markOf('dev', world.masterKeys, 'import'));
    await archive.close();
    await ask(url, `UPDATE stamp SET value = '${mark}' WHERE name = 'import'`);
    const error = await importInto(url, world.file, world.masterKeys);
    expect(error?.message, mark).toMatch(/does not say how far an import into it is/);
  }
});

/** One change of a list of chunks. */
type Change = (plains: readonly Buffer[]) => readonly Buffer[];

const at = (plains: readonly Buffer[], share: number) => Math.floor(share * plains.length);
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const CHANGE: fc.Arbitrary<Change> = fc.oneof(
  share.map((from) => (plains: readonly Buffer[]) => plains.toSpliced(at(plains, from), 1)),
  fc.tuple(share, share).map(
    ([from, to]) =>
      (plains: readonly Buffer[]) =>
        plains.toSpliced(at(plains, to), 0, plains[at(plains, from)] ?? Buffer.alloc(0)),
  ),
  fc.tuple(share, fc.uint8Array({ maxLength: 200 })).map(
    ([to, bytes]) =>
      (plains: readonly Buffer[]) =>
        plains.toSpliced(at(plains, to), 0, Buffer.from(bytes)),
  ),
  // Bytes in the middle of rows: lengths, marks, numbers, texts.
  fc
    .tuple(share, share, fc.uint8Array({ minLength: 1, maxLength: 12 }))
    .map(([chunk, from, bytes]) => (plains: readonly Buffer[]) => {
      const changed = Buffer.from(plains[at(plains, chunk)] ?? Buffer.alloc(0));
      changed.set(
        bytes.subarray(0, changed.length),
        Math.floor(from * Math.max(0, changed.length - bytes.length)),
      );
      return plains.length === 0 ? plains : plains.with(at(plains, chunk), changed);
    }),
  fc.tuple(share, fc.integer({ min: 0, max: 255 })).map(
    ([chunk, kind]) =>
      (plains: readonly Buffer[]) =>
        plains.length === 0
          ? plains
          : plains.with(
              at(plains, chunk),
              Buffer.concat([Buffer.of(kind), (plains[at(plains, chunk)] ?? Buffer.alloc(0)).subarray(1)]),
            ),
  ),
  fc.tuple(share, share).map(([chunk, length]) => (plains: readonly Buffer[]) => {
    const cut = plains[at(plains, chunk)] ?? Buffer.alloc(0);
    return plains.length === 0
      ? plains
      : plains.with(at(plains, chunk), cut.subarray(0, Math.floor(length * cut.length)));
  }),
);

test('any chunks under the right key: refused with a sentence, or whole; nothing in between', {
  timeout: 600_000,
}, async () => {
  const world = await exported();
  const file = join(world.source.folder, 'fuzz.bonin');
  const outcomes = { refused: 0, imported: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(CHANGE, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (changes, sums) => {
        const changed = changes.reduce((plains, change) => change(plains), world.plains);
        writeParts(file, { ...world, plains: sums ? withEnd(changed) : changed }, world.vault);
        const folder = temporaryFolder();
        const { url } = sqliteIn(folder);
        const error = await importInto(url, file, world.masterKeys);
        outcomes[error === null ? 'imported' : 'refused']++;
        if (error !== null) {
          expect(error.message.startsWith(`${file}: `), error.message).toBe(true);
          expect(await isServed(url, world.masterKeys)).toBe(false);
        }
        rmSync(folder, { recursive: true });
      },
    ),
    { seed: 20260, numRuns: 600 },
  );
  expect(outcomes.refused).toBeGreaterThan(400);
});

test('any damage to the bytes of a file is refused before the target is touched', {
  timeout: 600_000,
}, async () => {
  const world = await exported();
  const whole = readFileSync(world.file);
  const file = join(world.source.folder, 'damaged.bonin');
  await fc.assert(
    fc.asyncProperty(
      share,
      fc.nat({ max: 20 }),
      fc.uint8Array({ maxLength: 20 }),
      async (from, gone, bytes) => {
        const place = Math.floor(from * whole.length);
        const damaged = Buffer.concat([whole.subarray(0, place), bytes, whole.subarray(place + gone)]);
        fc.pre(!damaged.equals(whole));
        writeFileSync(file, damaged);
        await refused(world, file);
      },
    ),
    { seed: 20261, numRuns: 2000 },
  );
});

test('no file takes more memory than a few chunks do', { timeout: 120_000 }, async () => {
  const world = await exported();
  const file = join(world.source.folder, 'large.bonin');
  const large = Buffer.alloc(4 * 1024 * 1024, 1);
  const before = process.resourceUsage().maxRSS;
  for (const place of ARCHIVE_TABLES.keys()) {
    large[0] = place;
    writeParts(file, { ...world, plains: Array.from({ length: 5 }, () => large) }, world.vault);
    await refused(world, file);
    writeParts(file, { ...world, plains: [large.subarray(0, -1), ...world.plains] }, world.vault);
    truncateSync(file, 2 ** 40);
    await refused(world, file);
  }
  // A file that has room for the length it tells of.
  const whole = readFileSync(world.file);
  whole.writeUInt32BE(2 ** 30, world.header.length);
  writeFileSync(file, whole);
  truncateSync(file, 2 ** 40);
  await refused(world, file);
  // Kilobytes.
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(200_000);
});
