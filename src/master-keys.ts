import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { MasterKey } from './core/vault.ts';
import { AppError } from './errors.ts';
import { createFile } from './new-file.ts';

/** A line of the file: the key's number, a blank, 32 bytes in base64. The last line seals what is new. */
const LINE = /^(\d{1,9}) ([A-Za-z0-9+/]{43}=)$/;

/** A key for a store that keeps nothing. */
export function newMasterKey(): MasterKey {
  return { id: 1, secret: randomBytes(32) };
}

/**
 * Reads the master keys at `file`, or makes the first one when `mayCreate`. Refuses a file that others may read,
 * and a missing one beside a database: without it nothing in there can be opened.
 */
export function readMasterKeys(file: string, mayCreate: boolean): readonly MasterKey[] {
  try {
    if (!existsSync(file)) {
      if (!mayCreate) throw refuse(file, 'is missing; without it the database beside it cannot be opened');
      createFile(file, firstKey(), 0o600);
    }
    if ((statSync(file).mode & 0o077) !== 0) throw refuse(file, 'may be read by others; run chmod 600 on it');
    return parseKeys(file, readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw refuse(file, code === 'ENOSPC' ? 'the disk is full' : `cannot be read or made (${code})`, error);
  }
}

function parseKeys(file: string, text: string): readonly MasterKey[] {
  const keys = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, id, secret] = LINE.exec(line) ?? [];
      if (id === undefined || secret === undefined) throw refuse(file, 'is not a file of master keys');
      return { id: Number(id), secret: Buffer.from(secret, 'base64') };
    });
  if (keys.length === 0) throw refuse(file, 'holds no master key');
  return keys;
}

function firstKey(): string {
  const { id, secret } = newMasterKey();
  return `# Opens what is sealed in the database. Lost means lost.\n${id} ${Buffer.from(secret).toString('base64')}\n`;
}

function refuse(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail: `${file}: ${reason}`, cause });
}
