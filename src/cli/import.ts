import { markDatabase, openArchive } from '../storage/index.ts';
import { importFrom } from '../transfer/import.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabasePlace } from './database.ts';
import { createProgress } from './progress.ts';
import { settingOptions } from './setting-options.ts';
import { printTotals } from './totals.ts';

/** `bonin import FILE`: reads an export into a new database. */
export const importCommand: Command = {
  operands: ['FILE'],
  summary: 'Imports an export into a new database. Run it again to continue after an interruption.',
  options: settingOptions('import'),

  async run(call) {
    const [file = ''] = call.operands;
    const startedAt = performance.now();
    const { databaseUrl, masterKeys } = readDatabasePlace('import', call);
    const keys = masterKeys();
    const { totals, written, wasDone } = await importFrom(
      file,
      keys,
      ({ mode }) => openArchive(databaseUrl, markDatabase(keys, mode, 'import')),
      createProgress,
    );
    if (wasDone) console.log('This file was imported into this database already; nothing was done.');
    else printTotals('imported', totals, startedAt, written);
    return EXIT.ok;
  },
};
