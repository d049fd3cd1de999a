import { readFileSync } from 'node:fs';

/** One numbered step of a schema. Its number is its place in the list, beginning with 1. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** Reads the SQL files of a schema, in the order given. */
export function readMigrations(folder: URL, names: readonly string[]): readonly Migration[] {
  return names.map((name) => ({ name, sql: readFileSync(new URL(name, folder), 'utf8') }));
}
