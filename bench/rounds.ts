import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONNECTIONS, type LoadProcess, type LoadResult, type Pattern } from './load.ts';
import { ask, type BenchPostgres, ensureDatabase } from './postgres.ts';
import {
  type Cores,
  call,
  getToken,
  readMemory,
  readProcessorTime,
  type ServerOptions,
  type ServerProcess,
  startBonin,
  startServer,
} from './servers.ts';
import { type BenchStore, forgetTokens, readRows, readThrough, toImpUid } from './store.ts';

const WARM_UP = 2;
const SAMPLE = 1000;
/** Milliseconds until memory of a server that has just started has come to rest. */
const REST = 1500;

type Tokens = readonly (readonly string[])[];

export interface Contestant {
  readonly server: ServerProcess;
  /** Megabytes before the first request; null where the system does not tell. */
  readonly idle: number | null;
  /** The key pairs' tokens. With the same ones as the contestant before, it gets the very same requests. */
  readonly tokens: Tokens;
  /** Whether each answer must be about the id that was asked for. */
  readonly checkIds: boolean;
}

/** Servers on one store, all of them serving, in the order of their turns. */
export interface Contest<Name extends string> {
  readonly store: BenchStore;
  readonly pattern: Pattern;
  readonly contestants: Readonly<Record<Name, Contestant>>;
}

export interface TurnResult extends LoadResult {
  /** Processor time of the server per request, in microseconds; NaN where the system does not tell. */
  readonly processorTime: number;
  /** The same of the database server's processes, whoever made them work. */
  readonly databaseTime: number;
}

/** One result for each round. */
export type Results<Name extends string> = Readonly<Record<Name, readonly TurnResult[]>>;

/** Two references, and Bonin on each engine. */
export type Side = 'bare' | 'select' | 'sqlite' | 'postgres';

/** How many processes. */
export type Workers = '1' | '2' | '4';

/** `bonin serve` of a checkout on the SQLite file of a store. */
export async function openOwn(store: BenchStore, options: ServerOptions): Promise<Contestant> {
  forgetTokens(store);
  readThrough(store);
  const server = await startBonin(store.folder, options);
  await sleep(REST);
  const idle = readMemory(server.pid);
  return { server, idle, tokens: await collectTokens(server, store), checkIds: true };
}

/** Bonin on both engines beside both references. */
export async function openSides(
  store: BenchStore,
  postgres: BenchPostgres,
  pattern: Pattern,
  cores: Cores | null,
): Promise<Contest<Side>> {
  const core = cores?.server;
  const databaseUrl = await openStore(store, postgres);
  const open = async (server: ServerProcess, tokens: Tokens | null): Promise<Contestant> => {
    await sleep(REST);
    const idle = readMemory(server.pid);
    const own = tokens ?? (await collectTokens(server, store));
    return { server, idle, tokens: own, checkIds: tokens === null };
  };
  const sqlite = await open(await startBonin(store.folder, { core }), null);
  const bodiesFile = join(store.folder, 'bodies.jsonl');
  writeFileSync(bodiesFile, (await sampleBodies(sqlite.server, store, sqlite.tokens)).join('\n'));
  const reference = (...words: readonly string[]) => startServer(['bench/references.ts', ...words], { core });
  const environment = { BONIN_DATABASE_URL: databaseUrl };
  return {
    store,
    pattern,
    contestants: {
      bare: await open(await reference('bare', store.idsFile, store.ownersFile, bodiesFile), sqlite.tokens),
      select: await open(await reference('select', databaseUrl), sqlite.tokens),
      sqlite,
      postgres: await open(await startBonin(store.folder, { core, environment }), null),
    },
  };
}

/**
 * Bonin on one engine with one, two and four processes. Nothing is pinned to a core: they share the machine with the
 * load and, on PostgreSQL, with the database server.
 */
export async function openWorkers(
  engine: 'SQLite' | 'PostgreSQL',
  store: BenchStore,
  postgres: BenchPostgres,
): Promise<Contest<Workers>> {
  const databaseUrl = await openStore(store, postgres);
  const environment = engine === 'SQLite' ? {} : { BONIN_DATABASE_URL: databaseUrl };
  const start = (workers: Workers) => startBonin(store.folder, { environment }, ['--workers', workers]);
  const first = await start('1');
  const tokens = await collectTokens(first, store);
  const open = (server: ServerProcess): Contestant => ({ server, idle: null, tokens, checkIds: true });
  const contestants = { 1: open(first), 2: open(await start('2')), 4: open(await start('4')) };
  return { store, pattern: 'uniform', contestants };
}

/** Brings both databases of a store into the system's cache, and forgets tokens that could end within a contest. */
async function openStore(store: BenchStore, postgres: BenchPostgres): Promise<string> {
  const databaseUrl = await ensureDatabase(postgres, store);
  forgetTokens(store);
  await ask(databaseUrl, 'DELETE FROM access_tokens');
  readThrough(store);
  await ask(databaseUrl, 'SELECT sum(length(sealed)) FROM certifications');
  return databaseUrl;
}

export async function closeContest<Name extends string>({ contestants }: Contest<Name>): Promise<void> {
  for (const { server } of Object.values<Contestant>(contestants)) await server.stop();
}

/** A token for every key pair, asked for as merchants ask. */
async function collectTokens({ url }: ServerProcess, { keyPairs }: BenchStore): Promise<Tokens> {
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
export async function runRounds<Name extends string>(
  contests: readonly Contest<Name>[],
  postgres: BenchPostgres | null,
  load: LoadProcess,
  rounds: number,
  seconds: number,
  connections = CONNECTIONS,
): Promise<readonly Results<Name>[]> {
  const results = contests.map(({ contestants }) => mapValues(contestants, (): TurnResult[] => []));
  for (let round = 0; round <= rounds; round++) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2Kround ${round} of ${rounds}`);
    for (const [at, { store, pattern, contestants }] of contests.entries()) {
      let tokens: Tokens | null = null;
      for (const name of Object.keys(contestants) as Name[]) {
        const contestant = contestants[name];
        if (contestant.tokens !== tokens) {
          tokens = contestant.tokens;
          await load.prepare({ store, tokens, pattern });
        }
        // The first round warms up and does not count.
        const turn = { seconds: round === 0 ? WARM_UP : seconds, connections };
        const result = await takeTurn(name, contestant, postgres, load, turn);
        if (round > 0) results[at]?.[name].push(result);
      }
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  return results;
}

function mapValues<Name extends string, T, U>(
  values: Readonly<Record<Name, T>>,
  map: (value: T) => U,
): Record<Name, U> {
  const entries = Object.entries<T>(values).map(([name, value]) => [name, map(value)]);
  return Object.fromEntries(entries) as Record<Name, U>;
}

async function takeTurn(
  name: string,
  { server, checkIds }: Contestant,
  postgres: BenchPostgres | null,
  load: LoadProcess,
  turn: { readonly seconds: number; readonly connections: number },
): Promise<TurnResult> {
  const serverBefore = readProcessorTime(server.pid);
  const databaseBefore = postgres === null ? 0 : readProcessorTime(postgres.pid);
  const result = await load.run({ port: server.port, checkIds, ...turn });
  if (result.wrong > 0)
    throw new Error(`${result.wrong} of ${result.answered} answers of ${name} were wrong or missing`);
  return {
    ...result,
    processorTime: (readProcessorTime(server.pid) - serverBefore) / result.answered,
    databaseTime:
      ((postgres === null ? 0 : readProcessorTime(postgres.pid)) - databaseBefore) / result.answered,
  };
}
