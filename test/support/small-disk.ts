import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

/** A disk that can be full for one process, and have room again. */
export interface SmallDisk {
  readonly folder: string;
  /** What the process must be started through. */
  readonly wrapper: readonly string[];
  fill(pid: number): void;
  free(pid: number): void;
}

/** Room on a mounted disk: enough for a small database and its log. */
const SIZE = '6m';

/**
 * A file system of its own, of this size, that really is full. Only the superuser may mount one, and not everywhere.
 */
export function mountDisk(size = SIZE): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  const filler = join(folder, 'filler');
  return { folder, wrapper: [], fill: () => fillUp(filler), free: () => rmSync(filler) };
}

function fillUp(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const size of [65_536, 4096, 1]) {
      const chunk = Buffer.alloc(size);
      try {
        while (writeSync(descriptor, chunk) > 0);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** No file may grow beyond this once the disk is full; whoever runs a process may limit it so. */
const FULL = 4096;

/** Stands in where nothing may be mounted: the system refuses every write of the process, as a broken disk does. */
function limitProcess(): SmallDisk {
  const limit = (pid: number, soft: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${soft}:unlimited`]);
  return {
    folder: temporaryFolder(),
    wrapper: [],
    fill: (pid) => void limit(pid, FULL),
    free: (pid) => void limit(pid, 'unlimited'),
  };
}

/** A disk that is full before the process starts. */
export function fullDisk(kind: DiskKind): SmallDisk {
  const disk = DISKS[kind]();
  return kind === 'limited' ? { ...disk, wrapper: ['prlimit', '--fsize=0:unlimited'] } : disk;
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'bonin-disk-'));
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status !== 0) return false;
    execFileSync('umount', [folder]);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const DISKS = { mounted: () => mountDisk(), limited: limitProcess } as const;
export type DiskKind = keyof typeof DISKS;

/** The kinds that this machine can make; the second one works for everybody on Linux. */
export const DISK_KINDS: readonly DiskKind[] = canMount() ? ['mounted', 'limited'] : ['limited'];
