import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type BenchStore, ensureStore } from './build-store.ts';
import { type ColdStart, measureColdStart } from './cold-start.ts';
import { type Cores, pickCores } from './cores.ts';
import { CONNECTIONS, NEWEST } from './load.ts';
import { type LoadProcess, startLoad } from './load-process.ts';
import { type Figure, formatNumber, printReport, type Target } from './report.ts';
import { closePair, openPair, type PairResult, runRounds, type TurnResult } from './rounds.ts';
import { findCli, type Memory } from './server-process.ts';
import { spreadOf } from './spread.ts';

const SMALL = 10_000;
const COLD_STARTS = 10;
/** Share of spare time of the generator below which it may be what limits the faster server. */
const LEAST_SPARE = 0.1;
/** Tokens live half an hour, so all rounds with one set of them must end well before. */
const LONGEST = 1500;

const HELP = `Usage: npm run bench -- [--rows NUMBER] [--rounds NUMBER] [--seconds NUMBER]

Compares lookups of Bonin with a bare node:http server that answers the same from memory. Builds its stores in
bench/.store/ at the first run (about a minute and 600 MB for 1,000,000 rows) and keeps them.

  --rows     certifications in the large store, default 1000000
  --rounds   rounds, in each of which every server has its turn, default 5
  --seconds  length of a turn, default 3`;

interface Settings {
  readonly rows: number;
  readonly rounds: number;
  readonly seconds: number;
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const [rows, rounds, seconds] = [Number(values.rows), Number(values.rounds), Number(values.seconds)];
  if (!Number.isInteger(rows) || rows < 2 * SMALL || rows > 10_000_000)
    throw new Error(`--rows must be a number from ${2 * SMALL} to 10000000`);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be 1 or more');
  if (!(seconds > 0) || (rounds + 1) * (seconds + 1) * 4 > LONGEST)
    throw new Error(`--seconds must be more than 0, and all rounds must end within ${LONGEST} seconds`);
  return { rows, rounds, seconds };
}

function count(rows: number): string {
  return formatNumber(rows, 0);
}

function eachRound(
  a: readonly TurnResult[],
  b: readonly TurnResult[],
  key: 'perSecond' | 'p99' | 'processorTime',
): number[] {
  return a.map((result, at) => result[key] / (b[at]?.[key] ?? Number.NaN));
}

function figureOf(
  name: string,
  values: readonly number[],
  rest: Omit<Figure, 'name' | 'value' | 'spread'>,
): Figure {
  const spread = spreadOf(values);
  return { name, value: spread.median, spread, ...rest };
}

function figureIfKnown(
  name: string,
  values: readonly number[],
  rest: { digits: number; unit?: string },
): Figure[] {
  return values.some(Number.isNaN) ? [] : [figureOf(name, values, rest)];
}

function memoryFigures(name: string, memory: Memory | null, target?: Target): Figure[] {
  if (memory === null) return [];
  const { resident, anonymous } = memory;
  const unit = ' MB';
  return [
    { name: `${name}, resident`, value: resident, digits: 0, unit, ...(target !== undefined && { target }) },
    ...(anonymous === null
      ? []
      : [{ name: `${name}, of it anonymous`, value: anonymous, digits: 0, unit } satisfies Figure]),
  ];
}

function pairFigures(label: string, { bare, bonin }: PairResult, ratio?: Target, p99?: Target): Figure[] {
  const side = (name: string, results: readonly TurnResult[]) => [
    figureOf(
      `${label}: ${name}, requests per second`,
      results.map(({ perSecond }) => perSecond),
      { digits: 0 },
    ),
    figureOf(
      `${label}: ${name}, p50`,
      results.map((result) => result.p50),
      { digits: 2, unit: ' ms' },
    ),
    figureOf(
      `${label}: ${name}, p99`,
      results.map((result) => result.p99),
      { digits: 2, unit: ' ms' },
    ),
    ...figureIfKnown(
      `${label}: ${name}, processor time per request`,
      results.map((result) => result.processorTime),
      { digits: 1, unit: ' µs' },
    ),
  ];
  const times = eachRound(bonin, bare, 'processorTime');
  return [
    ...side('bare', bare),
    ...side('Bonin', bonin),
    figureOf(`${label}: ratio Bonin / bare`, eachRound(bonin, bare, 'perSecond'), {
      digits: 3,
      ...(ratio !== undefined && { target: ratio }),
    }),
    figureOf(`${label}: p99, times bare's`, eachRound(bonin, bare, 'p99'), {
      digits: 2,
      ...(p99 !== undefined && { target: p99 }),
    }),
    // Says the same as the ratio, but whoever else uses the machine takes less part in it.
    ...figureIfKnown(`${label}: processor time, times bare's`, times, { digits: 2 }),
  ];
}

function growthFigures(large: PairResult, small: PairResult): Figure[] {
  const target: Target = { kind: 'most', value: 15 };
  const percent = (values: readonly number[]) => values.map((value) => (value - 1) * 100);
  const ratiosLarge = eachRound(large.bonin, large.bare, 'perSecond');
  const ratiosSmall = eachRound(small.bonin, small.bare, 'perSecond');
  const shared = { digits: 1, unit: ' %', target };
  return [
    figureOf(
      'cost of growth, by ratio to bare',
      percent(ratiosSmall.map((ratio, at) => ratio / (ratiosLarge[at] ?? Number.NaN))),
      shared,
    ),
    // The stricter view: bare pays for its larger Map too, which the ratio takes away.
    figureOf(
      'cost of growth, Bonin alone',
      percent(eachRound(small.bonin, large.bonin, 'perSecond')),
      shared,
    ),
  ];
}

function coldStartFigures({ bare, bonin, ratio, firstEver }: ColdStart): Figure[] {
  const shared = { digits: 0, unit: ' ms' };
  return [
    { name: 'cold start: bare', value: bare.median, spread: bare, ...shared },
    { name: 'cold start: bonin dev --memory', value: bonin.median, spread: bonin, ...shared },
    {
      name: "cold start: times bare's",
      value: ratio.median,
      spread: ratio,
      digits: 2,
      target: { kind: 'most', value: 4 },
    },
    { name: 'cold start: bonin, nothing compiled before', value: firstEver, ...shared },
  ];
}

async function measureUniform(
  large: BenchStore,
  small: BenchStore,
  load: LoadProcess,
  cores: Cores | null,
  { rounds, seconds }: Settings,
): Promise<readonly [PairResult, PairResult]> {
  // Both sizes take turns in the same rounds, so that the cost of growth is not the machine's mood.
  const pairs = [await openPair(large, 'uniform', cores), await openPair(small, 'uniform', cores)];
  const results = await runRounds(pairs, load, rounds, seconds);
  for (const pair of pairs) await closePair(pair);
  return results as [PairResult, PairResult];
}

async function measureHot(
  large: BenchStore,
  load: LoadProcess,
  cores: Cores | null,
  { rounds, seconds }: Settings,
): Promise<PairResult> {
  const pair = await openPair(large, 'hot', cores);
  const results = await runRounds([pair], load, rounds, seconds);
  await closePair(pair);
  return results[0] as PairResult;
}

function describeRun({ rounds, seconds }: Settings, cores: Cores | null): string {
  const placing =
    cores === null
      ? 'processes are not pinned to cores here, so ratios are less steady'
      : `servers on core ${cores.server}, load on core ${cores.load}`;
  return [
    `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}; ${placing}.`,
    `${CONNECTIONS} keep-alive connections, ${rounds} rounds of ${seconds} s each; medians of the rounds.`,
    `Bonin is node ${findCli()} dev.`,
  ].join('\n');
}

async function main(): Promise<void> {
  const settings = readSettings();
  const cores = pickCores();
  const large = await ensureStore(settings.rows);
  const small = await ensureStore(SMALL);
  console.log(`${describeRun(settings, cores)}\n`);

  const load = startLoad(cores?.load);
  const [uniformLarge, uniformSmall] = await measureUniform(large, small, load, cores, settings);
  const hot = await measureHot(large, load, cores, settings);
  load.stop();
  const coldStart = await measureColdStart(COLD_STARTS);

  const rows = count(settings.rows);
  const atMost90: Target = { kind: 'most', value: 90 };
  const atMostThrice: Target = { kind: 'most', value: 3 };
  const uniformRatio: Target = { kind: 'least', value: 0.4, aim: 0.6 };
  const hotRatio: Target = { kind: 'least', value: 0.55, aim: 0.8 };
  printReport([
    {
      title: `Uniformly random ids of ${rows}`,
      figures: pairFigures(`uniform ${rows}`, uniformLarge, uniformRatio, atMostThrice),
    },
    {
      title: `Uniformly random ids of ${count(SMALL)}`,
      figures: pairFigures(`uniform ${count(SMALL)}`, uniformSmall),
    },
    {
      title: `What ${rows} rows cost against ${count(SMALL)}`,
      figures: growthFigures(uniformLarge, uniformSmall),
    },
    {
      title: `90 % of lookups go to the ${count(NEWEST)} newest ids of ${rows}`,
      figures: pairFigures(`hot ${rows}`, hot, hotRatio, atMostThrice),
    },
    { title: 'From starting the process to the first right answer', figures: coldStartFigures(coldStart) },
    {
      title: 'Memory',
      figures: [
        ...memoryFigures('bonin dev --memory, idle', coldStart.idle, atMost90),
        ...memoryFigures(`Bonin on ${rows}, idle`, uniformLarge.idle, atMost90),
        ...memoryFigures(`Bonin on ${rows}, after the load`, uniformLarge.boninAfter),
        ...memoryFigures('bare with one answer, idle', coldStart.bareIdle),
      ],
    },
  ]);

  const spare = Math.min(
    ...[uniformLarge, uniformSmall, hot].flatMap(({ bare }) => bare.map((result) => result.spare)),
  );
  console.log(`\nThe load generator had at least ${formatNumber(spare * 100, 0)} % of its time to spare.`);
  if (spare < LEAST_SPARE)
    console.log('NOTE: that is too little; bare may be faster than shown, and the ratios lower.');
}

try {
  await main();
  // Whether targets are met is for the reader to judge; only a wrong answer fails the run.
  process.exit(0);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
