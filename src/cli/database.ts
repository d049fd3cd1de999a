import { type Database, loadDatabaseConfig } from '../config/command-config.ts';
import { readMasterKeys } from '../config/master-keys.ts';
import type { MasterKey } from '../core/key-ring.ts';
import { type CommandCall, UsageError } from './command.ts';

/** The database of a command. */
export interface DatabasePlace {
  /** Holds the password, if there is one: not to be shown. */
  readonly databaseUrl: string;
  /** Reads the file of master keys, which must be there. */
  readonly masterKeys: () => readonly MasterKey[];
}

type DatabaseCommand = Parameters<typeof loadDatabaseConfig>[0];

/** The database that a command's settings name. */
export function readDatabaseConfig(
  command: DatabaseCommand,
  { options, environment }: Pick<CommandCall, 'options' | 'environment'>,
): Database {
  const loaded = loadDatabaseConfig(command, options, environment);
  if ('problems' in loaded) throw new UsageError(loaded.problems);
  return loaded.config;
}

export function readDatabasePlace(command: DatabaseCommand, call: CommandCall): DatabasePlace {
  const { databaseUrl, masterKeys } = readDatabaseConfig(command, call);
  return { databaseUrl, masterKeys: () => readMasterKeys(masterKeys, false) };
}
