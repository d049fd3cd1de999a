import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresServer } from '../test/contract/postgres-server.ts';
import { type BenchStore, forgetTokens, readRows, toImpUid } from './build-store.ts';
import type { Cores } from './cores.ts';
import { call, getToken } from './http-call.ts';
import type { LoadResult, Pattern } from './load.ts';
import type { LoadProcess } from './load-process.ts';
import { ensureDatabase, forgetTokensIn, readServerTime, readThroughIn } from './postgres-store.ts';
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

/** In the order of their turns: two references, and Bonin on each engine. */
export const SIDES = ['bare', 'select', 'sqlite', 'postgres'] as const;
export type Side = (typeof SIDES)[number];

type Tokens = readonly (readonly string[])[];

interface Contestant {
  readonly server: ServerProcess;
  /** Before the first request. */
  readonly idle: Memory | null;
  /** The key pairs' tokens; of the references, which check none, those of Bonin on SQLite. */
  readonly tokens: Tokens;
}

/** The servers on one store, all of them serving. */
export interface Contest {
  readonly store: BenchStore;
  readonly pattern: Pattern;
  readonly contestants: Readonly<Record<Side, Contestant>>;
}

export interface TurnResult extends LoadResult {
  /** Processor time of the server per request, in microseconds; NaN where the system does not tell. */
  readonly processorTime: number;
  /** The same of the database server's processes; 0 for who has none. */
  readonly databaseTime: number;
}

/** One result for each round. */
export type Results = Readonly<Record<Side, readonly TurnResult[]>>;

export interface ContestResult {
  readonly results: Results;
  readonly idle: Readonly<Record<Side, Memory | null>>;
  readonly after: Readonly<Record<Side, Memory | null>>;
}

export async function openContest(
  store: BenchStore,
  postgres: PostgresServer,
  pattern: Pattern,
  cores: Cores | null,
): Promise<Contest> {
  const core = cores?.server;
  const databaseUrl = await ensureDatabase(postgres, store);
  forgetTokens(store);
  await forgetTokensIn(databaseUrl);
  readThrough(store);
  await readThroughIn(databaseUrl);
  const open = async (server: ServerProcess, tokens: Tokens | null): Promise<Contestant> => {
    await sleep(REST);
    const idle = readMemory(server.pid);
    return { server, idle, tokens: tokens ?? (await collectTokens(server, store)) };
  };
  const sqlite = await open(await startBonin(store.folder, { core }), null);
  const bodies = await sampleBodies(sqlite.server, store, sqlite.tokens);
  const bodiesFile = join(store.folder, 'bodies.jsonl');
  writeFileSync(bodiesFile, bodies.join('\n'));
  const bare = ['bench/bare-server.ts', store.idsFile, store.ownersFile, bodiesFile];
  const environment = { BONIN_DATABASE_URL: databaseUrl };
  return {
    store,
    pattern,
    contestants: {
      bare: await open(await startServer(bare, { core }), sqlite.tokens),
      select: await open(await startServer(['bench/select-server.ts', databaseUrl], { core }), sqlite.tokens),
      sqlite,
      postgres: await open(await startBonin(store.folder, { core, environment }), null),
    },
  };
}

/** Brings the database into the system's cache: what is measured is a server that has run for a while, not the disk. */
export function readThrough({ folder }: BenchStore): void {
  const chunk = Buffer.alloc(8 * 1024 * 1024);
  const descriptor = openSync(join(folder, 'bonin.db'), 'r');
  while (readSync(descriptor, chunk) > 0);
  closeSync(descriptor);
}

export async function closeContest({ contestants }: Contest): Promise<void> {
  for (const side of SIDES) await contestants[side].server.stop();
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
async function sampleBodies({ url }: ServerProcess, store: BenchStore, tokens: Tokens): Promise<string[]> {
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
 * Loads all servers in turn, round by round. Whatever slows the machine for a while hits all sides of a ratio.
 */
export async function runRounds(
  contests: readonly Contest[],
  postgres: PostgresServer,
  load: LoadProcess,
  rounds: number,
  seconds: number,
): Promise<readonly ContestResult[]> {
  const results = contests.map(() => bySide((): TurnResult[] => []));
  for (let round = 0; round <= rounds; round++) {
    // The first one warms up and does not count.
    const length = round === 0 ? WARM_UP : seconds;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2Kround ${round} of ${rounds}`);
    for (const [at, contest] of contests.entries()) {
      for (const side of SIDES) {
        const result = await loadOnce(contest, side, postgres, load, length);
        if (round > 0) results[at]?.[side].push(result);
      }
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  return contests.map(({ contestants }, at) => ({
    results: results[at] as Results,
    idle: bySide((side) => contestants[side].idle),
    after: bySide((side) => readMemory(contestants[side].server.pid)),
  }));
}

function bySide<T>(make: (side: Side) => T): Record<Side, T> {
  return { bare: make('bare'), select: make('select'), sqlite: make('sqlite'), postgres: make('postgres') };
}

async function loadOnce(
  { store, pattern, contestants }: Contest,
  side: Side,
  postgres: PostgresServer,
  load: LoadProcess,
  seconds: number,
): Promise<TurnResult> {
  const { server, tokens } = contestants[side];
  const { idsFile, ownersFile } = store;
  const isBonin = side === 'sqlite' || side === 'postgres';
  const name = `${store.folder} ${side === 'postgres' ? side : 'sqlite'}`;
  // Bare comes first in a round; whoever has the same tokens then gets the very requests that bare got.
  if (side === 'bare' || side === 'postgres')
    await load.prepare({ name, idsFile, ownersFile, tokens, pattern });
  const serverBefore = readProcessorTime(server.pid) ?? Number.NaN;
  const databaseBefore = readServerTime(postgres);
  const result = await load.run({ name, port: server.port, seconds, checkIds: isBonin });
  if (result.wrong > 0)
    throw new Error(
      `${result.wrong} of ${result.answered} answers of the ${side} server were wrong or missing`,
    );
  return {
    ...result,
    processorTime: ((readProcessorTime(server.pid) ?? Number.NaN) - serverBefore) / result.answered,
    databaseTime: (readServerTime(postgres) - databaseBefore) / result.answered,
  };
}
