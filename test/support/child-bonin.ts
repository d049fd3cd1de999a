import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Folder that it is started in. Default: that of the project. */
  readonly cwd?: string;
  /** File that standard error is appended to, instead of being kept in memory. */
  readonly stderrFile?: string;
  /** Standard error is a pipe that nobody reads until `readStderr`. */
  readonly unread?: boolean;
  /** Program and arguments that the command is handed to, as in `prlimit --fsize=…`. */
  readonly wrapper?: readonly string[];
}

/** One run of the command line, which nobody ends but the caller. */
export interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly output: { stdout: string; stderr: string };
  readonly readStderr: () => void;
}

/** Settings of the developer's own shell must not reach the server under test, nor its language. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:BONIN_|NODE_|OTEL_|LC_|LANG)/.test(name)),
  );
}

export function spawnBonin(
  words: readonly string[],
  { env = {}, cwd = ROOT, stderrFile, unread = false, wrapper = [] }: SpawnOptions,
): Run {
  const [program = process.execPath, ...rest] = [...wrapper, process.execPath, MAIN, ...words];
  const stderr = stderrFile === undefined ? 'pipe' : openSync(stderrFile, 'a');
  const child = spawn(program, rest, {
    cwd,
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
  return { child, exited, output, readStderr };
}

/** The URL that a server prints once it serves; rejects when it ends before. */
export function printedUrl({ child, exited, output }: Run, { stderrFile }: SpawnOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = /^https?:\/\/\S+$/m.exec(output.stdout)?.[0];
      // The line may have come in part: only one that is followed by another is whole.
      if (found !== undefined && output.stdout.includes(`${found}\n`)) resolve(found);
    };
    child.stdout?.on('data', look);
    exited.then(({ code, signal }) => {
      const said = stderrFile === undefined ? output.stderr : readFileSync(stderrFile, 'utf8');
      reject(new Error(`bonin ended before it served (${code ?? signal}): ${said}`));
    }, reject);
  });
}
