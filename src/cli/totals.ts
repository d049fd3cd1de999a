import { sumOfRows, type TableTotal } from '../transfer/totals.ts';
import { format } from './progress.ts';

/**
 * Prints the rows of each table and the rate. `written` is the number of rows of this run, if it continued an earlier
 * one.
 */
export function printTotals(
  done: string,
  totals: readonly TableTotal[],
  startedAt: number,
  written = sumOfRows(totals),
): void {
  for (const { table, rows, sha256 } of totals)
    console.log(`${table.padEnd(16)}${format(rows).padStart(12)}  ${sha256}`);
  const seconds = (performance.now() - startedAt) / 1000;
  const earlier = sumOfRows(totals) - written;
  console.log(
    `\n${format(written)} rows ${done} and compared in ${seconds.toFixed(1)} s, ${format(written / seconds)} rows/s` +
      `${earlier === 0 ? '' : `; ${format(earlier)} were there already`}`,
  );
}
