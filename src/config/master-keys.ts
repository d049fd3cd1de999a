import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { MasterKey } from '../core/key-ring.ts';
import { AppError } from '../errors.ts';
import { createFile } from '../files/new-file.ts';
import { readTrustedText } from '../files/trusted-file.ts';

/** A line of the file: the key's number, a blank, 32 bytes in base64. The last line wraps the data keys. */
const LINE = /^([1-9]\d{0,8}) ([A-Za-z0-9+/]{43}=)$/;
const SHAPE = 'a number from 1 to 999999999, a blank, and 32 bytes in base64';

/** A key for a store in memory. */
export function newMasterKey(): MasterKey {
  return { id: 1, secret: randomBytes(32) };
}

/**
 * Reads the master keys at `file`, or makes the first one if `mayCreate`. Refuses a file that others may read or
 * change, and a missing one if there is a database: nothing in it can be opened without its keys.
 */
export function readMasterKeys(
  file: string,
  mayCreate: boolean,
  mode: 'dev' | 'serve' = 'serve',
): readonly MasterKey[] {
  const trust = { secret: true, dev: mode === 'dev' };
  try {
    if (!existsSync(file)) {
      if (!mayCreate) throw refuse(file, 'is missing; without it the database beside it cannot be opened');
      createFile(file, firstKey(), 0o600, trust);
    }
    return parseKeys(file, readTrustedText(file, trust));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw refuse(file, code === 'ENOSPC' ? 'the disk is full' : `cannot be made (${code})`, error);
  }
}

function parseKeys(file: string, text: string): readonly MasterKey[] {
  if (text.trim() === '') throw refuse(file, 'is empty');
  const keys = new Map<number, MasterKey>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, id, secret] = LINE.exec(line) ?? [];
    // Never quotes the line: it may be a key with a typing error.
    if (id === undefined || secret === undefined) throw refuse(file, `line ${at + 1} is not ${SHAPE}`);
    if (keys.has(Number(id)))
      throw refuse(file, `line ${at + 1} holds a second master key with the number ${id}`);
    keys.set(Number(id), { id: Number(id), secret: Buffer.from(secret, 'base64') });
  }
  if (keys.size === 0) throw refuse(file, 'holds no master key');
  return [...keys.values()];
}

function firstKey(): string {
  const { id, secret } = newMasterKey();
  return `# Needed to open the sealed data in the database. It cannot be recovered.\n${id} ${Buffer.from(secret).toString('base64')}\n`;
}

function refuse(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail: `${file}: ${reason}`, cause });
}
