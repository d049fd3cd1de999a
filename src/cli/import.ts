import { markDatabase, openArchive } from '../storage/index.ts';
import { importFrom } from '../transfer/import.ts';
import { type Command, EXIT } from './command.ts';
import { COPY } from './copy.ts';
import { readDatabasePlace } from './database.ts';
import { createProgress } from './progress.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES } from './standard-variables.ts';
import { printTotals } from './totals.ts';

/** `bonin import FILE`: reads an export into a new database. */
export const importCommand: Command = {
  name: 'import',
  operands: ['FILE'],
  summary: {
    en: 'Imports an export into a new database. Run it again to continue after an interruption.',
    ko: '내보낸 파일을 새 데이터베이스로 가져옵니다. 중단되면 다시 실행해 이어서 합니다.',
  },
  options: settingOptions('import'),
  variables: DATABASE_VARIABLES,
  examples: [
    {
      words: 'import move.bonin --data /srv/bonin',
      about: {
        en: 'Into a new SQLite database:',
        ko: '새 SQLite 데이터베이스로 가져옵니다.',
      },
    },
    {
      words: 'import move.bonin --database-url postgres://bonin@db.example/bonin',
      about: {
        en: 'Into an empty PostgreSQL database:',
        ko: '비어 있는 PostgreSQL 데이터베이스로 가져옵니다.',
      },
    },
  ],

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
    if (wasDone) console.log(COPY.imported_already[call.language]);
    else printTotals('imported', totals, startedAt, written);
    return EXIT.ok;
  },
};
