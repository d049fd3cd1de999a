import { Batches } from '../src/core/batches.ts';
import type { TokenLookup, TokenLookupResult } from '../src/core/store.ts';
import { readAddress } from '../src/storage/postgres/address.ts';
import { Database } from '../src/storage/postgres/database.ts';
import { Lookups } from '../src/storage/postgres/lookups.ts';
import { ask, type BenchPostgres, ensureDatabase } from './postgres.ts';
import { count, figureIfKnown, figureOf, type Group, ratios } from './report.ts';
import { readProcessorTime } from './servers.ts';
import { ensureStore, readRows, toImpUid } from './store.ts';

/** Lookups that come up in one turn of the event loop. */
const AT_ONCE = [1, 4, 16, 64] as const;
const LOOKUPS = 3200;

interface Cost {
  /** Microseconds for each lookup: by the clock, of this process, of the database server's. */
  readonly wall: number;
  readonly own: number;
  readonly database: number;
}

/** The same lookups, asked together and one by one, without HTTP and without opening what is sealed. */
export async function measureBatches(rows: number, postgres: BenchPostgres, rounds: number): Promise<Group> {
  const store = await ensureStore(rows);
  const url = await ensureDatabase(postgres, store);
  const database = new Database(readAddress(new URL(url)));
  const table = new Lookups(database.run);
  const lookups = await readLookups(url, readRows(store).ids);
  const figures = [];
  for (const atOnce of AT_ONCE) {
    const costs: Readonly<Record<'together' | 'one by one', Cost[]>> = { together: [], 'one by one': [] };
    for (let round = 0; round <= rounds; round++) {
      for (const [way, most] of [
        ['together', AT_ONCE.at(-1) ?? 1],
        ['one by one', 1],
      ] as const) {
        const batches = new Batches((asked: readonly TokenLookup[]) => table.ask(asked), most);
        const cost = await measure(batches, lookups, atOnce, postgres);
        // The first round prepares the statements and does not count.
        if (round > 0) costs[way].push(cost);
      }
    }
    const walls = (way: keyof typeof costs) => costs[way].map(({ wall }) => wall);
    const ratio = ratios(walls('one by one'), walls('together'));
    for (const [way, each] of Object.entries(costs)) {
      const name = `${atOnce} at once, ${way}`;
      const unit = { digits: 1, unit: ' µs' };
      figures.push(
        figureOf(
          `${name}: for each lookup`,
          each.map(({ wall }) => wall),
          unit,
        ),
        ...figureIfKnown(
          `${name}: processor time here`,
          each.map(({ own }) => own),
          unit,
        ),
        ...figureIfKnown(
          `${name}: processor time of the database server`,
          each.map(({ database: time }) => time),
          unit,
        ),
      );
    }
    figures.push(figureOf(`${atOnce} at once: one by one / together`, ratio, { digits: 2 }));
  }
  await database.close();
  return { title: `Lookups in ${count(rows)} rows of PostgreSQL, together and one by one`, figures };
}

/** Ids with a token that may read them. */
async function readLookups(url: string, ids: Float64Array): Promise<readonly TokenLookup[]> {
  const asked = Array.from({ length: LOOKUPS }, () => ids[Math.floor(Math.random() * ids.length)] ?? 0);
  const found = await ask(
    url,
    `SELECT c.id, (SELECT min(t.digest) FROM access_tokens t JOIN api_keys k ON k.id = t.api_key_id
       WHERE k.merchant_id = c.merchant_id) AS digest
     FROM certifications c WHERE c.id = ANY($1::bigint[])`,
    [asked],
  );
  return found.map(({ id, digest }) => ({ impUid: toImpUid(Number(id)), digest: String(digest) }));
}

async function measure(
  batches: Batches<TokenLookup, TokenLookupResult>,
  lookups: readonly TokenLookup[],
  atOnce: number,
  postgres: BenchPostgres,
): Promise<Cost> {
  const own = process.cpuUsage();
  const database = readProcessorTime(postgres.pid);
  const startedAt = performance.now();
  for (let at = 0; at < lookups.length; at += atOnce) {
    const found = await Promise.all(lookups.slice(at, at + atOnce).map((each) => batches.ask(each)));
    if (found.some(({ certification }) => certification === null))
      throw new Error('a certification was not found');
  }
  const wall = (performance.now() - startedAt) * 1000;
  const { user, system } = process.cpuUsage(own);
  return {
    wall: wall / lookups.length,
    own: (user + system) / lookups.length,
    database: (readProcessorTime(postgres.pid) - database) / lookups.length,
  };
}
