import { restoreDatabase } from '../storage/index.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabasePlace } from './database.ts';
import { format } from './progress.ts';
import { settingOptions } from './setting-options.ts';

/** `bonin restore FOLDER|FILE`: creates a database from a copy and the salts beside it. */
export const restore: Command = {
  operands: ['FROM'],
  summary: 'Makes a new database from a backup: from a copy, or the newest one in a folder.',
  options: settingOptions('restore'),

  async run(call) {
    const [from = ''] = call.operands;
    const { databaseUrl, masterKeys } = readDatabasePlace('restore', call);
    const restored = await restoreDatabase(from, databaseUrl, masterKeys());
    console.log(`${format(restored.certifications)} certifications restored from ${restored.copy}`);
    for (const [count, what] of [
      [restored.erased, 'erased since the copy was made, and stay erased'],
      [restored.changed, 'certified or ended since the copy was made; they cannot be opened and are erased'],
      [restored.expired, 'open when the copy was made; they are expired'],
      [restored.later, 'made after the copy; they are not in it'],
    ] as const)
      console.log(`${format(count).padStart(10)} ${what}`);
    return EXIT.ok;
  },
};
