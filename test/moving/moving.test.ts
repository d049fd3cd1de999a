import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client as Direct } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE_TABLES, type Archive } from '../../src/core/archive.ts';
import { createRing } from '../../src/core/key-ring.ts';
import { openArchive, openStore } from '../../src/storage/index.ts';
import { importFrom } from '../../src/transfer/import.ts';
import { putMerchant } from '../contract/merchant.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { findCanaries, spellText } from '../support/canaries.ts';
import { alter } from '../support/damage.ts';
import { eventually } from '../support/eventually.ts';
import { markOf } from '../support/keys.ts';
import { Shop } from '../support/shop.ts';
import { type Finished, runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  CANARIES,
  FIRST_BULK_ID,
  type Filled,
  fill,
  importedChunks,
  masterKeysOf,
  type Place,
  sqliteIn,
  startOn,
  wordsFor,
} from './database.ts';
import { exportUntil, importUntil } from './killed.ts';

/** Certifications of a database that takes several chunks. */
const BULK = 12_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

/** A new database that has the key of another. */
async function newPlace(engine: 'sqlite' | 'postgres', keyOf: Place): Promise<Place> {
  const folder = temporaryFolder();
  copyFileSync(join(keyOf.folder, 'master.keys'), join(folder, 'master.keys'));
  return engine === 'sqlite' ? sqliteIn(folder) : { folder, url: await server.newDatabase() };
}

const exportAll = (place: Place, file: string) => runBonin(['export', file, ...wordsFor(place)]);
const importAll = (place: Place, file: string) => runBonin(['import', file, ...wordsFor(place)]);

/** What was printed of each table: its rows and its checksum. */
function totalsOf({ code, stdout, stderr }: Finished): string {
  expect(code, stderr).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => /[0-9a-f]{64}$/.test(line))
    .join('\n');
}

/** A filled SQLite database with its export. */
async function exported(bulk = 0): Promise<{ source: Place; filled: Filled; file: string; totals: string }> {
  const source = sqliteIn(temporaryFolder());
  const filled = await fill(source, bulk);
  const file = join(source.folder, 'all.bonin');
  return { source, filled, file, totals: totalsOf(await exportAll(source, file)) };
}

describe.each([
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
  ['postgres', 'postgres'],
  ['sqlite', 'sqlite'],
] as const)('from %s to %s', (from, to) => {
  test('everything moves, and what was open stays open', { timeout: 240_000 }, async () => {
    const first = await exported();
    let { source, file } = first;
    if (from === 'postgres') {
      source = await newPlace('postgres', first.source);
      totalsOf(await importAll(source, file));
      file = join(source.folder, 'all.bonin');
      expect(totalsOf(await exportAll(source, file))).toBe(first.totals);
    }
    expect(first.totals).not.toMatch(/^\w+ +0 /m);
    const target = await newPlace(to, source);
    expect(totalsOf(await importAll(target, file))).toBe(first.totals);

    const { bonin, client } = await startOn(target);
    const { token, lookups, openOtp, erased, attempt } = first.filled;
    const shop = new Shop(client, token);
    for (const [impUid, text] of lookups) expect((await shop.lookup(impUid)).text).toBe(text);
    expect((await shop.confirm(openOtp)).status).toBe(200);
    expect((await shop.lookup(openOtp)).response).toMatchObject({ certified: true });
    expect((await shop.lookup(erased)).status).toBe(404);
    expect((await shop.lookup(attempt)).status).toBe(200);
    expect((await shop.lookup(await shop.impUid({ phone: '01000003333' }))).status).toBe(200);
    await bonin.stop();

    const store = await openStore(target.url, markOf('dev', masterKeysOf(target)));
    const saved = await putMerchant(store, { userCode: 'imp88888888' });
    expect(saved.id).toBeGreaterThan(7);
    expect(await store.attempts.findById(1, attempt)).toMatchObject({ step: 3, end: null });
    await store.close();
  });
});

test('an export contains no personal data in clear, and only its owner may read it', async () => {
  const { source, file } = await exported();
  const folder = temporaryFolder();
  copyFileSync(file, join(folder, 'all.bonin'));
  const canaries = new Map(
    [...CANARIES, 'imp_apikey', 'of_another_shape'].map((each) => [each, spellText(each)]),
  );
  expect(findCanaries([folder], canaries)).toEqual([]);
  writeFileSync(join(source.folder, 'control.bin'), `before ${CANARIES[0]} after`);
  expect(findCanaries([source.folder], canaries).length).toBeGreaterThan(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

/** An import that must not get as far as its target. */
async function importNowhere(file: string, source: Place): Promise<string> {
  const openTarget = (): Promise<Archive> => Promise.reject(new Error('the target was opened'));
  const error: unknown = await importFrom(file, masterKeysOf(source), openTarget, () => () => {}).catch(
    (thrown: unknown) => thrown,
  );
  return error instanceof Error ? error.message : 'nothing was wrong';
}

test('a file that is cut, altered or longer is refused before the target is touched', {
  timeout: 240_000,
}, async () => {
  const { source, file } = await exported(BULK);
  expect(await importNowhere(file, source)).toBe('the target was opened');
  const whole = readFileSync(file);
  const broken = join(source.folder, 'broken.bonin');
  const firstChunk = whole.indexOf('\n') + 1;
  const positions = Array.from({ length: 40 }, (_, at) => Math.floor((at / 40) * whole.length));
  for (const position of [...positions, firstChunk, firstChunk + 4, firstChunk + 8, whole.length - 1]) {
    const altered = Buffer.from(whole);
    altered[position] = (altered[position] ?? 0) ^ 1;
    writeFileSync(broken, altered);
    expect(await importNowhere(broken, source), `altered at ${position}`).toMatch(/broken\.bonin: /);
    writeFileSync(broken, whole);
    truncateSync(broken, position);
    expect(await importNowhere(broken, source), `cut at ${position}`).toMatch(/broken\.bonin: /);
  }
  writeFileSync(broken, Buffer.concat([whole, Buffer.of(0)]));
  expect(await importNowhere(broken, source)).toMatch(/broken\.bonin: holds something behind its end/);
  // The last chunk is the end: without it the rest is whole and still not all.
  const lengths: number[] = [];
  for (let at = firstChunk; at < whole.length; at += 4 + whole.readUInt32BE(at)) lengths.push(at);
  writeFileSync(broken, whole.subarray(0, lengths.at(-1)));
  expect(await importNowhere(broken, source)).toMatch(/broken\.bonin: has no end/);
  const [one = 0, two = 0, three = 0] = lengths;
  writeFileSync(
    broken,
    Buffer.concat([
      whole.subarray(0, one),
      whole.subarray(two, three),
      whole.subarray(one, two),
      whole.subarray(three),
    ]),
  );
  expect(await importNowhere(broken, source)).toMatch(/is cut or altered after 0 whole chunks/);
});

test('a file of another key, of another version, or no export at all is refused', async () => {
  const { source, file } = await exported();
  const stranger = sqliteIn(temporaryFolder());
  await fill(stranger);
  const target = await newPlace('sqlite', stranger);
  expect((await importAll(target, file)).stderr).toMatch(
    /sealed with a master key that is not among the keys given/,
  );
  const whole = readFileSync(file, 'latin1');
  const other = join(source.folder, 'other.bonin');
  for (const [from, to] of [
    ['"version":1', '"version":2'],
    ['"layout":"', '"layout":"0'],
  ] as const) {
    writeFileSync(other, whole.replace(from, to), 'latin1');
    expect(await importNowhere(other, source)).toMatch(/was made by another version of Bonin/);
  }
  writeFileSync(other, 'SQLite format 3\0 and so on\n');
  expect(await importNowhere(other, source)).toMatch(/is not an export of Bonin/);
  expect((await exportAll(source, other)).stderr).toMatch(/is not an export of Bonin/);
  expect(readFileSync(other, 'utf8')).toMatch(/^SQLite format/);
  expect((await exportAll(source, file)).stderr).toMatch(/is an export that has ended/);
  expect((await exportAll(stranger, file)).stderr).toMatch(/master key/);
  expect((await exportAll(sqliteIn(temporaryFolder()), file)).stderr).toMatch(/is missing/);
});

test('a target with anything else in it is refused and left as it was', async () => {
  const { source, file } = await exported();
  const served = await newPlace('sqlite', source);
  totalsOf(await importAll(served, file));
  expect((await importAll(served, file)).stdout).toMatch(/imported into this database already/);
  const second = join(source.folder, 'second.bonin');
  totalsOf(await exportAll(source, second));
  expect((await importAll(served, second)).stderr).toMatch(/holds data already/);

  const production = await newPlace('sqlite', source);
  const { bonin } = await startOn(production);
  await bonin.stop();
  alter(join(production.folder, 'bonin.db'), "UPDATE stamp SET value = 'serve' WHERE name = 'mode'");
  expect((await importAll(production, file)).stderr).toMatch(/belongs to the mode serve/);

  const foreign = await newPlace('postgres', source);
  await ask(foreign.url, 'CREATE TABLE orders (id integer)');
  expect((await importAll(foreign, file)).stderr).toMatch(/holds tables of another program/);
  expect((await exportAll(foreign, join(source.folder, 'third.bonin'))).stderr).toMatch(/another program/);
  expect(
    await ask(foreign.url, "SELECT count(*)::integer AS n FROM pg_tables WHERE schemaname = 'public'"),
  ).toEqual([{ n: 1 }]);
});

test.each(['sqlite', 'postgres'] as const)(
  'an import into %s that is killed again and again loses and doubles nothing',
  { timeout: 240_000 },
  async (engine) => {
    const { source, file, totals } = await exported(BULK);
    const target = await importUntil(2, file, () => newPlace(engine, source));
    const refused = await runBonin(['dev', '--port', '0', ...wordsFor(target)]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(
      /an import into it has not ended; run bonin import again with the same file/,
    );
    expect((await exportAll(target, join(target.folder, 'half.bonin'))).stderr).toMatch(/has not ended/);
    const second = join(source.folder, 'second.bonin');
    totalsOf(await exportAll(source, second));
    expect((await importAll(target, second)).stderr).toMatch(/another export was begun to be imported/);

    for (let kill = 0; kill < 12; kill++) {
      const after = Math.random() * 1500;
      await runBonin(['import', file, ...wordsFor(target)], { killAfter: after });
    }
    const last = await importAll(target, file);
    expect(last.code, last.stderr).toBe(0);
    const again = join(target.folder, 'again.bonin');
    expect(totalsOf(await exportAll(target, again))).toBe(totals);
  },
);

test.each(['sqlite', 'postgres'] as const)(
  'of two processes that import the same file into %s, what comes out is right',
  { timeout: 120_000 },
  async (engine) => {
    const { source, file, totals } = await exported(BULK);
    const target = await newPlace(engine, source);
    const both = await Promise.all([importAll(target, file), importAll(target, file)]);
    expect(
      both.map(({ code }) => code),
      both.map(({ stderr }) => stderr).join('\n'),
    ).toContain(0);
    for (const { code, stderr } of both)
      if (code !== 0) expect(stderr).toMatch(/being imported by another process/);
    expect(totalsOf(await exportAll(target, join(target.folder, 'again.bonin')))).toBe(totals);
  },
);

test('an import that begins while another one writes does not set it back', async () => {
  const source = sqliteIn(temporaryFolder());
  await (await startOn(source)).bonin.stop();
  const { url } = await newPlace('postgres', source);
  const ring = createRing(masterKeysOf(source), 'dev', 1);
  const archive = await openArchive(url, markOf('dev', masterKeysOf(source), 'import'));
  expect(await archive.beginImport('an-export', ring)).toEqual({ next: 0 });
  const writing = new Direct({ connectionString: url });
  await writing.connect();
  await writing.query("BEGIN; UPDATE stamp SET value = 'an-export 1' WHERE name = 'import'");
  let hasBegun = false;
  const second = archive.beginImport('an-export', ring).finally(() => {
    hasBegun = true;
  });
  const isWaiting = async () =>
    (await ask(url, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length > 0;
  expect(await eventually(async () => hasBegun || (await isWaiting()))).toBe(true);
  await writing.query('COMMIT');
  await writing.end();
  await second;
  expect(await ask(url, "SELECT value FROM stamp WHERE name = 'import'")).toEqual([{ value: 'an-export 1' }]);
  await archive.close();
});

test('an export that was killed goes on behind its last whole chunk', { timeout: 120_000 }, async () => {
  const { source, file: all, totals } = await exported(BULK);
  const file = join(source.folder, 'killed.bonin');
  for (const bytes of [1, 1_000_000, 3_000_000]) await exportUntil(bytes, file, source, statSync(all).size);
  truncateSync(file, statSync(file).size - 7);
  expect(totalsOf(await exportAll(source, file))).toBe(totals);
  const target = await newPlace('sqlite', source);
  expect(totalsOf(await importAll(target, file))).toBe(totals);
});

test('an export of a database that changed meanwhile has no end and says so', async () => {
  const { source, file: all } = await exported(BULK);
  const file = join(source.folder, 'changed.bonin');
  await exportUntil(1_000_000, file, source, statSync(all).size);
  alter(join(source.folder, 'bonin.db'), `DELETE FROM certifications WHERE id = ${FIRST_BULK_ID}`);
  const resumed = await exportAll(source, file);
  expect(resumed).toMatchObject({ code: 1 });
  expect(resumed.stderr).toMatch(/the database has changed since this file was begun \(certifications\)/);
  expect(await importNowhere(file, source)).toMatch(/has no end/);
});

test('a full disk is said, and both go on when there is room', { timeout: 120_000 }, async () => {
  const { source, file, totals } = await exported(BULK);
  const full = { wrapper: ['prlimit', '--fsize=2000000:unlimited'] };
  const second = join(source.folder, 'second.bonin');
  const stopped = await runBonin(['export', second, ...wordsFor(source)], full);
  expect(stopped).toMatchObject({ code: 1 });
  expect(stopped.stderr).toMatch(/second\.bonin: the disk takes no larger file/);
  expect(totalsOf(await exportAll(source, second))).toBe(totals);

  const target = await newPlace('sqlite', source);
  const half = await runBonin(['import', file, ...wordsFor(target)], full);
  expect(half).toMatchObject({ code: 1 });
  expect(half.stderr).toMatch(/the disk under the database/);
  expect(await importedChunks(target)).toBeGreaterThan(0);
  expect(totalsOf(await importAll(target, file))).toBe(totals);
});

// Data keys are in the header of an export; jobs are the state of running processes.
test('every column of every table moves', async () => {
  const { source } = await exported();
  const target = await newPlace('postgres', source);
  totalsOf(await importAll(target, join(source.folder, 'all.bonin')));
  const named = new Set(
    ARCHIVE_TABLES.flatMap(({ name, columns }) => columns.map(([column]) => `${name}.${column}`)),
  );
  const inPostgres = await ask(
    target.url,
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name NOT IN ('stamp', 'turns', 'data_keys', 'jobs')`,
  );
  expect(new Set(inPostgres.map(({ name }) => name))).toEqual(named);
  using database = new DatabaseSync(join(source.folder, 'bonin.db'), { readOnly: true });
  const inSqlite = database
    .prepare(
      `SELECT t.name || '.' || c.name AS name FROM sqlite_schema t, pragma_table_info(t.name) c
       WHERE t.type = 'table' AND t.name NOT IN ('stamp', 'data_keys', 'jobs')`,
    )
    .all();
  expect(new Set(inSqlite.map(({ name }) => name))).toEqual(named);
  // The data keys move as they lie: wrapped.
  const ring =
    'SELECT id, purpose, master_key_id, hex(wrapped) AS wrapped, created_at FROM data_keys ORDER BY id';
  const inTarget = await ask(target.url, ring.replace('hex(wrapped)', "upper(encode(wrapped, 'hex'))"));
  expect(inTarget.map((key) => ({ ...key, created_at: Number(key['created_at']) }))).toEqual(
    database.prepare(ring).all(),
  );
  expect(inTarget.length).toBeGreaterThan(0);
});

test('what is named on the command line, and is not there', async () => {
  const { source } = await exported();
  const nowhere = join(source.folder, 'x.bonin');
  const inMemory = ['--data', source.folder, '--database-url', 'sqlite::memory:'];
  expect(await runBonin(['export', nowhere, ...inMemory])).toMatchObject({ code: 2 });
  const keys = join(source.folder, 'master.keys');
  const elsewhere = ['--data', temporaryFolder(), '--database-url', source.url, '--master-keys', keys];
  expect((await runBonin(['export', nowhere, ...elsewhere])).code).toBe(0);
  rmSync(nowhere);
  expect((await runBonin(['export', join(source.folder, 'none', 'x'), ...wordsFor(source)])).stderr).toMatch(
    /is missing/,
  );
  expect((await runBonin(['import', nowhere, ...wordsFor(source)])).stderr).toMatch(/x\.bonin: is missing/);
});
