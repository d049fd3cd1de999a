import { existsSync } from 'node:fs';
import { type Language, say } from '../config/language.ts';
import { AppError } from '../errors.ts';
import { markDatabase, migrateDatabase, type SchemaChange } from '../storage/index.ts';
import { type Command, EXIT } from './command.ts';
import { COPY } from './copy.ts';
import { readDatabaseConfig } from './database.ts';
import { readServeKeys } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES } from './standard-variables.ts';

/** `bonin migrate`: creates the database of `serve` or updates its schema, and ends. */
export const migrate: Command = {
  name: 'migrate',
  operands: [],
  summary: {
    en: 'Creates the database of serve, or updates its schema, and ends.',
    ko: '운영 서버의 데이터베이스를 만들거나 스키마를 올리고 끝냅니다.',
  },
  options: settingOptions('migrate'),
  variables: DATABASE_VARIABLES,
  examples: [
    {
      words: 'migrate --data /var/lib/bonin',
      about: {
        en: 'The SQLite database of a data folder:',
        ko: '데이터 폴더의 SQLite 데이터베이스를 준비합니다.',
      },
    },
    {
      words: 'migrate --database-url-file /run/secrets/database-url --master-keys /etc/bonin/master.keys',
      about: {
        en: 'In a job that runs before the nodes start:',
        ko: '서버를 시작하기 전에 실행하는 작업에서 씁니다.',
      },
    },
  ],

  async run(call) {
    const database = readDatabaseConfig('migrate', call);
    // A job whose files go away with it must not make the only key of a database that stays.
    if (database.databaseFile === null && !existsSync(database.masterKeys))
      throw new AppError('start_refused', {
        detail: say(COPY.migrate_no_keys, call.language, { file: database.masterKeys }),
      });
    const change = await migrateDatabase(
      database.databaseUrl,
      markDatabase(readServeKeys(database), 'serve'),
    );
    console.log(describe(change, call.language));
    return EXIT.ok;
  },
};

function describe({ from, to }: SchemaChange, language: Language): string {
  const sentence = from === 0 ? COPY.migrated_new : from === to ? COPY.migrated_already : COPY.migrated;
  return say(sentence, language, { from, to });
}
