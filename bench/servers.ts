import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Starts servers, asks them, and reads from the system what they use. */

/** This checkout. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE_CLI = 'src/cli/main.ts';

const children = new Map<ChildProcess, NodeJS.Signals>();
process.on('exit', () => {
  for (const [child, signal] of children) child.kill(signal);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A child that ends when this process does, by that signal. */
export function track<T extends ChildProcess>(child: T, signal: NodeJS.Signals = 'SIGKILL'): T {
  children.set(child, signal);
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

/** The command line of a checkout to measure: what `npm run build` made unless the source is newer. */
export function findCli(root: string = ROOT): string {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly bin: { readonly bonin: string };
  };
  const built = join(root, bin.bonin);
  if (!existsSync(built)) return SOURCE_CLI;
  const builtAt = statSync(built).mtimeMs;
  const isStale = globSync('src/**/*.{ts,sql,json}', { cwd: root }).some(
    (file) => statSync(join(root, file)).mtimeMs > builtAt,
  );
  return isStale ? SOURCE_CLI : bin.bonin;
}

export interface ServerOptions {
  /** The only core it may use. Default: all. */
  readonly core?: number | undefined;
  /** Environment variables besides the usual ones. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder of another checkout of Bonin. Default: this one. */
  readonly root?: string | undefined;
  /** Where a server listens that does not print it. Default: it prints a line with its URL. */
  readonly url?: string | undefined;
}

/** Starts node with these words; resolves as soon as it has printed a line that is a URL, if it prints one. */
export function startServer(words: readonly string[], options: ServerOptions = {}): Promise<ServerProcess> {
  const [command, ...rest] = pinned(options.core, [process.execPath, ...words]);
  const child = track(
    spawn(command, rest, {
      cwd: options.root ?? ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...cleanEnvironment(), ...options.environment },
    }),
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    const ready = (url: string): void => {
      if (child.pid === undefined) return;
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
    };
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      const url = /^(http:\/\/\S+)\n/m.exec(printed)?.[1];
      if (url !== undefined) ready(url);
    });
    const { url } = options;
    if (url !== undefined) child.once('spawn', () => ready(url));
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
  return startServer([findCli(options.root), 'serve', '--data', folder, '--port', '0', ...words], options);
}

/** Runs one command of Bonin to its end; rejects when it fails. */
export async function runBonin(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = track(
    spawn(process.execPath, [findCli(), ...words], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...cleanEnvironment(), ...environment },
    }),
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`bonin ${words[0]} ended with ${code}`);
}

/** Settings of whoever runs the bench must not change what is measured. */
function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('BONIN_')));
}

/** Megabytes in RAM of a process; null where the system does not tell. */
export function readMemory(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6;
}

/**
 * Processor time that a process and those that it started have used so far, ended ones too, in microseconds; NaN where
 * the system does not tell.
 */
export function readProcessorTime(pid: number): number {
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

/** Which cores the server and the load run on, so that neither takes time from the other. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** Two cores, of different physical ones where there are; null where processes cannot be pinned. */
export function pickCores(): Cores | null {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return null;
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const [server, ...others] = parseList(allowed);
  if (server === undefined || others.length === 0) return null;
  const siblings = readSiblings(server);
  const load = others.find((core) => !siblings.includes(core)) ?? others[0];
  return load === undefined ? null : { server, load };
}

/** A command line that runs `command` on that core only. */
export function pinned(core: number | undefined, command: readonly string[]): [string, ...string[]] {
  const words = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  return words as [string, ...string[]];
}

/** `0-2,5` as 0, 1, 2, 5. */
function parseList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

function readSiblings(core: number): number[] {
  try {
    const file = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
    return parseList(readFileSync(file, 'utf8').trim());
  } catch {
    return [];
  }
}

const agent = new Agent({ keepAlive: true });

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request over a kept connection; a body is sent as JSON with POST. */
export function call(url: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const outgoing = request(
      url,
      {
        agent,
        method: sent === undefined ? 'GET' : 'POST',
        headers: sent === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('latin1');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(sent);
  });
}

/** An access token from the server at `url`. */
export async function getToken(url: string, impKey: string, impSecret: string): Promise<string> {
  const { status, text } = await call(
    `${url}/users/getToken`,
    {},
    { imp_key: impKey, imp_secret: impSecret },
  );
  if (status !== 200) throw new Error(`the server gave no token: ${status} ${text}`);
  const { response } = JSON.parse(text) as { response: { access_token: string } };
  return response.access_token;
}
