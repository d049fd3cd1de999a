import fc from 'fast-check';
import { AggregatorRegistry, Counter, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { addCounter, addHistogram } from './tallies.ts';

const BOUNDS = [0.001, 0.01, 0.5, 2];
const values = fc.array(
  fc.tuple(
    fc.constantFrom('a', 'b "quoted"'),
    fc.oneof(fc.constantFrom(...BOUNDS), fc.double({ min: 0, max: 9, noNaN: true })),
  ),
);

it('tell what those of prom-client tell, value for value', async () => {
  await fc.assert(
    fc.asyncProperty(values, async (observed) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const about = { name: 'seconds', help: 'Seconds.' };
      const histogram = addHistogram(own, { ...about, labels: ['kind'] }, BOUNDS);
      const counter = addCounter(own, { name: 'all', help: 'All.', labels: ['kind'] });
      const registers = [theirs];
      const theirHistogram = new Histogram({ ...about, labelNames: ['kind'], buckets: BOUNDS, registers });
      const theirCounter = new Counter({ name: 'all', help: 'All.', labelNames: ['kind'], registers });
      for (const [kind, value] of observed) {
        histogram.of(kind).observe(value);
        theirHistogram.observe({ kind }, value);
        counter.of(kind).value++;
        theirCounter.inc({ kind });
      }
      expect(await lines(own)).toEqual(await lines(theirs));
      // Also in the form in which one process sends them to another.
      const sums = [own, theirs].map(async (registry) => {
        const records = await registry.getMetricsAsJSON();
        return lines(AggregatorRegistry.aggregate([records, records]));
      });
      const [ownSum, theirSum] = await Promise.all(sums);
      expect(ownSum).toEqual(theirSum);
    }),
  );
});

/** The lines of a registry, with the labels of each in one order. */
async function lines(registry: Registry): Promise<string[]> {
  const text = await registry.metrics();
  return text
    .split('\n')
    .map((line) =>
      line.replace(/\{(.*)\}/, (_all, labels: string) => `{${labels.split(',').sort().join()}}`),
    );
}
