import { markDatabase, openArchive } from '../storage/index.ts';
import { exportTo } from '../transfer/export.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabasePlace } from './database.ts';
import { createProgress } from './progress.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES } from './standard-variables.ts';
import { printTotals } from './totals.ts';

/** `bonin export FILE`: writes the whole database, sealed, for an import into another one. */
export const exportCommand: Command = {
  name: 'export',
  operands: ['FILE'],
  summary: {
    en: 'Writes a database to a sealed file, to move it. Run it again to continue after an interruption.',
    ko: '데이터베이스를 봉인된 파일로 내보내 옮길 수 있게 합니다. 중단되면 다시 실행해 이어서 합니다.',
  },
  options: settingOptions('export'),
  variables: DATABASE_VARIABLES,
  examples: [
    {
      words: 'export move.bonin --data /var/lib/bonin',
      about: {
        en: 'The SQLite database of a data folder:',
        ko: '데이터 폴더의 SQLite 데이터베이스를 내보냅니다.',
      },
    },
    {
      words: 'export move.bonin --database-url postgres://bonin@db.example/bonin',
      about: {
        en: 'A PostgreSQL database:',
        ko: 'PostgreSQL 데이터베이스를 내보냅니다.',
      },
    },
  ],

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
