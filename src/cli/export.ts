import { Vault } from '../core/vault.ts';
import { openArchive } from '../storage/index.ts';
import { exportTo } from '../transfer/export.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabasePlace } from './database.ts';
import { createProgress } from './progress.ts';
import { settingOptions } from './setting-options.ts';
import { printTotals } from './totals.ts';

/** `bonin export FILE`: writes the whole database, sealed, for an import into another one. */
export const exportCommand: Command = {
  operands: ['FILE'],
  summary: 'Writes a database to a sealed file, to be moved; goes on if it was broken off.',
  options: settingOptions('export'),

  async run(call) {
    const [file = ''] = call.operands;
    const startedAt = performance.now();
    const { databaseUrl, masterKeys } = readDatabasePlace('export', call);
    const vault = new Vault(masterKeys());
    const archive = await openArchive(databaseUrl, {
      mode: 'dev',
      keyMark: vault.keyMark('dev'),
      recognises: (mark, mode) => vault.recognises(mark, mode),
      use: 'export',
    });
    try {
      printTotals('exported', await exportTo(file, archive, vault, createProgress), startedAt);
    } finally {
      await archive.close();
    }
    return EXIT.ok;
  },
};
