import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ARCHIVE_TABLES, type ArchiveTable } from '../../src/core/archive.ts';
import { runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sqliteIn, wordsFor } from './database.ts';
import { chunkOf, endOf, placeOf, rowsIn, withEnd, writeParts } from './forged-export.ts';
import { exported, importInto, isServed, refused, replaced, tableOf } from './hostile-world.ts';

const merchants = tableOf('merchants');
const certifications = tableOf('certifications');
const requests = tableOf('counted_requests');

test('an export that is put together again is imported', async () => {
  const world = await exported();
  const again = join(world.source.folder, 'again.bonin');
  writeParts(again, { ...world, plains: withEnd(world.plains) }, world.vault);
  const { url } = sqliteIn(temporaryFolder());
  expect(await importInto(url, again, world.masterKeys)).toBe(null);
  expect(await isServed(url, world.masterKeys)).toBe(true);
});

test('chunks that were sealed under the key and are not as the exporter makes them are refused', async () => {
  const world = await exported();
  const { plains } = world;
  const rows = rowsIn(plains, merchants);
  const [first, second] = rows;
  if (first === undefined || second === undefined) throw new Error('there are too few rows');
  const row = (table: ArchiveTable) => rowsIn(plains, table)[0] ?? [];
  const end = plains.at(-1) ?? Buffer.alloc(0);
  const text = end.toString('utf8', 1);
  const totals = JSON.parse(text) as Record<string, unknown>[];
  const files: Readonly<Record<string, readonly [readonly Buffer[], RegExp]>> = {
    'no chunk': [[], /^has no end/],
    'no end': [plains.slice(0, -1), /^has no end/],
    'two ends': [[...plains, end], /^holds something behind its end$/],
    'rows behind the end': [[...plains, chunkOf(merchants, [first])], /^holds something behind its end$/],
    'an end in the middle': [[...plains.slice(0, 2), end, ...plains.slice(2)], /^does not add up$/],
    'a chunk with nothing in it': [[Buffer.alloc(0), ...plains], /^holds a chunk with nothing in it$/],
    'a table without rows': [
      replaced(world, merchants, Buffer.of(placeOf(merchants))),
      /^holds rows of merchants that .*: a row is cut$/,
    ],
    'a table that is not known': [
      [Buffer.of(ARCHIVE_TABLES.length, 0), ...plains],
      /^holds a table that is not known/,
    ],
    'another table that is not known': [[Buffer.of(254, 0), ...plains], /^holds a table that is not known/],
    'tables out of order': [
      withEnd([...plains.slice(0, -1), chunkOf(merchants, [first])]),
      /after those of a later table$/,
    ],
    'a key twice': [
      replaced(world, merchants, chunkOf(merchants, [first, first])),
      /merchants whose keys do not ascend$/,
    ],
    'a key twice, in two chunks': [
      replaced(world, merchants, chunkOf(merchants, [first]), chunkOf(merchants, [first])),
      /keys do not ascend$/,
    ],
    'keys that descend': [
      replaced(world, merchants, chunkOf(merchants, [second, first])),
      /keys do not ascend$/,
    ],
    'a row without a key': [
      replaced(world, merchants, chunkOf(merchants, [first.with(0, null)])),
      /a row has no key$/,
    ],
    'a number with a fraction': [
      replaced(world, merchants, chunkOf(merchants, [first.with(0, 1.5)])),
      /not a whole one$/,
    ],
    'a number that is none': [
      replaced(world, merchants, chunkOf(merchants, [first.with(0, Number.NaN)])),
      /not a whole one$/,
    ],
    'a number without end': [
      replaced(world, merchants, chunkOf(merchants, [first.with(0, 1e300)])),
      /not a whole one$/,
    ],
    'rows without end': [
      replaced(
        world,
        requests,
        Buffer.concat([Buffer.of(placeOf(requests)), Buffer.alloc(4 * 1024 * 1024 - 1)]),
      ),
      /a row has no key$/,
    ],
    'more rows than a chunk has': [
      replaced(
        world,
        requests,
        chunkOf(
          requests,
          Array.from({ length: 2001 }, (_, id) => row(requests).with(0, id)),
        ),
      ),
      /too many rows$/,
    ],
    'a row that is cut': [
      replaced(world, merchants, chunkOf(merchants, [first]).subarray(0, -1)),
      /a row is cut$/,
    ],
    'rows of another table': [
      replaced(
        world,
        merchants,
        Buffer.concat([
          Buffer.of(placeOf(merchants)),
          chunkOf(certifications, [row(certifications)]).subarray(1),
        ]),
      ),
      /^holds rows of merchants that/,
    ],
    'totals that are no JSON': [[...plains.slice(0, -1), endOf('[')], /^does not add up$/],
    'totals in a deep nest': [[...plains.slice(0, -1), endOf('['.repeat(4_000_000))], /^does not add up$/],
    'totals of nothing': [[...plains.slice(0, -1), endOf('')], /^does not add up$/],
    'totals that are null': [[...plains.slice(0, -1), endOf(null)], /^does not add up$/],
    'totals with a table less': [[...plains.slice(0, -1), endOf(totals.slice(1))], /^does not add up$/],
    'totals with a table more': [
      [...plains.slice(0, -1), endOf([...totals, { table: '__proto__', rows: 0 }])],
      /^does not add up$/,
    ],
    'totals with a table twice': [
      [...plains.slice(0, -1), endOf([...totals, totals[0]])],
      /^does not add up$/,
    ],
    'totals in another order': [[...plains.slice(0, -1), endOf(totals.toReversed())], /^does not add up$/],
    'totals with a prototype': [
      [...plains.slice(0, -1), endOf(text.replace('{', '{"__proto__":{"rows":1},'))],
      /^does not add up$/,
    ],
    'totals with a member twice': [
      [...plains.slice(0, -1), endOf(text.replace('{', '{"rows":1,'))],
      /^does not add up$/,
    ],
    'totals with rows less than none': [
      [...plains.slice(0, -1), endOf(totals.map((each) => ({ ...each, rows: -1 })))],
      /^does not add up$/,
    ],
    'totals with blanks': [[...plains.slice(0, -1), endOf(`${text} `)], /^does not add up$/],
  };
  for (const [what, [chunks, says]] of Object.entries(files)) {
    const file = join(world.source.folder, 'forged.bonin');
    writeParts(file, { ...world, plains: chunks }, world.vault);
    expect(await refused(world, file), what).toMatch(says);
  }
});

test('headers and lengths that no export has are refused', async () => {
  const world = await exported();
  const header = JSON.parse(world.header) as Record<string, unknown>;
  const ring = header['ring'] as readonly (readonly unknown[])[];
  const exchanged = ring.map((key, at) => key.with(3, ring[at === 0 ? 1 : at === 1 ? 0 : at]?.[3]));
  const line = (members: Record<string, unknown>) => `${JSON.stringify({ ...header, ...members })}\n`;
  const file = join(world.source.folder, 'forged.bonin');
  const headers: Readonly<Record<string, string>> = {
    'an id that is none': line({ id: 'x' }),
    'an id with blanks': line({ id: `${randomUUID()} 5` }),
    'an id that is a list': line({ id: [header['id']] }),
    'a mode that is none': line({ mode: 'toString' }),
    'no data keys': line({ ring: [] }),
    'data keys that are no list': line({ ring: {} }),
    'a data key that is no list': line({ ring: [...ring, 'key'] }),
    'a data key too few': line({ ring: ring.slice(1) }),
    'a data key more': line({ ring: [...ring, ring[0]] }),
    'a data key under another number': line({ ring: [...ring.slice(1), ring[0]?.with(0, 99)] }),
    'two data keys exchanged': line({ ring: exchanged }),
    'a data key that is no text': line({ ring: [...ring.slice(1), ring[0]?.with(3, 5)] }),
    'a data key in another spelling': line({
      ring: [ring[0]?.with(3, `${ring[0]?.[3]} `), ...ring.slice(1)],
    }),
    'more data keys than there are purposes': line({ ring: Array.from({ length: 99 }, () => ring[0]) }),
    'a member more': line({ more: 1 }),
    'a prototype': world.header.replace('{', '{"__proto__":{"id":"x"},'),
    'a member twice': world.header.replace('{', '{"id":"x",'),
    'other blanks': world.header.replace(':', ': '),
    'another order': `${JSON.stringify(Object.fromEntries(Object.entries(header).toReversed()))}\n`,
    null: 'null\n',
    'a number': '1\n',
    'a list': '[]\n',
    'a deep nest': `${'['.repeat(1000)}\n`,
    'no end of line': world.header.trimEnd().padEnd(5000),
  };
  for (const [what, head] of Object.entries(headers)) {
    writeParts(file, { ...world, header: head }, world.vault);
    expect(await refused(world, file), what).toMatch(
      /^(?:its beginning is damaged|is not an export of Bonin, or its beginning is damaged)$/,
    );
  }
  const start = world.header.length;
  const whole = readFileSync(world.file);
  for (const length of [0, 1, 63, 64, 4 * 1024 * 1024 + 65, 2 ** 28, 2 ** 31, 2 ** 32 - 1]) {
    const altered = Buffer.from(whole);
    altered.writeUInt32BE(length, start);
    writeFileSync(file, altered);
    // A file of a terabyte has room for each of these lengths.
    truncateSync(file, 2 ** 40);
    expect(await refused(world, file), String(length)).toMatch(/^is cut or altered after 0 whole chunks$/);
  }
});

test('what is no file of ours is refused, and a pipe is not waited for', async () => {
  const world = await exported();
  const file = join(temporaryFolder(), 'odd.bonin');
  execFileSync('mkfifo', [file]);
  expect(await refused(world, file)).toBe('is not a file');
  const { stderr } = await runBonin(['export', file, ...wordsFor(world.source)], { killAfter: 30_000 });
  expect(stderr).toMatch(/odd\.bonin: is not a file$/m);
  rmSync(file);
  mkdirSync(file);
  expect(await refused(world, file)).toMatch(/^is (?:not a file|a folder)$/);
});

test('an export goes on with no file in which somebody else may have a hand', async () => {
  const world = await exported();
  const begun = readFileSync(world.file).subarray(0, world.header.length);
  const folder = temporaryFolder();
  const file = join(folder, 'begun.bonin');
  const said = async () => {
    const { code, stderr } = await runBonin(['export', file, ...wordsFor(world.source)]);
    expect(code, stderr).toBe(1);
    return stderr;
  };
  writeFileSync(file, begun, { mode: 0o600 });
  chmodSync(file, 0o666);
  expect(await said()).toMatch(/begun\.bonin: is there already, and others may have a hand in it/);
  chmodSync(file, 0o600);
  linkSync(file, join(folder, 'second name'));
  expect(await said()).toMatch(/others may have a hand in it/);
  rmSync(file);
  symlinkSync(join(folder, 'second name'), file);
  expect(await said()).toMatch(/begun\.bonin: is a symbolic link/);
  rmSync(file);
  symlinkSync(join(folder, 'nowhere'), file);
  // What is no export yet is replaced, the link itself and not what it names.
  expect((await runBonin(['export', file, ...wordsFor(world.source)])).code).toBe(0);
  expect(lstatSync(file).isFile()).toBe(true);
  expect(readdirSync(folder).toSorted()).toEqual(['begun.bonin', 'second name']);
  rmSync(file);
  writeFileSync(file, begun, { mode: 0o600 });
  expect((await runBonin(['export', file, ...wordsFor(world.source)])).code).toBe(0);
});
