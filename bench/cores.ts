import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Which cores the server and the load run on, so that neither takes time from the other. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** Two cores, of different physical ones where there are; null where processes cannot be pinned. */
export function pickCores(): Cores | null {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return null;
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const [server, ...others] = parseList(allowed);
  if (server === undefined || others.length === 0) return null;
  const siblings = readSiblings(server);
  const load = others.find((core) => !siblings.includes(core)) ?? others[0];
  return load === undefined ? null : { server, load };
}

/** A command line that runs `command` on that core only. */
export function pinned(core: number | undefined, command: readonly string[]): [string, ...string[]] {
  const words = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  return words as [string, ...string[]];
}

/** `0-2,5` as 0, 1, 2, 5. */
function parseList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

function readSiblings(core: number): number[] {
  try {
    const file = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
    return parseList(readFileSync(file, 'utf8').trim());
  } catch {
    return [];
  }
}
