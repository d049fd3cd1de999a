import type { Metric, Registry } from 'prom-client';

/*
 * Counters and histograms for every request. prom-client builds a text from the labels at each count, which cost ten
 * times as much there. These are bound to their labels once, and their values are read at a scrape.
 */

type Labels<L extends string> = Readonly<Record<L, string>>;

interface Described<L extends string> {
  readonly name: string;
  readonly help: string;
  /** In the order of the values passed to `of`. */
  readonly labels: readonly L[];
}

/** One series of a counter. */
export interface Count {
  value: number;
}

/** One series of a histogram: how many values are at or below each bound and above the one before. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    // One more, for values above all bounds.
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (value > (this.#bounds[at] ?? Number.POSITIVE_INFINITY)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** The series of one metric by their labels; each is created at its first use. */
export interface Series<S> {
  of(...values: readonly string[]): S;
}

export function addCounter<L extends string>(registry: Registry, described: Described<L>): Series<Count> {
  return addSeries(
    registry,
    'counter',
    described,
    (): Count => ({ value: 0 }),
    ({ value }, labels) => [{ labels, value }],
  );
}

/** `bounds` are upper bounds, ascending. */
export function addHistogram<L extends string>(
  registry: Registry,
  described: Described<L>,
  bounds: readonly number[],
): Series<Distribution> {
  const { name } = described;
  const texts = [...bounds.map(String), '+Inf'];
  return addSeries(
    registry,
    'histogram',
    described,
    () => new Distribution(bounds),
    ({ counts, sum }, labels) => {
      let below = 0;
      const buckets = texts.map((le, at) => {
        below += counts[at] ?? 0;
        return { labels: { ...labels, le }, value: below, metricName: `${name}_bucket` };
      });
      return [
        ...buckets,
        { labels, value: sum, metricName: `${name}_sum` },
        { labels, value: below, metricName: `${name}_count` },
      ];
    },
  );
}

interface Told {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

function addSeries<L extends string, S>(
  registry: Registry,
  type: 'counter' | 'histogram',
  { name, help, labels: names }: Described<L>,
  make: () => S,
  tell: (series: S, labels: Labels<L>) => readonly Told[],
): Series<S> {
  const all = new Map<string, { readonly series: S; readonly labels: Labels<L> }>();
  // A registry only needs the name of a metric and this method.
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: async () => ({
      name,
      help,
      type,
      aggregator: 'sum',
      values: [...all.values()].flatMap(({ series, labels }) => tell(series, labels)),
    }),
  };
  registry.registerMetric(metric as unknown as Metric);
  return {
    of(...values) {
      const key = values.join('\n');
      const found = all.get(key);
      if (found !== undefined) return found.series;
      const labels = Object.fromEntries(names.map((label, at) => [label, values[at] ?? ''])) as Labels<L>;
      const series = make();
      all.set(key, { series, labels });
      return series;
    },
  };
}
