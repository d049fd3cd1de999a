import { existsSync } from 'node:fs';
import type { Database } from '../config/command-config.ts';
import { languageOf, say } from '../config/language.ts';
import { readMasterKeys } from '../config/master-keys.ts';
import type { MasterKey } from '../core/key-ring.ts';
import type { Logger } from '../log.ts';
import { type App, type AppOptions, createApp } from '../server/mount.ts';
import { SERVE_POLICY } from '../server/policy.ts';
import { openServices, type Services } from '../server/services.ts';
import { COPY } from './copy.ts';

/** Whether a missing file of master keys may be made: beside a database it was lost. */
export function mayCreateKeys({ databaseFile }: Database): boolean {
  return databaseFile === null || !existsSync(databaseFile);
}

/** Reads the master keys of a database of `serve`. For a new database it makes the first key and prints that. */
export function readServeKeys(database: Database): readonly MasterKey[] {
  const { masterKeys } = database;
  const isNew = !existsSync(masterKeys);
  const keys = readMasterKeys(masterKeys, mayCreateKeys(database));
  if (isNew) console.error(`bonin: ${say(COPY.key_made, languageOf(process.env), { file: masterKeys })}`);
  return keys;
}

type MoreOptions = Pick<
  AppOptions,
  | 'log'
  | 'basePath'
  | 'publicUrl'
  | 'trustedProxies'
  | 'maxConnections'
  | 'corsOrigins'
  | 'limits'
  | 'keepUnverified'
  | 'keepOpened'
  | 'metrics'
  | 'traces'
>;

/** The application of `serve` on its database, not listening yet. */
export function openServeApp(database: Database, options: MoreOptions): Promise<App> {
  return createApp({ ...options, ...commonOptions(database) });
}

/** The services of `serve` on its database, without a server. */
export function openServeServices(database: Database, log: Logger): Promise<Services> {
  return openServices({ log, ...commonOptions(database) });
}

/** What every process of `serve` on this database has in common. */
function commonOptions(database: Database) {
  const { databaseUrl } = database;
  return { policy: SERVE_POLICY, databaseUrl, masterKeys: readServeKeys(database) };
}
