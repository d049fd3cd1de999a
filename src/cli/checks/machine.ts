import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fill } from '../../config/language.ts';
import { requireTrustedFolder } from '../../files/trusted-file.ts';
import { isAtLeast, readNeededNode } from '../../version.ts';
import { type Finding, failed, ok, type ReadyContext, same, warning } from './check.ts';
import { CHECK_COPY } from './copy.ts';

/** Largest difference between two clocks that nobody has to know of, in milliseconds. */
const SMALL_DIFFERENCE = 5000;

/** This machine: its runtime, its folders, its clock. */
export function checkRuntime(): Finding {
  const { node: found, sqlite = '–' } = process.versions;
  const needed = readNeededNode();
  return isAtLeast(found, needed)
    ? ok(fill(CHECK_COPY.runtime_ok, { found, sqlite }))
    : failed(fill(CHECK_COPY.runtime_old, { found, needed }));
}

/** The folders of the database file and of the master keys. */
export function checkFolders({ config: { database } }: ReadyContext): Finding {
  const { databaseFile, masterKeys } = database;
  const mustWrite = [databaseFile, existsSync(masterKeys) ? null : masterKeys];
  const folders = new Set(
    [databaseFile, masterKeys].filter((file) => file !== null).map((file) => dirname(file)),
  );
  for (const folder of folders) {
    const holdsDatabase = databaseFile !== null && dirname(databaseFile) === folder;
    requireTrustedFolder(folder, { secret: true, hasCompanions: holdsDatabase });
    if (!mustWrite.some((file) => file !== null && dirname(file) === folder)) continue;
    const there = nearestThere(folder);
    if (!statSync(there).isDirectory()) return failed(fill(CHECK_COPY.folder_no_folder, { folder: there }));
    if (!isWritable(there)) return failed(fill(CHECK_COPY.folder_unwritable, { folder: there }));
  }
  const missing = [...folders].find((folder) => !existsSync(folder));
  return ok(
    missing === undefined ? same([...folders].join(', ')) : fill(CHECK_COPY.folder_new, { folder: missing }),
  );
}

/** The folder, or what is there of its path. */
function nearestThere(folder: string): string {
  return existsSync(folder) ? folder : nearestThere(dirname(folder));
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function checkClock({ config, inspect }: ReadyContext): Promise<Finding> {
  const { clockAhead, ring } = await inspect();
  const madeAt = Math.max(0, ...ring.map(({ createdAt }) => createdAt));
  if (madeAt > Date.now() + clockAhead + SMALL_DIFFERENCE)
    return failed(fill(CHECK_COPY.clock_behind, { at: new Date(madeAt).toISOString() }));
  if (Math.abs(clockAhead) > SMALL_DIFFERENCE)
    return warning(fill(CHECK_COPY.clock_apart, { seconds: Math.round(Math.abs(clockAhead) / 1000) }));
  return ok(config.database.databaseFile === null ? CHECK_COPY.clock_ok : CHECK_COPY.clock_own);
}
