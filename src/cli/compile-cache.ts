import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { makeFolder } from '../files/new-folder.ts';
import type { CommandCall } from './command.ts';

/*
 * Keeps compiled code between runs, which shortens a start by about a tenth. A user who can write to its folder
 * controls what runs. This file imports little: modules that are loaded before the cache are compiled at every start.
 */

/**
 * Keeps compiled code in a folder that only this user can open; if there is no such folder, keeps nothing. Node already
 * uses a folder that NODE_COMPILE_CACHE names: `start_refused` when others can write to it.
 */
export async function keepCompiledCode(environment: CommandCall['environment']): Promise<void> {
  const chosen = getCompileCacheDir();
  if (chosen === undefined) {
    const folder = makePrivateFolder(environment);
    if (folder !== null) enableCompileCache(folder);
    return;
  }
  const { requireTrustedFolder } = await import('../files/trusted-file.ts');
  try {
    requireTrustedFolder(chosen);
  } catch (cause) {
    const { AppError } = await import('../errors.ts');
    const detail = `NODE_COMPILE_CACHE is not to be trusted: ${cause instanceof Error ? cause.message : ''}`;
    throw new AppError('start_refused', { detail, cause });
  }
}

function makePrivateFolder({ XDG_CACHE_HOME: caches = '' }: CommandCall['environment']): string | null {
  try {
    const folder = join(isAbsolute(caches) ? caches : join(homedir(), '.cache'), 'bonin', 'compile-cache');
    // Creates nothing in another user's folder; with sudo, root may still have the home of the user.
    if (!isOwn(lstatSync(firstThatIsThere(folder)))) return null;
    makeFolder(folder);
    const stat = lstatSync(folder);
    // A folder that others could open is not used, even after closing it: it may contain code already. Links likewise.
    if (!stat.isDirectory() || (process.geteuid !== undefined && (stat.mode & 0o077) !== 0)) return null;
    // The real path, so that nobody can change a link between this check and the use.
    const real = realpathSync(folder);
    return isOurs(real) ? real : null;
  } catch {
    return null;
  }
}

function firstThatIsThere(folder: string): string {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat === undefined ? firstThatIsThere(dirname(folder)) : realpathSync(folder);
}

/** Whether a folder and all above it can only be changed by this user and root. */
function isOurs(folder: string): boolean {
  const stat = lstatSync(folder);
  const isShut = process.geteuid === undefined || (stat.mode & 0o022) === 0 || (stat.mode & 0o1000) !== 0;
  return isShut && isOwn(stat) && (dirname(folder) === folder || isOurs(dirname(folder)));
}

/** Whether it belongs to this user or to root; true on systems without owners. */
function isOwn({ uid }: Stats): boolean {
  const user = process.geteuid?.();
  return user === undefined || uid === user || uid === 0;
}
