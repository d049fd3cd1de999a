import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './new-folder.ts';
import { requireTrustedFolder, type Trust } from './trusted-file.ts';

/**
 * Makes a file that is not there yet, with its folder, and throws what the system says when it cannot. Written
 * whole under a passing name first: of two processes that start together one names it, and both then read that.
 * `start_refused` when others could exchange it there.
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
