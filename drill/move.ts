/**
 * Moves a store from SQLite to PostgreSQL and back with the real commands, kills them in the middle, and compares what
 * came out. `npm run drill:move [-- --rows 1000000]`; the exit code is 0 only when all of it holds.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { call, getToken, startBonin } from '../bench/servers.ts';
import { type BenchStore, ensureStore, readRows, toImpUid } from '../bench/store.ts';
import { ask, startPostgres } from '../test/contract/postgres-server.ts';
import { type CommandRun, runCommand } from './command.ts';

const SAMPLE = 200;
/** Rows of a chunk: an import does so many in one step. */
const CHUNK_ROWS = 2000;
/** How often a locked file is looked at, ten times a second. */
const MOST_TRIES = 300;

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const rows = Number(values.rows);
if (!Number.isSafeInteger(rows) || rows < 20 * CHUNK_ROWS) {
  console.error(`--rows must be a number, at least ${20 * CHUNK_ROWS}`);
  process.exit(2);
}

/** A place where the data is: a folder with the key, and the database if it is not in there. */
interface Stop {
  readonly name: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A lookup with a token from before the move, and what was answered then. */
interface Sample {
  readonly token: string;
  readonly impUid: string;
  readonly text: string;
}

const problems: string[] = [];
const work = mkdtempSync(join(tmpdir(), 'bonin-move-'));
const postgres = await startPostgres();
try {
  const store = await ensureStore(rows);
  await moveThereAndBack(store, await postgres.newDatabase());
} finally {
  await postgres.close();
  rmSync(work, { recursive: true, force: true });
}
console.log(problems.length === 0 ? '\nThe move holds.' : `\nNOT SO:\n  ${problems.join('\n  ')}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function moveThereAndBack(store: BenchStore, databaseUrl: string): Promise<void> {
  const first = newStop('SQLite', store);
  const second = newStop('PostgreSQL', store, { BONIN_DATABASE_URL: databaseUrl });
  const third = newStop('SQLite again', store);
  const [firstFile, thirdFile] = [first, third].map(({ folder }) => join(folder, 'bonin.db')) as [
    string,
    string,
  ];
  copyFileSync(join(store.folder, 'bonin.db'), firstFile);
  const samples = await takeSamples(first, store);

  console.log(`\nFrom SQLite to PostgreSQL: ${rows.toLocaleString('en-US')} certifications`);
  const begun = await exportAll(first, join(work, 'there.bonin'));
  const arrived = await importAll(second, join(work, 'there.bonin'), async () => {
    const [row] = await ask(databaseUrl, "SELECT value FROM stamp WHERE name = 'import'").catch(() => []);
    return chunkOf(row?.['value']);
  });
  expect(arrived === begun, 'counts and checksums in PostgreSQL are those of SQLite');
  await lookUp(second, samples);

  console.log('\nFrom PostgreSQL to SQLite');
  const left = await exportAll(second, join(work, 'back.bonin'));
  expect(left === begun, 'what leaves PostgreSQL is what came in');
  const returned = await importAll(third, join(work, 'back.bonin'), () => chunkInFile(thirdFile));
  expect(returned === begun, 'counts and checksums in SQLite are those of the beginning');
  compareFiles(firstFile, thirdFile);
  await lookUp(third, samples);
}

function newStop(name: string, store: BenchStore, environment: Stop['environment'] = {}): Stop {
  const folder = join(work, name.replaceAll(' ', '-'));
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(join(store.folder, 'master.keys'), join(folder, 'master.keys'));
  return { name, folder, environment };
}

/** Tokens of some merchants, and what they see of certifications of theirs. */
async function takeSamples(stop: Stop, store: BenchStore): Promise<readonly Sample[]> {
  const { ids, owners } = readRows(store);
  const server = await startBonin(stop.folder, { environment: stop.environment });
  const tokens = new Map<number, string>();
  const samples: Sample[] = [];
  for (let count = 0; count < SAMPLE; count++) {
    const row = Math.floor(Math.random() * rows);
    const owner = owners[row] ?? 0;
    const pair = store.keyPairs[owner]?.[0];
    if (pair === undefined) throw new Error('the store has no key pair of an owner');
    const token = tokens.get(owner) ?? (await getToken(server.url, pair.impKey, pair.impSecret));
    tokens.set(owner, token);
    const impUid = toImpUid(ids[row] ?? 0);
    const { status, text } = await call(`${server.url}/certifications/${impUid}`, { Authorization: token });
    if (status !== 200) throw new Error(`a lookup before the move was answered ${status}`);
    samples.push({ token, impUid, text });
  }
  await server.stop();
  return samples;
}

async function lookUp(stop: Stop, samples: readonly Sample[]): Promise<void> {
  const server = await startBonin(stop.folder, { environment: stop.environment });
  let equal = 0;
  for (const { token, impUid, text } of samples) {
    const answer = await call(`${server.url}/certifications/${impUid}`, { Authorization: token });
    if (answer.status === 200 && answer.text === text) equal++;
  }
  await server.stop();
  expect(
    equal === samples.length,
    `${equal} of ${samples.length} lookups with old tokens answer as before, from ${stop.name}`,
  );
}

/** Exports with one kill in the middle, and gives what was printed of each table. */
async function exportAll({ name, folder, environment }: Stop, file: string): Promise<string> {
  const words = ['export', file, '--data', folder];
  const enough = rows * 100;
  const killed = await runCommand(words, {
    environment,
    killWhen: async () => existsSync(file) && statSync(file).size > enough,
  });
  expect(killed.code === null, 'the export was killed in the middle');
  return report(`export from ${name}, resumed`, await runCommand(words, { environment }));
}

/** Imports with two kills in the middle, and gives what was printed of each table. */
async function importAll(
  { name, folder, environment }: Stop,
  file: string,
  chunk: () => Promise<number>,
): Promise<string> {
  const words = ['import', file, '--data', folder];
  let [seconds, done] = [0, 0];
  for (const share of [0.3, 0.6]) {
    const killAt = (share * rows) / CHUNK_ROWS;
    const killed = await runCommand(words, { environment, killWhen: async () => (await chunk()) >= killAt });
    const reached = await chunk();
    expect(killed.code === null && reached >= killAt, `the import was killed at chunk ${reached}`);
    seconds += killed.seconds;
    done = reached;
  }
  expect(done < rows / CHUNK_ROWS, 'there was something left to import');
  const refused = await runCommand(['serve', '--port', '0', '--data', folder], { environment });
  expect(
    refused.code === 1 && refused.stderr.includes('an import into it has not ended'),
    'a database with half an import is not served from',
  );
  const totals = report(`import into ${name}, resumed`, await runCommand(words, { environment }));
  console.log(`      (the killed runs took ${seconds.toFixed(1)} s)`);
  return totals;
}

/** Prints how fast it went, and gives the lines of the tables. */
function report(what: string, { code, stdout, seconds, peak, peakOwn }: CommandRun): string {
  const lines = stdout.trim().split('\n');
  expect(code === 0, `${what}: ${lines.at(-1)}`);
  console.log(
    `      ${seconds.toFixed(1)} s in all; at most ${Math.round(peak)} MB in memory, ${Math.round(peakOwn)} MB of its own`,
  );
  return lines.filter((line) => /^\w+ +[\d,]+ {2}[0-9a-f]{64}$/.test(line)).join('\n');
}

/** Compares two databases without any code of ours. The tables left out are not moved. */
function compareFiles(some: string, others: string): void {
  using database = new DatabaseSync(some, { readOnly: true });
  database.prepare('ATTACH ? AS other').run(others);
  const tables = database
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT IN ('stamp', 'jobs')")
    .all()
    .map(({ name }) => String(name));
  const different = tables.filter((table) =>
    [
      [`main.${table}`, `other.${table}`],
      [`other.${table}`, `main.${table}`],
    ].some(([left, right]) =>
      database.prepare(`SELECT * FROM ${left} EXCEPT SELECT * FROM ${right} LIMIT 1`).get(),
    ),
  );
  expect(different.length === 0, `SQLite itself finds no difference in ${tables.length} tables`);
}

/** Looks again while another process mends what a killed one left. */
async function chunkInFile(file: string): Promise<number> {
  for (let tries = 1; existsSync(file); tries++) {
    try {
      using database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
      return chunkOf(database.prepare("SELECT value FROM stamp WHERE name = 'import'").get()?.['value']);
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
      await sleep(100);
    }
  }
  return -1;
}

function chunkOf(mark: unknown): number {
  return typeof mark === 'string' ? Number(mark.split(' ')[1]) : -1;
}

function expect(holds: boolean, sentence: string): void {
  console.log(`  ${holds ? 'ok    ' : 'NOT SO'}  ${sentence}`);
  if (!holds) problems.push(sentence);
}
