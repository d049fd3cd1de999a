import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeStoreRoot } from './build-store.ts';
import type { Spread } from './spread.ts';

export interface Target {
  readonly kind: 'least' | 'most';
  readonly value: number;
  /** What we would like, beyond what is asked. */
  readonly aim?: number;
}

/** One line of the report. Its name is also what it is found by in the next run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly spread?: Spread;
  readonly digits: number;
  readonly unit?: string;
  readonly target?: Target;
}

interface LastRun {
  readonly at: string;
  readonly figures: Readonly<Record<string, number>>;
}

const HEAD = ['', 'now', 'least – most', 'last time', 'target', ''] as const;

function readLast(file: string): LastRun | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LastRun) : null;
}

export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function describeTarget({ target, digits, unit = '' }: Figure): string {
  if (target === undefined) return '';
  const sign = target.kind === 'least' ? '≥' : '≤';
  const aim = target.aim === undefined ? '' : ` (aim ${formatNumber(target.aim, digits)})`;
  return `${sign} ${formatNumber(target.value, digits)}${unit}${aim}`;
}

function judge({ target, value }: Figure): string {
  if (target === undefined) return '';
  const isMet = (limit: number) => (target.kind === 'least' ? value >= limit : value <= limit);
  if (!isMet(target.value)) return 'MISSED';
  return target.aim !== undefined && isMet(target.aim) ? 'met, aim too' : 'met';
}

function toCells(figure: Figure, last: LastRun | null): readonly string[] {
  const { name, value, spread, digits, unit = '' } = figure;
  const before = last?.figures[name];
  return [
    name,
    `${formatNumber(value, digits)}${unit}`,
    spread === undefined
      ? ''
      : `${formatNumber(spread.least, digits)} – ${formatNumber(spread.most, digits)}`,
    before === undefined ? '' : `${formatNumber(before, digits)}${unit}`,
    describeTarget(figure),
    judge(figure),
  ];
}

/** Prints figures beside those of the last run of the same, and keeps them for the next one. */
export function printReport(groups: readonly { title: string; figures: readonly Figure[] }[]): void {
  const file = join(makeStoreRoot(), 'last.json');
  const last = readLast(file);
  const all = groups.flatMap(({ figures }) => figures);
  const cells = all.map((figure) => toCells(figure, last));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 || column > 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  console.log(line(HEAD));
  for (const { title, figures } of groups) {
    console.log(`\n${title}`);
    for (const figure of figures) console.log(line(toCells(figure, last)));
  }
  if (last !== null) console.log(`\nLast time: ${last.at}`);
  const figures = Object.fromEntries(all.map(({ name, value }) => [name, value]));
  const run: LastRun = { at: new Date().toISOString(), figures: { ...last?.figures, ...figures } };
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
}
