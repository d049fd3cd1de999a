import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type Exit, printedUrl, type Run, type SpawnOptions, spawnBonin } from './child-bonin.ts';

export type { Exit, SpawnOptions } from './child-bonin.ts';

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

/** Options with which several sandboxes work on the one database of a folder. */
export function sharing(folder: string): readonly string[] {
  return ['--data', folder, '--database-url', `sqlite:${join(folder, 'bonin.db')}`];
}

/** What a test leaves running is killed when it ends. */
function run(words: readonly string[], options: SpawnOptions): Run {
  const started = spawnBonin(words, options);
  onTestFinished(async () => {
    started.child.kill('SIGKILL');
    await started.exited;
  });
  return started;
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
  const started = run([command, '--port', '0', ...words], options);
  const { child, exited, output, readStderr } = started;
  const url = await printedUrl(started, options);
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
