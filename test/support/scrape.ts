import { eventually } from './eventually.ts';
import type { Bonin } from './start-bonin.ts';

/** One line of what Prometheus would read. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Where a started Bonin says its metrics are. */
export async function metricsUrl(bonin: Pick<Bonin, 'stdout'>): Promise<string> {
  const find = () => /^ {2}metrics {5,6}(\S+)\n/m.exec(bonin.stdout())?.[1];
  // What is printed after the first address may still be on its way.
  await eventually(() => find() !== undefined, 30_000);
  const url = find();
  if (url === undefined) throw new Error(`no address of metrics in: ${bonin.stdout()}`);
  return url;
}

export async function scrape(url: string): Promise<readonly Sample[]> {
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}`);
  return readSamples(await answer.text());
}

/** Reads the text form of Prometheus; throws at a line that is not of it. */
export function readSamples(text: string): readonly Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const found = /^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (found === null) throw new Error(`not a sample: ${line}`);
      const labels = [...(found[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)];
      return {
        name: found[1] ?? '',
        labels: Object.fromEntries(labels.map(([, name = '', value = '']) => [name, value])),
        value: Number(found[3]),
      };
    });
}

/** The sum of all samples of this name that have these labels; 0 when there are none. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return samples
    .filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}
