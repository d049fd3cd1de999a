import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchStore, forgetTokens, readRows, toImpUid } from './build-store.ts';
import type { Cores } from './cores.ts';
import { call, getToken } from './http-call.ts';
import type { LoadResult, Pattern } from './load.ts';
import type { LoadProcess } from './load-process.ts';
import {
  type Memory,
  readMemory,
  readProcessorTime,
  type ServerProcess,
  startBonin,
  startServer,
} from './server-process.ts';

const WARM_UP = 2;
const SAMPLE = 1000;
/** Milliseconds until memory of a server that has just started has come to rest. */
const REST = 1500;

/** Bonin on a store and the reference for it, both serving. */
export interface Pair {
  readonly store: BenchStore;
  readonly pattern: Pattern;
  readonly bonin: ServerProcess;
  readonly bare: ServerProcess;
  readonly tokens: readonly (readonly string[])[];
  /** Of Bonin, before the first request. */
  readonly idle: Memory | null;
}

export interface TurnResult extends LoadResult {
  /** Processor time of the server per request, in microseconds; NaN where the system does not tell. */
  readonly processorTime: number;
}

export interface PairResult {
  /** One for each round, as all lists here. */
  readonly bare: readonly TurnResult[];
  readonly bonin: readonly TurnResult[];
  readonly idle: Memory | null;
  readonly boninAfter: Memory | null;
  readonly bareAfter: Memory | null;
}

export async function openPair(store: BenchStore, pattern: Pattern, cores: Cores | null): Promise<Pair> {
  forgetTokens(store);
  readThrough(store);
  const bonin = await startBonin(store.folder, { core: cores?.server });
  await sleep(REST);
  const idle = readMemory(bonin.pid);
  const tokens = await collectTokens(bonin, store);
  const bodies = await sampleBodies(bonin, store, tokens);
  const bodiesFile = join(store.folder, 'bodies.jsonl');
  writeFileSync(bodiesFile, bodies.join('\n'));
  const words = ['bench/bare-server.ts', store.idsFile, store.ownersFile, bodiesFile];
  const bare = await startServer(words, { core: cores?.server });
  return { store, pattern, bonin, bare, tokens, idle };
}

/** Brings the database into the system's cache: what is measured is a server that has run for a while, not the disk. */
export function readThrough({ folder }: BenchStore): void {
  const chunk = Buffer.alloc(8 * 1024 * 1024);
  const descriptor = openSync(join(folder, 'bonin.db'), 'r');
  while (readSync(descriptor, chunk) > 0);
  closeSync(descriptor);
}

export async function closePair({ bonin, bare }: Pair): Promise<void> {
  await bonin.stop();
  await bare.stop();
}

/** A token for every key pair, asked for as merchants ask. */
export async function collectTokens({ url }: ServerProcess, { keyPairs }: BenchStore): Promise<string[][]> {
  const tokens: string[][] = [];
  for (const pairs of keyPairs) {
    const own: string[] = [];
    for (const { impKey, impSecret } of pairs) own.push(await getToken(url, impKey, impSecret));
    tokens.push(own);
  }
  return tokens;
}

/** Bonin's answers for random rows, so that the reference sends bodies of the same lengths. */
async function sampleBodies(
  { url }: ServerProcess,
  store: BenchStore,
  tokens: readonly (readonly string[])[],
): Promise<string[]> {
  const { ids, owners } = readRows(store);
  const bodies: string[] = [];
  for (let count = 0; count < SAMPLE; count++) {
    const row = Math.floor(Math.random() * ids.length);
    const token = tokens[owners[row] ?? 0]?.[0] ?? '';
    const { status, text } = await call(`${url}/certifications/${toImpUid(ids[row] ?? 0)}`, {
      Authorization: token,
    });
    if (status !== 200) throw new Error(`Bonin answered ${status} to a lookup: ${text}`);
    bodies.push(text);
  }
  return bodies;
}

/**
 * Loads all servers in turn, round by round: bare, Bonin, bare, Bonin, … Whatever slows the machine for a while
 * hits both sides of a ratio.
 */
export async function runRounds(
  pairs: readonly Pair[],
  load: LoadProcess,
  rounds: number,
  seconds: number,
): Promise<readonly PairResult[]> {
  const results = pairs.map(() => ({ bare: [] as TurnResult[], bonin: [] as TurnResult[] }));
  for (let round = 0; round <= rounds; round++) {
    // The first one warms up and does not count.
    const length = round === 0 ? WARM_UP : seconds;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2Kround ${round} of ${rounds}`);
    for (const [at, pair] of pairs.entries()) {
      const bare = await loadOnce(pair, 'bare', load, length);
      const bonin = await loadOnce(pair, 'bonin', load, length);
      if (round === 0) continue;
      results[at]?.bare.push(bare);
      results[at]?.bonin.push(bonin);
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  return results.map((result, at) => ({
    ...result,
    idle: pairs[at]?.idle ?? null,
    boninAfter: readMemory(pairs[at]?.bonin.pid ?? 0),
    bareAfter: readMemory(pairs[at]?.bare.pid ?? 0),
  }));
}

async function loadOnce(
  pair: Pair,
  side: 'bare' | 'bonin',
  load: LoadProcess,
  seconds: number,
): Promise<TurnResult> {
  const name = pair.store.folder;
  const { idsFile, ownersFile } = pair.store;
  // Bare comes first in a round; Bonin then gets the very requests that bare got.
  if (side === 'bare')
    await load.prepare({ name, idsFile, ownersFile, tokens: pair.tokens, pattern: pair.pattern });
  const before = readProcessorTime(pair[side].pid) ?? Number.NaN;
  const result = await load.run({ name, port: pair[side].port, seconds, checkIds: side === 'bonin' });
  if (result.wrong > 0)
    throw new Error(
      `${result.wrong} of ${result.answered} answers of the ${side} server were wrong or missing`,
    );
  const used = (readProcessorTime(pair[side].pid) ?? Number.NaN) - before;
  return { ...result, processorTime: used / result.answered };
}
