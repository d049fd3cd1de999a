import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './new-folder.ts';
import { requireTrustedFolder, type Trust } from './trusted-file.ts';

/**
 * Creates a file and its folder; throws the system's error. The content is first written to a file with a temporary
 * name: of two processes that start together one renames its file, and both read that one. `start_refused` when others
 * could replace it there.
 */
export function createFile(file: string, text: string, mode: number, trust: Trust): void {
  requireTrustedFolder(dirname(file), trust);
  makeFolder(dirname(file));
  const passing = `${file}.new-${randomUUID()}`;
  try {
    const descriptor = openSync(passing, 'wx', mode);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkSync(passing, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(passing, { force: true });
  }
}
