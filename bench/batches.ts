import type { StoredCertification } from '../src/core/certification.ts';
import { readAddress } from '../src/storage/postgres/address.ts';
import { Batches } from '../src/storage/postgres/batches.ts';
import { Database } from '../src/storage/postgres/database.ts';
import { type CertificationKey, findCertifications } from '../src/storage/postgres/lookups.ts';
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
  const keys = await readKeys(url, readRows(store).ids);
  const figures = [];
  for (const atOnce of AT_ONCE) {
    const costs: Readonly<Record<'together' | 'one by one', Cost[]>> = { together: [], 'one by one': [] };
    for (let round = 0; round <= rounds; round++) {
      for (const [way, most] of [
        ['together', AT_ONCE.at(-1) ?? 1],
        ['one by one', 1],
      ] as const) {
        const batches = new Batches(
          (asked: readonly CertificationKey[]) => findCertifications(database.run, asked),
          most,
        );
        const cost = await measure(batches, keys, atOnce, postgres);
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

async function readKeys(url: string, ids: Float64Array): Promise<readonly CertificationKey[]> {
  const asked = Array.from({ length: LOOKUPS }, () => ids[Math.floor(Math.random() * ids.length)] ?? 0);
  const found = await ask(url, 'SELECT id, merchant_id FROM certifications WHERE id = ANY($1::bigint[])', [
    asked,
  ]);
  return found.map(({ id, merchant_id }) => ({
    impUid: toImpUid(Number(id)),
    merchantId: Number(merchant_id),
  }));
}

async function measure(
  batches: Batches<CertificationKey, StoredCertification | null>,
  keys: readonly CertificationKey[],
  atOnce: number,
  postgres: BenchPostgres,
): Promise<Cost> {
  const own = process.cpuUsage();
  const database = readProcessorTime(postgres.pid);
  const startedAt = performance.now();
  for (let at = 0; at < keys.length; at += atOnce) {
    const found = await Promise.all(keys.slice(at, at + atOnce).map((key) => batches.ask(key)));
    if (found.includes(null)) throw new Error('a certification was not found');
  }
  const wall = (performance.now() - startedAt) * 1000;
  const { user, system } = process.cpuUsage(own);
  return {
    wall: wall / keys.length,
    own: (user + system) / keys.length,
    database: (readProcessorTime(postgres.pid) - database) / keys.length,
  };
}
