import { loadDevConfig, SETTINGS } from '../config.ts';
import type { MasterKey } from '../core/vault.ts';
import { readMasterKeys } from '../master-keys.ts';
import { type CommandCall, type CommandOption, UsageError } from './command.ts';

/** Options of the commands that work on a database without serving from it. */
export const DATABASE_OPTIONS: Readonly<Record<string, CommandOption>> = Object.fromEntries(
  [SETTINGS.data, SETTINGS.databaseUrl].map(({ flag, value, about, env }): [string, CommandOption] => [
    flag,
    { type: 'string', value, about: `${about} (${env})` },
  ]),
);

/** Where a command's database is; as of the command that serves from it. */
export interface DatabasePlace {
  /** Holds the password, if there is one: not to be shown. */
  readonly databaseUrl: string;
  /** Reads the file of master keys, which must be there. */
  readonly masterKeys: () => readonly MasterKey[];
}

export function readDatabasePlace({ options, environment }: CommandCall): DatabasePlace {
  const loaded = loadDevConfig(options, environment);
  if ('problems' in loaded) throw new UsageError(loaded.problems);
  const { keeping } = loaded.config;
  if (keeping.kind === 'memory') throw new UsageError(['BONIN_MEMORY keeps nothing: there is no database']);
  return { databaseUrl: keeping.databaseUrl, masterKeys: () => readMasterKeys(keeping.masterKeys, false) };
}
