import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findCli, track } from '../bench/servers.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOOK_EVERY = 20;

/** How a command went. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** The most memory that it had, in megabytes, and what of it was its own and no file's; 0 where nobody tells. */
  readonly peak: number;
  readonly peakOwn: number;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked again and again; the command is killed with -9 as soon as it says so. */
  readonly killWhen?: () => Promise<boolean>;
}

/** Runs one command line of Bonin, as an operator would, to its end or until it is killed. */
export async function runCommand(
  words: readonly string[],
  { environment = {}, killWhen }: CommandOptions = {},
): Promise<CommandRun> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('BONIN_'));
  const startedAt = performance.now();
  const child = track(
    spawn(process.execPath, [findCli(), ...words], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(inherited), ...environment },
    }),
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    process.stderr.write(text);
  });
  let code: number | null | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      code = exitCode;
      resolve();
    });
  });
  let [peak, peakOwn] = [0, 0];
  while (code === undefined) {
    const memory = readStatus(child.pid);
    peak = Math.max(peak, memory.peak);
    peakOwn = Math.max(peakOwn, memory.own);
    if ((await killWhen?.()) === true) child.kill('SIGKILL');
    await Promise.race([ended, sleep(LOOK_EVERY)]);
  }
  await ended;
  return { code, stdout, stderr, seconds: (performance.now() - startedAt) / 1000, peak, peakOwn };
}

function readStatus(pid: number | undefined): { readonly peak: number; readonly own: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1000;
    return { peak: megabytes('VmHWM'), own: megabytes('RssAnon') };
  } catch {
    return { peak: 0, own: 0 };
  }
}
