import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pinned } from './cores.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE_CLI = 'src/cli/main.ts';
const BUILT_CLI = 'dist/cli/main.js';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A child that ends when this process does. */
export function track<T extends ChildProcess>(child: T): T {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  /** Ends it as an operator would, and resolves when it is gone. */
  stop(): Promise<void>;
}

/** The command line to measure: what `npm run build` made unless the source is newer. */
export function findCli(): string {
  if (!existsSync(`${ROOT}/${BUILT_CLI}`)) return SOURCE_CLI;
  const builtAt = statSync(`${ROOT}/${BUILT_CLI}`).mtimeMs;
  const isStale = globSync('src/**/*.{ts,sql,json}', { cwd: ROOT }).some(
    (file) => statSync(`${ROOT}/${file}`).mtimeMs > builtAt,
  );
  return isStale ? SOURCE_CLI : BUILT_CLI;
}

export interface ServerOptions {
  /** The only core it may use. Default: all. */
  readonly core?: number | undefined;
  /** Environment variables besides the usual ones. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts node with these words; resolves as soon as it has printed a line that is a URL. */
export function startServer(words: readonly string[], options: ServerOptions = {}): Promise<ServerProcess> {
  // Settings of whoever runs the bench must not change what is measured.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('BONIN_'));
  const [command, ...rest] = pinned(options.core, [process.execPath, ...words]);
  const child = track(
    spawn(command, rest, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...Object.fromEntries(inherited), ...options.environment },
    }),
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      printed += chunk;
      const url = /^(http:\/\/\S+)\n/m.exec(printed)?.[1];
      if (url === undefined || child.pid === undefined) return;
      child.stdout.removeAllListeners('data').resume();
      resolve({
        pid: child.pid,
        url,
        port: Number(new URL(url).port),
        stop() {
          child.kill('SIGTERM');
          return gone;
        },
      });
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${words.join(' ')} ended with ${code} before it served`)));
  });
}

/** `bonin serve` on a data folder, on any free port; `words` are more options of it. */
export function startBonin(
  folder: string,
  options: ServerOptions = {},
  words: readonly string[] = [],
): Promise<ServerProcess> {
  return startServer([findCli(), 'serve', '--data', folder, '--port', '0', ...words], options);
}

export interface Memory {
  /** Megabytes in RAM in all, and those of them that belong to the process alone and to no file. */
  readonly resident: number;
  readonly anonymous: number | null;
}

/** Memory of a process; null where the system does not tell. */
export function readMemory(pid: number): Memory | null {
  if (process.platform !== 'linux') return null;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => {
    const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1];
    return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6;
  };
  const resident = megabytes('VmRSS');
  return resident === null ? null : { resident, anonymous: megabytes('RssAnon') };
}

/** Processor time that a process has used so far, in microseconds; null where the system does not tell. */
export function readProcessorTime(pid: number): number | null {
  return process.platform === 'linux' ? timeOf(readStat(pid)) : null;
}

/** The same of a process and those that it started, ended ones too; NaN where the system does not tell. */
export function readFamilyTime(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const own = readStat(pid);
  const others = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== pid);
  const times = others.map((name) => {
    const stat = readStatIfThere(Number(name));
    return stat !== null && Number(stat[1]) === pid ? timeOf(stat) : 0;
  });
  return times.reduce((sum, time) => sum + time, timeOf(own) + timeOfEnded(own));
}

/** What the system says of a process, from its state on (proc_pid_stat(5)). */
function readStat(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readStatIfThere(pid: number): readonly string[] | null {
  try {
    return readStat(pid);
  } catch {
    // It has ended in the meantime.
    return null;
  }
}

/** A tick, in which Linux counts user and system time on every architecture node runs on, in microseconds. */
const TICK = 10_000;

function timeOf(stat: readonly string[]): number {
  return (Number(stat[11]) + Number(stat[12])) * TICK;
}

/** Of the processes that it started and that have ended. */
function timeOfEnded(stat: readonly string[]): number {
  return (Number(stat[13]) + Number(stat[14])) * TICK;
}
