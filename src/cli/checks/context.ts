import { existsSync } from 'node:fs';
import { loadServeConfig, type ServeConfig } from '../../config/command-config.ts';
import { readMasterKeys } from '../../config/master-keys.ts';
import type { MasterKey } from '../../core/key-ring.ts';
import { readTraceSettings, type TraceSettings } from '../../observability/traces/settings.ts';
import { readChannels } from '../../server/read-channels.ts';
import { type Inspection, inspectDatabase, markDatabase } from '../../storage/index.ts';
import type { CommandCall } from '../command.ts';
import { mayCreateKeys } from '../serve-app.ts';
import { listChannels } from './channels.ts';
import type { CheckContext } from './check.ts';

/** The settings of `serve`; or everything that is wrong with them. */
export type ServeSettings =
  | { readonly config: ServeConfig; readonly traces: TraceSettings | null }
  | { readonly problems: readonly string[] };

export function readServeSettings({
  options,
  environment,
}: Pick<CommandCall, 'options' | 'environment'>): ServeSettings {
  const loaded = loadServeConfig(options, environment);
  const tracing = readTraceSettings(environment);
  const problems = [
    ...('problems' in loaded ? loaded.problems : []),
    ...('problems' in tracing ? tracing.problems : []),
  ];
  return 'problems' in loaded || 'problems' in tracing
    ? { problems }
    : { config: loaded.config, traces: tracing.traces };
}

/** What the checks read, each thing once. Makes and changes no file and no database. */
export function createCheckContext(settings: ServeSettings): CheckContext {
  const config = 'config' in settings ? settings.config : null;
  const database = () => {
    if (config === null) throw new Error('wrong settings name no database');
    return config.database;
  };
  let keys: readonly MasterKey[] | null = null;
  let inspection: Promise<Inspection> | null = null;
  const masterKeys = () => {
    const { masterKeys: file } = database();
    const isNew = !existsSync(file) && mayCreateKeys(database());
    keys ??= isNew ? [] : readMasterKeys(file, false);
    return keys;
  };
  const inspect = () => {
    inspection ??= inspectDatabase(database().databaseUrl, markDatabase(masterKeys(), 'serve'));
    return inspection;
  };
  return {
    problems: 'problems' in settings ? settings.problems : [],
    config,
    masterKeys,
    inspect,
    async channels() {
      const { ring, stepsMissing } = await inspect();
      // Opening one that is missing, or old, would change it.
      if (stepsMissing !== 0) return [];
      const { databaseUrl } = database();
      return readChannels({ databaseUrl, masterKeys: masterKeys(), ring }, listChannels);
    },
  };
}
