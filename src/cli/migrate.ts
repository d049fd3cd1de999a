import { existsSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { markDatabase, migrateDatabase, type SchemaChange } from '../storage/index.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabaseConfig } from './database.ts';
import { readServeKeys } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';

/** `bonin migrate`: creates the database of `serve` or updates its schema, and ends. */
export const migrate: Command = {
  operands: [],
  summary: 'Creates the database of serve, or updates its schema, and ends.',
  options: settingOptions('migrate'),

  async run(call) {
    const database = readDatabaseConfig('migrate', call);
    // A job whose files go away with it must not make the only key of a database that stays.
    if (database.databaseFile === null && !existsSync(database.masterKeys))
      throw new AppError('start_refused', {
        detail: `${database.masterKeys}: is missing; for a database on a server, make it first (docs/operations.md, Master keys)`,
      });
    const change = await migrateDatabase(
      database.databaseUrl,
      markDatabase(readServeKeys(database), 'serve'),
    );
    console.log(describe(change));
    return EXIT.ok;
  },
};

function describe({ from, to }: SchemaChange): string {
  if (from === 0) return `The database was created, with schema ${to}.`;
  return from === to
    ? `The database is up to date, with schema ${to}.`
    : `The database was updated from schema ${from} to ${to}.`;
}
