import { say } from '../config/language.ts';
import { backupDatabase } from '../storage/index.ts';
import { type Command, EXIT } from './command.ts';
import { COPY } from './copy.ts';
import { readDatabasePlace } from './database.ts';
import { format } from './progress.ts';
import { settingOptions } from './setting-options.ts';

/** `bonin backup FOLDER`: a dated copy, which is unreadable without the file of salts beside it. */
export const backup: Command = {
  name: 'backup',
  operands: ['FOLDER'],
  summary: {
    en: 'Copies an SQLite database into a folder while it is in use.',
    ko: '사용 중인 SQLite 데이터베이스를 폴더에 백업합니다.',
  },
  options: settingOptions('backup'),
  examples: [
    {
      words: 'backup /backup/bonin',
      about: {
        en: 'The database of the data folder .bonin:',
        ko: '데이터 폴더 .bonin의 데이터베이스를 백업합니다.',
      },
    },
    {
      words: 'backup /backup/bonin --data /var/lib/bonin --master-keys /etc/bonin/master.keys',
      about: {
        en: 'With the master keys in another place:',
        ko: '마스터 키를 다른 곳에 둔 경우입니다.',
      },
    },
  ],

  async run(call) {
    const [folder = ''] = call.operands;
    const { databaseUrl, masterKeys } = readDatabasePlace('backup', call);
    const { copy, salts, certifications } = await backupDatabase(databaseUrl, folder, masterKeys);
    console.log(say(COPY.backed_up, call.language, { count: format(certifications), copy }));
    console.log(say(COPY.backup_salts, call.language, { salts }));
    return EXIT.ok;
  },
};
