import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What the system tells of processes: mostly Linux's /proc. */

/** The processes that this one started and that still run. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text
    .split(' ')
    .filter((each) => each !== '')
    .map(Number)
    .filter(isRunning);
}

/** Whether a process runs; one that ended and that nobody has asked about yet does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * The clients' ports of the connections to `port` that a process holds. The system's table is read in pieces, and while
 * others connect a row may come twice or not at all: what two readings in a row agree on is taken.
 */
export function connectionsOf(pid: number, port: number): readonly number[] {
  for (let before = ''; ; ) {
    const ports = [...new Set(readConnections(pid, port))].toSorted((one, other) => one - other);
    const now = `held: ${ports.join()}`;
    if (now === before) return ports;
    before = now;
  }
}

function readConnections(pid: number, port: number): readonly number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
      } catch {
        // Closed since.
        return undefined;
      }
    }),
  );
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', remote = '', state, , , , , , inode] = row.trim().split(/\s+/);
    const isOurs = portOf(local) === port && state === '01' && inodes.has(inode);
    return isOurs ? [portOf(remote)] : [];
  });
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

/** The memory of a process that is not swapped out, in kilobytes. */
export function residentMemory(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}

/** How many files and connections a process holds. */
export function countOpenFiles(pid: number): number {
  if (process.platform === 'linux') return readdirSync(`/proc/${pid}/fd`).length;
  return execFileSync('lsof', ['-p', String(pid)], { encoding: 'utf8' }).split('\n').length;
}
