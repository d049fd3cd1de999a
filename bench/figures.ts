import type { Figure, Target } from './report.ts';
import type { TurnResult } from './rounds.ts';
import type { Memory } from './server-process.ts';
import { spreadOf } from './spread.ts';

/** Figures with a title. */
export interface Group {
  readonly title: string;
  readonly figures: readonly Figure[];
}

type FigureRest = Omit<Figure, 'name' | 'value' | 'spread'>;

export function count(rows: number): string {
  return rows.toLocaleString('en-US');
}

/** The median of what the rounds gave. */
export function figureOf(name: string, values: readonly number[], rest: FigureRest): Figure {
  const spread = spreadOf(values);
  return { name, value: spread.median, spread, ...rest };
}

/** No figure where the system does not tell. */
export function figureIfKnown(name: string, values: readonly number[], rest: FigureRest): Figure[] {
  return values.some(Number.isNaN) ? [] : [figureOf(name, values, rest)];
}

export function withTarget(rest: FigureRest, target: Target | undefined): FigureRest {
  return target === undefined ? rest : { ...rest, target };
}

export function memoryFigures(name: string, memory: Memory | null, target?: Target): Figure[] {
  if (memory === null) return [];
  const shared = { digits: 0, unit: ' MB' };
  return [
    { name: `${name}, resident`, value: memory.resident, ...withTarget(shared, target) },
    ...(memory.anonymous === null
      ? []
      : [{ name: `${name}, of it anonymous`, value: memory.anonymous, ...shared } satisfies Figure]),
  ];
}

/** What one server did. */
export function serverFigures(name: string, results: readonly TurnResult[]): Figure[] {
  const values = (key: 'perSecond' | 'p50' | 'p99' | 'processorTime' | 'databaseTime') =>
    results.map((result) => result[key]);
  const time = { digits: 1, unit: ' µs' };
  const databaseTimes = values('databaseTime');
  return [
    figureOf(`${name}, requests per second`, values('perSecond'), { digits: 0 }),
    figureOf(`${name}, p50`, values('p50'), { digits: 2, unit: ' ms' }),
    figureOf(`${name}, p99`, values('p99'), { digits: 2, unit: ' ms' }),
    ...figureIfKnown(`${name}, processor time per request`, values('processorTime'), time),
    // What autovacuum and the like use meanwhile is not the lookups'.
    ...(Math.max(...databaseTimes) < 1
      ? []
      : figureIfKnown(`${name}, the database server's besides`, databaseTimes, time)),
  ];
}

/** What one server did against another in the same rounds. */
export function ratioFigures(
  name: string,
  a: readonly TurnResult[],
  b: readonly TurnResult[],
  targets: { readonly rate?: Target; readonly p99?: Target } = {},
): Figure[] {
  const each = (key: 'perSecond' | 'p99' | 'processorTime') =>
    a.map((result, at) => result[key] / (b[at]?.[key] ?? Number.NaN));
  return [
    figureOf(`${name}, rate`, each('perSecond'), withTarget({ digits: 3 }, targets.rate)),
    figureOf(`${name}, p99`, each('p99'), withTarget({ digits: 2 }, targets.p99)),
    // Says the same as the rate, but whoever else uses the machine takes less part in it.
    ...figureIfKnown(`${name}, processor time`, each('processorTime'), { digits: 2 }),
  ];
}
