import { markDatabase, openArchive } from '../storage/index.ts';
import { exportTo } from '../transfer/export.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabasePlace } from './database.ts';
import { createProgress } from './progress.ts';
import { settingOptions } from './setting-options.ts';
import { printTotals } from './totals.ts';

/** `bonin export FILE`: writes the whole database, sealed, for an import into another one. */
export const exportCommand: Command = {
  operands: ['FILE'],
  summary: 'Writes a database to a sealed file, to move it. Run it again to continue after an interruption.',
  options: settingOptions('export'),

  async run(call) {
    const [file = ''] = call.operands;
    const startedAt = performance.now();
    const { databaseUrl, masterKeys } = readDatabasePlace('export', call);
    const keys = masterKeys();
    const archive = await openArchive(databaseUrl, markDatabase(keys, 'dev', 'export'));
    try {
      printTotals('exported', await exportTo(file, archive, keys, createProgress), startedAt);
    } finally {
      await archive.close();
    }
    return EXIT.ok;
  },
};
