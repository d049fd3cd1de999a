import type { PostgresServer } from '../test/contract/postgres-server.ts';
import { ensureStore } from './build-store.ts';
import type { Cores } from './cores.ts';
import { count, figureOf, type Group, memoryFigures, ratioFigures, serverFigures } from './figures.ts';
import { NEWEST } from './load.ts';
import { type LoadProcess, startLoad } from './load-process.ts';
import { formatNumber, type Target } from './report.ts';
import { type ContestResult, closeContest, openContest, type Results, runRounds } from './rounds.ts';

export const SMALL = 10_000;
/** Share of spare time of the generator below which it may be what limits the faster server. */
const LEAST_SPARE = 0.1;

const TITLES = {
  bare: 'bare node:http, from memory',
  select: 'bare node:http, one SELECT for each request',
  sqlite: 'Bonin on SQLite',
  postgres: 'Bonin on PostgreSQL',
} as const;

export interface LookupSettings {
  readonly rows: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** Lookups on both engines, beside both references. */
export async function measureLookups(
  { rows, rounds, seconds }: LookupSettings,
  postgres: PostgresServer,
  cores: Cores | null,
): Promise<readonly Group[]> {
  const large = await ensureStore(rows);
  const small = await ensureStore(SMALL);
  const load = startLoad(cores?.load);
  // Both sizes take turns in the same rounds, so that the cost of growth is not the machine's mood.
  const contests = [
    await openContest(large, postgres, 'uniform', cores),
    await openContest(small, postgres, 'uniform', cores),
  ];
  const [uniformLarge, uniformSmall] = (await runRounds(contests, postgres, load, rounds, seconds)) as [
    ContestResult,
    ContestResult,
  ];
  for (const contest of contests) await closeContest(contest);
  const newest = await measureNewest({ rows, rounds, seconds }, postgres, cores, load);
  load.stop();
  warnIfBusy([uniformLarge, uniformSmall, newest]);

  const atMostThrice: Target = { kind: 'most', value: 3 };
  const uniform = { rate: { kind: 'least', value: 0.4, aim: 0.6 }, p99: atMostThrice } as const;
  const hot = { rate: { kind: 'least', value: 0.55, aim: 0.8 }, p99: atMostThrice } as const;
  return [
    sideGroup(`Uniformly random ids of ${count(rows)}`, `uniform ${count(rows)}`, uniformLarge, uniform),
    sideGroup(`Uniformly random ids of ${count(SMALL)}`, `uniform ${count(SMALL)}`, uniformSmall),
    growthGroup(rows, uniformLarge, uniformSmall),
    sideGroup(
      `90 % of lookups go to the ${count(NEWEST)} newest ids of ${count(rows)}`,
      `hot ${count(rows)}`,
      newest,
      hot,
    ),
    {
      title: `Memory with ${count(rows)}`,
      figures: (['sqlite', 'postgres'] as const).flatMap((side) => [
        ...memoryFigures(`${TITLES[side]}, idle`, uniformLarge.idle[side], { kind: 'most', value: 90 }),
        ...memoryFigures(`${TITLES[side]}, after the load`, uniformLarge.after[side]),
      ]),
    },
  ];
}

async function measureNewest(
  { rows, rounds, seconds }: LookupSettings,
  postgres: PostgresServer,
  cores: Cores | null,
  load: LoadProcess,
): Promise<ContestResult> {
  const contest = await openContest(await ensureStore(rows), postgres, 'hot', cores);
  const [result] = await runRounds([contest], postgres, load, rounds, seconds);
  await closeContest(contest);
  return result as ContestResult;
}

function sideGroup(
  title: string,
  label: string,
  { results }: ContestResult,
  targets: { readonly rate?: Target; readonly p99?: Target } = {},
): Group {
  const sides = (Object.keys(TITLES) as (keyof typeof TITLES)[]).flatMap((side) =>
    serverFigures(`${label}: ${TITLES[side]}`, results[side]),
  );
  const { bare, select, sqlite, postgres } = results;
  return {
    title,
    figures: [
      ...sides,
      ...ratioFigures(`${label}: SQLite / bare`, sqlite, bare, targets),
      ...ratioFigures(`${label}: PostgreSQL / bare`, postgres, bare),
      ...ratioFigures(`${label}: PostgreSQL / SELECT`, postgres, select, {
        rate: { kind: 'least', value: 1.5 },
      }),
      ...ratioFigures(`${label}: SQLite / SELECT`, sqlite, select),
    ],
  };
}

function growthGroup(rows: number, large: ContestResult, small: ContestResult): Group {
  const percent = (values: readonly number[]) => values.map((value) => (value - 1) * 100);
  const rates = (results: Results, side: keyof Results) => results[side].map(({ perSecond }) => perSecond);
  const each = (a: readonly number[], b: readonly number[]) =>
    a.map((value, at) => value / (b[at] ?? Number.NaN));
  const shared = { digits: 1, unit: ' %' };
  const target: Target = { kind: 'most', value: 15 };
  const figures = (['sqlite', 'postgres'] as const).flatMap((side) => {
    const ratios = ({ results }: ContestResult) => each(rates(results, side), rates(results, 'bare'));
    const aim = side === 'sqlite' ? { ...shared, target } : shared;
    return [
      figureOf(
        `cost of growth on ${side}, by ratio to bare`,
        percent(each(ratios(small), ratios(large))),
        aim,
      ),
      // The stricter view: bare pays for its larger Map too, which the ratio takes away.
      figureOf(
        `cost of growth on ${side}, Bonin alone`,
        percent(each(rates(small.results, side), rates(large.results, side))),
        aim,
      ),
    ];
  });
  const select = percent(each(rates(small.results, 'select'), rates(large.results, 'select')));
  return {
    title: `What ${count(rows)} rows cost against ${count(SMALL)}`,
    figures: [...figures, figureOf('cost of growth of one SELECT for each request', select, shared)],
  };
}

function warnIfBusy(results: readonly ContestResult[]): void {
  const spare = Math.min(...results.flatMap(({ results: { bare } }) => bare.map((result) => result.spare)));
  console.log(`The load generator had at least ${formatNumber(spare * 100, 0)} % of its time to spare.`);
  if (spare < LEAST_SPARE)
    console.log('NOTE: that is too little; bare may be faster than shown, and the ratios lower.');
}
