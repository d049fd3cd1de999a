import { NEWEST, startLoad } from './load.ts';
import type { BenchPostgres } from './postgres.ts';
import {
  count,
  type Figure,
  figureIfKnown,
  figureOf,
  formatNumber,
  type Group,
  memoryFigure,
  ratios,
  type Target,
} from './report.ts';
import {
  type Contest,
  closeContest,
  openSides,
  openWorkers,
  type Results,
  runRounds,
  type Side,
  type TurnResult,
  type Workers,
} from './rounds.ts';
import type { Cores } from './servers.ts';
import { ensureStore } from './store.ts';

export const SMALL = 10_000;
/** Share of spare time of the generator below which it may be what limits the faster server. */
const LEAST_SPARE = 0.1;

const TITLES = {
  bare: 'bare node:http, from memory',
  select: 'bare node:http, one SELECT for each request',
  sqlite: 'Bonin on SQLite',
  postgres: 'Bonin on PostgreSQL',
} as const satisfies Record<Side, string>;

export interface LookupSettings {
  readonly rows: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** Lookups on both engines, beside both references. */
export async function measureLookups(
  { rows, rounds, seconds }: LookupSettings,
  postgres: BenchPostgres,
  cores: Cores | null,
): Promise<readonly Group[]> {
  const large = await ensureStore(rows);
  const small = await ensureStore(SMALL);
  const load = startLoad(cores?.load);
  const run = async (contests: readonly Contest<Side>[]) => {
    const results = await runRounds(contests, postgres, load, rounds, seconds);
    for (const contest of contests) await closeContest(contest);
    return results;
  };
  // Both sizes take turns in the same rounds, so that the cost of growth is not the machine's mood.
  const uniform = [
    await openSides(large, postgres, 'uniform', cores),
    await openSides(small, postgres, 'uniform', cores),
  ] as const;
  const [atLarge, atSmall] = (await run(uniform)) as [Results<Side>, Results<Side>];
  const [atNewest] = (await run([await openSides(large, postgres, 'hot', cores)])) as [Results<Side>];
  load.stop();
  warnIfBusy([atLarge, atSmall, atNewest]);

  const idle = (side: Side) =>
    memoryFigure(`${TITLES[side]}, idle`, uniform[0].contestants[side].idle, { kind: 'most', value: 65 });
  return [
    sideGroup(`Uniformly random ids of ${count(rows)}`, `uniform ${count(rows)}`, atLarge, {
      kind: 'least',
      value: 0.55,
      aim: 0.65,
    }),
    sideGroup(`Uniformly random ids of ${count(SMALL)}`, `uniform ${count(SMALL)}`, atSmall),
    sideGroup(
      `90 % of lookups go to the ${count(NEWEST)} newest ids of ${count(rows)}`,
      `newest ${count(rows)}`,
      atNewest,
      { kind: 'least', value: 0.75, aim: 0.85 },
    ),
    growthGroup(rows, atLarge, atSmall),
    { title: `Memory with ${count(rows)}`, figures: [...idle('sqlite'), ...idle('postgres')] },
  ];
}

/** One caller at a time, and more than any merchant has. */
const CONNECTION_COUNTS = [1, 2000] as const;

/** Lookups at few and at very many connections; a wrong or missing answer fails the run. */
export async function measureConnections(
  { rows, rounds, seconds }: LookupSettings,
  postgres: BenchPostgres,
  cores: Cores | null,
): Promise<Group> {
  const { contestants, ...about } = await openSides(await ensureStore(rows), postgres, 'uniform', cores);
  // The plain driver's pool answers with errors at so many.
  const { select, ...others } = contestants;
  await select.server.stop();
  const contest = { ...about, contestants: others };
  const load = startLoad(cores?.load);
  const figures: Figure[] = [];
  for (const connections of CONNECTION_COUNTS) {
    const [results] = (await runRounds([contest], postgres, load, rounds, seconds, connections)) as [
      Results<keyof typeof others>,
    ];
    for (const side of Object.keys(others) as (keyof typeof others)[]) {
      const name = `${connections} at once: ${TITLES[side]}`;
      const time = { digits: 2, unit: ' ms' };
      figures.push(
        figureOf(`${name}, requests per second`, rate(results[side]), { digits: 0 }),
        figureOf(
          `${name}, p50`,
          results[side].map(({ p50 }) => p50),
          time,
        ),
        figureOf(
          `${name}, p99`,
          results[side].map(({ p99 }) => p99),
          time,
        ),
      );
    }
  }
  await closeContest(contest);
  load.stop();
  return { title: `Lookups in ${count(rows)} rows by connections; every answer was right`, figures };
}

/** Lookups with one, two and four processes on one port. */
export async function measureProcesses(
  { rows, rounds, seconds }: LookupSettings,
  postgres: BenchPostgres,
): Promise<Group> {
  const store = await ensureStore(rows);
  const load = startLoad(undefined);
  const figures: Figure[] = [];
  for (const engine of ['SQLite', 'PostgreSQL'] as const) {
    const contest = await openWorkers(engine, store, postgres);
    const [results] = (await runRounds([contest], postgres, load, rounds, seconds)) as [Results<Workers>];
    await closeContest(contest);
    for (const workers of ['1', '2', '4'] as const)
      figures.push(
        ...serverFigures(`${engine}, ${workers} workers`, results[workers], engine === 'PostgreSQL'),
      );
    for (const workers of ['2', '4'] as const) {
      const rates = ratios(rate(results[workers]), rate(results['1']));
      figures.push(figureOf(`${engine}, ${workers} workers / 1, rate`, rates, { digits: 2 }));
    }
  }
  load.stop();
  return { title: `Lookups in ${count(rows)} rows by several processes`, figures };
}

function rate(results: readonly TurnResult[]): readonly number[] {
  return results.map(({ perSecond }) => perSecond);
}

/** What one server did. */
function serverFigures(name: string, results: readonly TurnResult[], asksDatabase: boolean): Figure[] {
  const time = { digits: 1, unit: ' µs' };
  return [
    figureOf(`${name}, requests per second`, rate(results), { digits: 0 }),
    figureOf(
      `${name}, p99`,
      results.map(({ p99 }) => p99),
      { digits: 2, unit: ' ms' },
    ),
    ...figureIfKnown(
      `${name}, processor time per request`,
      results.map(({ processorTime }) => processorTime),
      time,
    ),
    // What autovacuum uses while another server has its turn is not the lookups'.
    ...(asksDatabase
      ? figureIfKnown(
          `${name}, the database server's in addition`,
          results.map(({ databaseTime }) => databaseTime),
          time,
        )
      : []),
  ];
}

function sideGroup(title: string, label: string, results: Results<Side>, target?: Target): Group {
  const figures = (Object.keys(TITLES) as Side[]).flatMap((side) =>
    serverFigures(`${label}: ${TITLES[side]}`, results[side], side === 'select' || side === 'postgres'),
  );
  const { bare, select, sqlite, postgres } = results;
  const ratio = (name: string, a: readonly TurnResult[], b: readonly TurnResult[], wanted?: Target) =>
    figureOf(`${label}: ${name}, rate`, ratios(rate(a), rate(b)), { digits: 2, target: wanted });
  const p99 = (all: readonly TurnResult[]) => all.map((result) => result.p99);
  const atMostThrice = target && ({ kind: 'most', value: 3 } as const);
  return {
    title,
    figures: [
      ...figures,
      ratio('SQLite / bare', sqlite, bare, target),
      figureOf(`${label}: SQLite / bare, p99`, ratios(p99(sqlite), p99(bare)), {
        digits: 1,
        target: atMostThrice,
      }),
      ratio('PostgreSQL / bare', postgres, bare),
      ratio('PostgreSQL / SELECT', postgres, select, target && { kind: 'least', value: 2 }),
    ],
  };
}

function growthGroup(rows: number, large: Results<Side>, small: Results<Side>): Group {
  const cost = (name: string, before: readonly number[], after: readonly number[], target?: Target) =>
    figureOf(
      `cost of growth: ${name}`,
      ratios(before, after).map((value) => (value - 1) * 100),
      { digits: 0, unit: ' %', target },
    );
  const own = (side: Side) => cost(TITLES[side], rate(small[side]), rate(large[side]));
  // Bare pays for its larger Map too, which the ratio takes away.
  const toBare = ({ sqlite, bare }: Results<Side>) => ratios(rate(sqlite), rate(bare));
  return {
    title: `What ${count(rows)} rows cost against ${count(SMALL)}`,
    figures: [
      own('sqlite'),
      cost('Bonin on SQLite, by ratio to bare', toBare(small), toBare(large), { kind: 'most', value: 15 }),
      own('postgres'),
      own('select'),
    ],
  };
}

function warnIfBusy(results: readonly Results<Side>[]): void {
  const spare = Math.min(...results.flatMap(({ bare }) => bare.map((result) => result.spare)));
  console.log(`The load generator had at least ${formatNumber(spare * 100, 0)} % of its time to spare.`);
  if (spare < LEAST_SPARE)
    console.log('NOTE: that is too little; bare may be faster than shown, and the ratios lower.');
}
