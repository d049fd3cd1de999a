import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface Bonin {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stdout(): string;
  /** Empty when standard error goes to a file. */
  stderr(): string;
  /** Begins to read what was left unread. */
  readStderr(): void;
  /** Goes away as the reader of standard error. */
  closeStderr(): void;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<Exit>;
  /** SIGKILL, then waits for the end. */
  kill(): Promise<Exit>;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** File that standard error is appended to, instead of being kept in memory. */
  readonly stderrFile?: string;
  /** Standard error is a pipe that nobody reads until `readStderr`. */
  readonly unread?: boolean;
  /** Program and arguments that the command is handed to, as in `prlimit --fsize=…`. */
  readonly wrapper?: readonly string[];
}

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly output: { stdout: string; stderr: string };
  readonly readStderr: () => void;
}

/** Settings of the developer's own shell must not reach the server under test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:BONIN_|NODE_|OTEL_)/.test(name)),
  );
}

function run(
  words: readonly string[],
  { env = {}, stderrFile, unread = false, wrapper = [] }: SpawnOptions,
): Run {
  const [program = process.execPath, ...rest] = [...wrapper, process.execPath, MAIN, ...words];
  const stderr = stderrFile === undefined ? 'pipe' : openSync(stderrFile, 'a');
  const child = spawn(program, rest, {
    cwd: ROOT,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', stderr],
  });
  if (stderr !== 'pipe') closeSync(stderr);
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  const readStderr = () => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
  };
  if (!unread) readStderr();
  const exited = new Promise<Exit>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { child, exited, output, readStderr };
}

/** Runs one command line to its end, or to a SIGKILL after so many milliseconds or as soon as `killWhen` says so. */
export async function runBonin(
  words: readonly string[],
  options: SpawnOptions & {
    readonly killAfter?: number;
    readonly killWhen?: () => boolean | Promise<boolean>;
  } = {},
): Promise<Finished> {
  const { child, exited, output } = run(words, options);
  while (options.killWhen !== undefined && child.exitCode === null && child.signalCode === null) {
    if (await options.killWhen()) child.kill('SIGKILL');
    await Promise.race([exited, sleep(5)]);
  }
  const timer =
    options.killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.killAfter);
  const exit = await exited;
  clearTimeout(timer);
  return { ...exit, ...output };
}

/**
 * Starts `bonin dev`, or `serve`, on a free port; resolves once it has printed its URL, rejects when it ends before.
 * What the test leaves running is killed when it ends.
 */
export async function startBonin(
  words: readonly string[],
  options: SpawnOptions & { readonly command?: 'dev' | 'serve' } = {},
): Promise<Bonin> {
  const { command = 'dev' } = options;
  const { child, exited, output, readStderr } = run([command, '--port', '0', ...words], options);
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = /^https?:\/\/\S+$/m.exec(output.stdout)?.[0];
      // The line may have come in part: only one that is followed by another is whole.
      if (found !== undefined && output.stdout.includes(`${found}\n`)) resolve(found);
    };
    child.stdout?.on('data', look);
    exited.then(({ code, signal }) => {
      const said =
        options.stderrFile === undefined ? output.stderr : readFileSync(options.stderrFile, 'utf8');
      reject(new Error(`bonin ${command} ended before it served (${code ?? signal}): ${said}`));
    }, reject);
  });
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  const end = (name: NodeJS.Signals) => {
    signal(name);
    return exited;
  };
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    readStderr,
    closeStderr: () => void child.stderr?.destroy(),
    signal,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
