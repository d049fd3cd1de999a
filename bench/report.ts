/** What several rounds gave. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Target {
  readonly kind: 'least' | 'most';
  readonly value: number;
  /** What we would like, beyond what is asked. */
  readonly aim?: number;
}

/** One line of the report. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly spread?: Spread;
  readonly digits: number;
  readonly unit?: string;
  readonly target?: Target | undefined;
}

/** Figures with a title. */
export interface Group {
  readonly title: string;
  readonly figures: readonly Figure[];
}

type FigureRest = Pick<Figure, 'digits' | 'unit' | 'target'>;

const HEAD = ['', 'median', 'least – most', 'wanted', ''] as const;

export function count(rows: number): string {
  return rows.toLocaleString('en-US');
}

export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The median of what the rounds gave. */
export function figureOf(name: string, values: readonly number[], rest: FigureRest): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
  return {
    name,
    value: median,
    spread: { median, least: Math.min(...values), most: Math.max(...values) },
    ...rest,
  };
}

/** No figure where the system does not tell. */
export function figureIfKnown(name: string, values: readonly number[], rest: FigureRest): Figure[] {
  return values.some(Number.isNaN) ? [] : [figureOf(name, values, rest)];
}

/** Resident memory in megabytes; no figure where the system does not tell. */
export function memoryFigure(name: string, megabytes: number | null, target?: Target): Figure[] {
  return megabytes === null ? [] : [{ name, value: megabytes, digits: 0, unit: ' MB', target }];
}

/** Of each round, since both were measured in the same ones. */
export function ratios(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((value, at) => value / (b[at] ?? Number.NaN));
}

export function printReport(groups: readonly Group[]): void {
  const all = groups.flatMap(({ figures }) => figures.map(toCells));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...all.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  console.log(line(HEAD));
  for (const { title, figures } of groups) {
    console.log(`\n${title}`);
    for (const figure of figures) console.log(line(toCells(figure)));
  }
  console.log('');
}

function toCells(figure: Figure): readonly string[] {
  const { name, value, spread, digits, unit = '' } = figure;
  const range =
    spread === undefined
      ? ''
      : `${formatNumber(spread.least, digits)} – ${formatNumber(spread.most, digits)}`;
  return [name, `${formatNumber(value, digits)}${unit}`, range, describeTarget(figure), judge(figure)];
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
