import { readFileSync } from 'node:fs';

/** Reads the SQL of a schema's numbered steps, in the order given; a step's number is its place, from 1. */
export function readMigrations(folder: URL, names: readonly string[]): readonly string[] {
  return names.map((name) => readFileSync(new URL(name, folder), 'utf8'));
}
