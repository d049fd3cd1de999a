import type { Engine } from './engine.ts';
import type { Outcome } from './verdict.ts';

/** What came of all changes. */
export interface Report {
  readonly changes: number;
  /** By the database itself. */
  readonly refusedByDatabase: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Columns of the database, as it lists them, that no change went through for. */
  readonly untouched: readonly string[];
  /** What must not be: the change, the server that was asked, and what it answered. */
  readonly violations: readonly string[];
}

/** A line for whoever runs the suite. */
export function summaryOf(
  { name }: Engine,
  { changes, refusedByDatabase, counts, violations }: Report,
): string {
  const { harmless, refused, alarmed } = counts;
  return `${name}: ${changes} changes: ${harmless} harmless, ${refused} refused, ${alarmed} alarmed, ${refusedByDatabase} refused by the database itself, ${violations.length} violations\n`;
}
