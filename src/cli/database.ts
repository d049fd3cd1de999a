import { loadDatabaseConfig } from '../command-config.ts';
import type { MasterKey } from '../core/vault.ts';
import { readMasterKeys } from '../master-keys.ts';
import { type CommandCall, UsageError } from './command.ts';

/** Where a command's database is; as of the command that serves from it. */
export interface DatabasePlace {
  /** Holds the password, if there is one: not to be shown. */
  readonly databaseUrl: string;
  /** Reads the file of master keys, which must be there. */
  readonly masterKeys: () => readonly MasterKey[];
}

export function readDatabasePlace(
  command: 'export' | 'import' | 'backup' | 'restore',
  { options, environment }: CommandCall,
): DatabasePlace {
  const loaded = loadDatabaseConfig(command, options, environment);
  if ('problems' in loaded) throw new UsageError(loaded.problems);
  const { databaseUrl, masterKeys } = loaded.config;
  return { databaseUrl, masterKeys: () => readMasterKeys(masterKeys, false) };
}
