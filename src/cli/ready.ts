import { closeSync, lstatSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { AppError } from '../errors.ts';

/** What a program needs to use a sandbox that has just started. `null` means that the sandbox has no such value. */
export interface Ready {
  readonly url: string;
  /** The address of the API: `url` with the base path. */
  readonly rest_url: string;
  readonly page_url: string;
  readonly plain_url: string | null;
  readonly metrics_url: string | null;
  /** The file with the certificate to be trusted. */
  readonly authority: string | null;
  readonly user_code: string | null;
  readonly imp_key: string | null;
  readonly imp_secret: string | null;
  /** A certification of that merchant. */
  readonly imp_uid: string | null;
  readonly pid: number;
}

/** Every ready file begins with this. Other files are never overwritten or deleted. */
const BEGINNING = '{"bonin":"dev",';

/** The line of `--json` and of the ready file. */
export function toReadyLine(ready: Ready): string {
  return `${JSON.stringify({ bonin: 'dev', ...ready })}\n`;
}

/**
 * Deletes the old ready file of a sandbox that was killed, so that no program reads it now. Throws `start_refused` if
 * the file is something else.
 */
export function clearReadyFile(file: string): void {
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isFile() || !readFileSync(file, 'utf8').startsWith(BEGINNING))
      throw new AppError('start_refused', { detail: `${file}: is there already, and is not a ready file` });
    rmSync(file);
  } catch (error) {
    throw toRefusal(file, error);
  }
}

/** Writes the file under another name and renames it, so that nobody reads half of it. Only this user can read it. */
export function writeReadyFile(file: string, line: string): void {
  const unfinished = `${file}.${process.pid}.unfinished`;
  try {
    const descriptor = openSync(unfinished, 'wx', 0o600);
    try {
      writeSync(descriptor, line);
    } finally {
      closeSync(descriptor);
    }
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw toRefusal(file, error);
  }
}

/** Deletes the file at the end. If another sandbox has replaced it, it stays. */
export function removeReadyFile(file: string, line: string): void {
  try {
    if (readFileSync(file, 'utf8') === line) rmSync(file);
  } catch {
    // Somebody has deleted it.
  }
}

function toRefusal(file: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return new AppError('start_refused', { detail: `${file}: the ready file cannot be written (${code})` });
}
