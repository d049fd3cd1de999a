import { checkChannels } from './channels.ts';
import type { Check } from './check.ts';
import { checkDatabase, checkKeys, checkSettings } from './data.ts';
import { checkClock, checkFolders, checkRuntime } from './machine.ts';
import { checkDatabaseTls, checkPublicUrl, checkTls } from './reach.ts';

/** What `serve` needs, in the order in which it is checked: `doctor` reports all of it, `serve` refuses by it. */
export const CHECKS: readonly Check[] = [
  {
    id: 'runtime',
    what: { en: 'The version of Node', ko: 'Node 버전' },
    mend: {
      en: 'Install a Node version that is new enough. In a clone, npm ci installs one, and npm scripts find it.',
      ko: '필요한 버전 이상의 Node를 설치하세요. 저장소를 복제했다면 npm ci로 설치되며 npm 스크립트가 찾아 씁니다.',
    },
    atStart: 'refuses',
    needs: [],
    run: checkRuntime,
  },
  {
    id: 'settings',
    what: { en: 'Options and variables', ko: '옵션과 환경 변수' },
    mend: {
      en: 'Correct the option or variable that is named; bonin help serve says what each takes.',
      ko: '이름이 나온 옵션이나 환경 변수를 고치세요. 쓸 수 있는 값은 bonin help serve에서 볼 수 있습니다.',
    },
    // Wrong settings are wrong usage, which shows the help.
    atStart: null,
    needs: [],
    run: checkSettings,
  },
  {
    id: 'folder',
    what: { en: 'Rights of the folders for data and keys', ko: '데이터와 키 폴더의 권한' },
    mend: {
      en: 'Give the folder to the user that runs Bonin, and to nobody else: install -d -m 0700 -o USER FOLDER.',
      ko: '폴더를 Bonin을 실행하는 사용자만 쓸 수 있게 하세요: install -d -m 0700 -o USER FOLDER',
    },
    // Keys and database check the same when they are opened.
    atStart: null,
    needs: ['settings'],
    run: checkFolders,
  },
  {
    id: 'keys',
    what: { en: 'The file of the master keys', ko: '마스터 키 파일' },
    mend: {
      en: 'Put back the file that belongs to this database, from its copy, and run chmod 600 on it. Without it the data cannot be opened, and a new key does not help.',
      ko: '이 데이터베이스의 마스터 키 파일을 사본에서 되돌리고 chmod 600을 실행하세요. 이 파일이 없으면 데이터를 열 수 없으며 새 키로는 해결되지 않습니다.',
    },
    atStart: 'refuses',
    needs: ['settings', 'folder'],
    run: checkKeys,
  },
  {
    id: 'database',
    what: { en: 'The database', ko: '데이터베이스' },
    mend: {
      en: 'Start the database server, or correct --database-url and its user. A database of bonin dev, of another program or of other master keys needs a place of its own. Damaged files: bonin restore.',
      ko: '데이터베이스 서버를 시작하거나 --database-url과 사용자를 고치세요. bonin dev나 다른 프로그램, 다른 마스터 키의 데이터베이스라면 다른 위치를 지정하세요. 파일이 손상되었다면 bonin restore로 복구하세요.',
    },
    atStart: 'opening',
    needs: ['settings', 'folder', 'keys'],
    run: checkDatabase,
  },
  {
    id: 'database-tls',
    what: { en: 'The connection to the database', ko: '데이터베이스 연결의 암호화' },
    mend: {
      en: 'Use sslmode=verify-full, with sslrootcert=FILE for an authority of your own.',
      ko: 'sslmode=verify-full을 쓰세요. 자체 인증 기관이면 sslrootcert=FILE도 지정하세요.',
    },
    atStart: null,
    needs: ['settings'],
    run: checkDatabaseTls,
  },
  {
    id: 'clock',
    what: { en: 'The clock, against that of the database', ko: '시계(데이터베이스와 비교)' },
    mend: {
      en: 'Set the clocks of both machines from a time server, as with timedatectl set-ntp true.',
      ko: '두 기기의 시계를 시간 서버에 맞추세요. 예: timedatectl set-ntp true',
    },
    atStart: null,
    needs: ['database'],
    run: checkClock,
  },
  {
    id: 'public-url',
    what: { en: 'The address that browsers use', ko: '브라우저가 접속하는 주소' },
    mend: {
      en: 'Set --public-url to the https address of the proxy, and --trusted-proxies to the addresses from which the proxy calls.',
      ko: '--public-url에 프록시의 https 주소를, --trusted-proxies에 프록시가 호출하는 주소를 지정하세요.',
    },
    atStart: 'warns',
    needs: ['settings'],
    run: checkPublicUrl,
  },
  {
    id: 'tls',
    what: { en: 'The certificate at that address', ko: '그 주소의 TLS 인증서' },
    mend: {
      en: 'Renew the certificate at the proxy, with all intermediate ones, for the name in --public-url. If only this machine cannot reach the address, check it from another one.',
      ko: '프록시에서 --public-url의 이름으로 인증서를 갱신하고 중간 인증서까지 넣으세요. 이 기기에서만 접속할 수 없다면 다른 기기에서 확인하세요.',
    },
    atStart: null,
    needs: ['settings'],
    run: checkTls,
  },
  {
    id: 'channels',
    what: { en: 'The channels of all merchants', ko: '모든 고객사의 채널' },
    mend: {
      en: 'Correct adapter and settings in a file with the channel and run bonin channels add USER_CODE FILE; bonin channels list shows all channels.',
      ko: '채널 파일의 adapter와 settings를 고치고 bonin channels add USER_CODE FILE을 실행하세요. 모든 채널은 bonin channels list에서 볼 수 있습니다.',
    },
    atStart: 'warns',
    needs: ['database'],
    run: checkChannels,
  },
];
