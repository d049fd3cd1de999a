import { constants, openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { AppError } from './errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;
export type Logger = Readonly<Record<'debug' | 'info' | 'warn' | 'error', Write>>;

/** The same log, but its failures are ignored: a failed log line must not stop the program. */
export function guardLog(log: Logger): Logger {
  const guard =
    (level: keyof Logger): Write =>
    (fields, message) => {
      try {
        log[level](fields, message);
      } catch {
        // A log that fails has no place to report it.
      }
    };
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') };
}

/**
 * Structured log: one JSON object per line, by default on standard error. It never receives a target, a header, a body
 * or a record. For an error it writes our own text and where the error came from, never the message of an error from
 * other software, because parsers quote what they could not read.
 *
 * It never waits for its reader. Lines that standard error does not accept are kept in memory; if there is no room,
 * they are dropped and counted.
 */
export function createLog(level: LogLevel, stream: DestinationStream = standardError()): Logger {
  let made: PinoLogger | null = null;
  // `err` is pino's own name for an error.
  const serializers = { error: describe, err: describe };
  const write =
    (name: keyof Logger): Write =>
    (fields, message) => {
      try {
        made ??= loadPino()({ level, base: { pid: process.pid }, serializers }, stream);
        made[name](fields, message);
      } catch {
        const head = { level: LEVEL_NUMBERS[name], time: Date.now(), pid: process.pid };
        stream.write(`${JSON.stringify({ ...head, msg: message })}\n`);
      }
    };
  const least = LOG_LEVELS.indexOf(level);
  const at = (name: keyof Logger) => (LOG_LEVELS.indexOf(name) < least ? () => {} : write(name));
  return guardLog({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}

/** Loaded with the first line, since many processes write none. */
function loadPino(): typeof import('pino').pino {
  return (createRequire(import.meta.url)('pino') as typeof import('pino')).pino;
}

/** Pino's numbers, for a line that pino cannot write: then the message stands there without its fields. */
const LEVEL_NUMBERS = { debug: 20, info: 30, warn: 40, error: 50 } as const;

/** Most bytes of lines that wait for a slow reader: enough for some seconds of refused requests. */
const MOST_WAITING = 4 * 1024 * 1024;
/** When to try again after the reader has stopped, in milliseconds: first the short pause, then longer ones. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 200;
/** At the end of a process: how long the reader may read nothing, and how long it may take in all, in milliseconds. */
const LAST_PAUSE = 200;
const LAST_PATIENCE = 2_000;

let shared: LogLines | null = null;

/** All logs of a process share one queue, so that lines keep their order. */
function standardError(): DestinationStream {
  shared ??= new LogLines(2);
  return shared;
}

/** The lines for a file descriptor. A write that would block is tried again later, without blocking the process. */
export class LogLines implements DestinationStream {
  #fd: number;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #lost = 0;
  #isPrepared = false;
  /** Its other end is closed, so nobody will ever read it. */
  #isClosed = false;
  #pause = FIRST_PAUSE;
  #timer: NodeJS.Timeout | null = null;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(line: string): void {
    if (this.#isClosed) return;
    this.#prepare();
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > MOST_WAITING) {
      this.#lost++;
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#timer === null) this.#flush();
  }

  /** Writes as much as is accepted now, and tries the rest again later. */
  #flush(): void {
    this.#timer = null;
    const before = this.#bytes;
    while (this.#handOver());
    if (this.#waiting.length === 0) {
      this.#pause = FIRST_PAUSE;
      return;
    }
    this.#pause = this.#bytes < before ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, 2 * this.#pause);
    // A process that has finished does not wait for its log.
    this.#timer = setTimeout(() => this.#flush(), this.#pause).unref();
  }

  /** Writes one line; false when none is left or none is accepted now. */
  #handOver(): boolean {
    const [line] = this.#waiting;
    if (line === undefined) return this.#tellLost();
    try {
      const written = writeSync(this.#fd, line);
      this.#bytes -= written;
      if (written < line.length) this.#waiting[0] = line.subarray(written);
      else this.#waiting.shift();
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EAGAIN' || code === 'EINTR') return false;
      // A full disk may get free space again; a closed end stays closed.
      if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') {
        this.#lost += 1;
        this.#bytes -= line.length;
        this.#waiting.shift();
        return false;
      }
      this.#isClosed = true;
      this.#waiting.length = 0;
      this.#bytes = 0;
      return false;
    }
  }

  /** Queues the number of lost lines, once there is room again; true when there is something to write. */
  #tellLost(): boolean {
    if (this.#lost === 0) return false;
    const record = { level: 50, time: Date.now(), pid: process.pid, lines: this.#lost };
    const line = Buffer.from(`${JSON.stringify({ ...record, msg: 'lines of the log were lost' })}\n`);
    this.#lost = 0;
    this.#waiting.push(line);
    this.#bytes += line.length;
    return true;
  }

  #prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    this.#fd = openWithoutWaiting(this.#fd);
    process.on('exit', () => this.#finish());
  }

  /** The last attempt to write; it only delays the process while somebody reads. */
  #finish(): void {
    const start = performance.now();
    let heardAt = start;
    for (
      let now = start;
      now - heardAt < LAST_PAUSE && now - start < LAST_PATIENCE;
      now = performance.now()
    ) {
      const before = this.#bytes;
      while (this.#handOver());
      if (this.#waiting.length === 0) return;
      if (this.#bytes < before) heardAt = performance.now();
      Atomics.wait(STILL, 0, 0, FIRST_PAUSE);
    }
  }
}

/** Never changes, so waiting for it is a sleep. */
const STILL = new Int32Array(new SharedArrayBuffer(4));

/** A descriptor on which a write fails instead of blocking, if the system has one. */
function openWithoutWaiting(fd: number): number {
  try {
    // A terminal may be stopped by Ctrl+S. It is opened again, because other programs write to it as well.
    if (isatty(fd))
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    // Node already opens pipes and sockets without blocking.
    if (fd === 2) process.stderr.on('error', () => {});
  } catch {
    // Not available: write to the descriptor as it is.
  }
  return fd;
}

interface ErrorRecord {
  readonly code: string;
  readonly detail?: string | undefined;
  readonly cause?: ErrorRecord | undefined;
  readonly at?: readonly string[] | undefined;
}

/** What may be logged of an error: a word, not a sentence or a value. */
const WORD = /^[\w.-]{1,60}$/;
const MOST_FRAMES = 12;
/** Errors that cause each other would never end. */
const DEEPEST = 8;

const describe = (error: unknown) => describeError(error, 0);

function describeError(error: unknown, depth: number): ErrorRecord {
  if (error instanceof AppError)
    return {
      code: error.code,
      detail: error.detail,
      cause:
        error.cause === undefined || depth >= DEEPEST ? undefined : describeError(error.cause, depth + 1),
    };
  if (!(error instanceof Error)) return { code: typeof error };
  const words = [error.name, 'code' in error ? error.code : ''].filter(
    (word) => typeof word === 'string' && WORD.test(word),
  );
  return { code: words.join(' ') || 'Error', at: framesOf(error) };
}

/** Where an error came from. Its stack begins with the message, which may look like a line of the stack. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const at = stack.indexOf(message);
  if (at === -1) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .slice(0, MOST_FRAMES);
}
