import type { PostgresServer } from '../test/contract/postgres-server.ts';
import { type BenchStore, ensureStore, forgetTokens } from './build-store.ts';
import { count, type Group, ratioFigures, serverFigures } from './figures.ts';
import { type LoadProcess, startLoad } from './load-process.ts';
import { ensureDatabase, forgetTokensIn, readServerTime } from './postgres-store.ts';
import { collectTokens, type TurnResult } from './rounds.ts';
import { readFamilyTime, type ServerProcess, startBonin } from './server-process.ts';

const WORKERS = [1, 2, 4] as const;
const WARM_UP = 1;

type Engine = 'SQLite' | 'PostgreSQL';

/**
 * Lookups with one, two and four processes on one port. Nothing is pinned to a core: they share the machine with the
 * load and, on PostgreSQL, with the database server.
 */
export async function measureProcesses(
  rows: number,
  postgres: PostgresServer,
  rounds: number,
  seconds: number,
): Promise<Group> {
  const store = await ensureStore(rows);
  const load = startLoad(undefined);
  const figures = [];
  for (const engine of ['SQLite', 'PostgreSQL'] as const) {
    const results = await measureOn(engine, store, postgres, load, rounds, seconds);
    for (const [at, workers] of WORKERS.entries())
      figures.push(...serverFigures(`${engine}, ${workers} workers`, results[at] ?? []));
    for (const at of [1, 2])
      figures.push(
        ...ratioFigures(`${engine}, ${WORKERS[at]} workers / 1`, results[at] ?? [], results[0] ?? []),
      );
  }
  load.stop();
  return { title: `Lookups in ${count(rows)} rows by several processes`, figures };
}

async function measureOn(
  engine: Engine,
  store: BenchStore,
  postgres: PostgresServer,
  load: LoadProcess,
  rounds: number,
  seconds: number,
): Promise<readonly (readonly TurnResult[])[]> {
  const databaseUrl = await ensureDatabase(postgres, store);
  forgetTokens(store);
  await forgetTokensIn(databaseUrl);
  const environment = engine === 'SQLite' ? {} : { BONIN_DATABASE_URL: databaseUrl };
  const servers: ServerProcess[] = [];
  for (const workers of WORKERS)
    servers.push(await startBonin(store.folder, { environment }, ['--workers', String(workers)]));
  const [first] = servers;
  if (first === undefined) return [];
  const tokens = await collectTokens(first, store);
  const { idsFile, ownersFile } = store;
  await load.prepare({ name: engine, idsFile, ownersFile, tokens, pattern: 'uniform' });
  const results = WORKERS.map((): TurnResult[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [at, server] of servers.entries()) {
      const before = readFamilyTime(server.pid);
      const databaseBefore = readServerTime(postgres);
      const length = round === 0 ? WARM_UP : seconds;
      const result = await load.run({ name: engine, port: server.port, seconds: length, checkIds: true });
      if (result.wrong > 0) throw new Error(`${result.wrong} answers were wrong or missing`);
      if (round > 0)
        results[at]?.push({
          ...result,
          processorTime: (readFamilyTime(server.pid) - before) / result.answered,
          databaseTime: (readServerTime(postgres) - databaseBefore) / result.answered,
        });
    }
  }
  for (const server of servers) await server.stop();
  return results;
}
