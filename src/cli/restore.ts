import { say } from '../config/language.ts';
import { restoreDatabase } from '../storage/index.ts';
import { type Command, EXIT } from './command.ts';
import { COPY } from './copy.ts';
import { readDatabasePlace } from './database.ts';
import { format } from './progress.ts';
import { settingOptions } from './setting-options.ts';

/** `bonin restore FOLDER|FILE`: creates a database from a copy and the salts beside it. */
export const restore: Command = {
  name: 'restore',
  operands: ['FROM'],
  summary: {
    en: 'Makes a new database from a backup: from a copy, or the newest one in a folder.',
    ko: '백업으로 새 데이터베이스를 만듭니다. 백업 파일이나, 가장 최근 백업을 찾을 폴더를 지정합니다.',
  },
  options: settingOptions('restore'),
  examples: [
    {
      words: 'restore /backup/bonin --data /var/lib/bonin-restored',
      about: {
        en: 'From the newest copy in a folder:',
        ko: '폴더의 가장 최근 백업으로 복구합니다.',
      },
    },
    {
      words: 'restore /backup/bonin/bonin-2026-01-01T03-00-00.000Z.db --data /var/lib/bonin-restored',
      about: {
        en: 'From one copy:',
        ko: '백업 파일 하나로 복구합니다.',
      },
    },
  ],

  async run(call) {
    const [from = ''] = call.operands;
    const { databaseUrl, masterKeys } = readDatabasePlace('restore', call);
    const restored = await restoreDatabase(from, databaseUrl, masterKeys());
    const { certifications, copy } = restored;
    console.log(say(COPY.restored, call.language, { count: format(certifications), copy }));
    for (const [count, what] of [
      [restored.erased, COPY.restored_erased],
      [restored.changed, COPY.restored_changed],
      [restored.expired, COPY.restored_expired],
      [restored.later, COPY.restored_later],
    ] as const)
      console.log(`${format(count).padStart(10)} ${what[call.language]}`);
    return EXIT.ok;
  },
};
