import { readFileSync } from 'node:fs';

/** The schema of a database before and after it was opened, as numbers of its last step; `from` is 0 for a new one. */
export interface SchemaChange {
  readonly from: number;
  readonly to: number;
}

/** Reads the SQL of a schema's numbered steps, in the order given; a step's number is its place, from 1. */
export function readMigrations(folder: URL, names: readonly string[]): readonly string[] {
  return names.map((name) => readFileSync(new URL(name, folder), 'utf8'));
}
