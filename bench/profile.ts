import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureStore, forgetTokens } from './build-store.ts';
import { pickCores } from './cores.ts';
import type { LoadResult } from './load.ts';
import { startLoad } from './load-process.ts';
import { collectTokens, readThrough } from './rounds.ts';
import { findCli, readProcessorTime, startServer } from './server-process.ts';

/** Where Bonin's time goes under load: self time of functions and folders, in microseconds per request. */

const TOP = 25;
const WARM_UP = 3;
/** Microseconds between two looks of the profiler. */
const INTERVAL = 200;

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

function placeOf(url: string): string {
  const own = /\/(?:src|dist)\/(.+)$/.exec(url)?.[1];
  return own ?? url.replace(/^.*\/node_modules\//, '');
}

function functionOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${placeOf(url)}:${lineNumber + 1}`;
}

function categoryOf({ functionName, url }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native functions';
  const internal = /^node:(?:internal\/)?([^/]+)/.exec(url)?.[1];
  if (internal !== undefined) return `node:${internal}`;
  return `bonin ${placeOf(url).split('/').slice(0, -1).join('/') || '.'}`;
}

/** Self time by `key` of what was seen while the load ran. */
function addUp(profile: CpuProfile, { from, until }: LoadResult, key: (frame: CallFrame) => string) {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, key(callFrame)]));
  const times = new Map<string, number>();
  let at = profile.startTime;
  for (const [index, sample] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    if (at < from || at > until) continue;
    const name = frames.get(sample) ?? '(unknown)';
    times.set(name, (times.get(name) ?? 0) + delta);
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

function print(title: string, times: readonly (readonly [string, number])[], requests: number): void {
  console.log(`\n${title}`);
  for (const [name, time] of times.slice(0, TOP))
    console.log(`${(time / requests).toFixed(2).padStart(8)}  ${name}`);
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '6' },
    hot: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const store = await ensureStore(Number(values.rows));
forgetTokens(store);
readThrough(store);
const cores = pickCores();
const folder = mkdtempSync(join(tmpdir(), 'bonin-profile-'));
const profiling = ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', String(INTERVAL)];
const words = [...profiling, findCli(), 'serve', '--data', store.folder, '--port', '0'];
const server = await startServer(words, { core: cores?.server });
const load = startLoad(cores?.load);
const { idsFile, ownersFile } = store;
const tokens = await collectTokens(server, store);
await load.prepare({ name: 'all', idsFile, ownersFile, tokens, pattern: values.hot ? 'hot' : 'uniform' });
await load.run({ name: 'all', port: server.port, seconds: WARM_UP, checkIds: true });
const before = readProcessorTime(server.pid);
const result = await load.run({ name: 'all', port: server.port, seconds, checkIds: true });
const after = readProcessorTime(server.pid);
load.stop();
await server.stop();

const [file = ''] = readdirSync(folder);
const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
rmSync(folder, { recursive: true });
const requests = result.perSecond * seconds;
console.log(`${Math.round(result.perSecond)} requests per second under the profiler, ${result.wrong} wrong`);
if (before !== null && after !== null)
  console.log(
    `${((after - before) / result.answered).toFixed(2)} µs of processor time per request, profiler included`,
  );
print('Self time per request in µs, by place', addUp(profile, result, categoryOf), requests);
print('Self time per request in µs, by function', addUp(profile, result, functionOf), requests);
process.exit(0);
