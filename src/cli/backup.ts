import { backupDatabase } from '../storage/index.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabasePlace } from './database.ts';
import { format } from './progress.ts';
import { settingOptions } from './setting-options.ts';

/** `bonin backup FOLDER`: a dated copy, which is unreadable without the file of salts beside it. */
export const backup: Command = {
  operands: ['FOLDER'],
  summary: 'Copies an SQLite database into a folder while it is in use.',
  options: settingOptions('backup'),

  async run(call) {
    const [folder = ''] = call.operands;
    const { databaseUrl, masterKeys } = readDatabasePlace('backup', call);
    const { copy, salts, certifications } = await backupDatabase(databaseUrl, folder, masterKeys);
    console.log(`${format(certifications)} certifications in ${copy}`);
    console.log(`Their salts are in ${salts}, which holds those of the newest backup only.`);
    return EXIT.ok;
  },
};
