import type { Sentence } from './language.ts';

/*
 * All texts about settings. The first table has what a setting is, for the help and the documentation; the second what
 * is wrong with a value. Sentences of the second never hold the value: it may be a secret.
 */

export const ABOUT = {
  port: {
    en: 'Port to listen on; 0 chooses a free one.',
    ko: '요청을 받을 포트. 0이면 비어 있는 포트를 고릅니다.',
  },
  host: {
    en: 'Address to listen on. If other machines can reach it, the control routes of dev answer requests with any host name.',
    ko: '요청을 받을 주소. 다른 기기에서 접속할 수 있는 주소를 지정하면 dev의 제어 API가 모든 호스트 이름에 응답합니다.',
  },
  data: {
    en: 'Folder for the database and its master key, and with dev --tls for the certificate authority.',
    ko: '데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.',
  },
  databaseUrl: {
    en: 'Database to use instead of the file in the data folder, as in postgres://USER:PASSWORD@HOST/DATABASE or sqlite:FILE. Other users of the machine can see options: put a password into the environment, or into PGPASSWORD.',
    ko: '데이터 폴더의 파일 대신 쓸 데이터베이스. 예: postgres://USER:PASSWORD@HOST/DATABASE, sqlite:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.',
  },
  databaseUrlFile: {
    en: 'File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.',
    ko: '데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.',
  },
  masterKeys: {
    en: 'File of the master keys, to keep them apart from the data. Without it: master.keys in the data folder. The file is created together with a new database.',
    ko: '마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.',
  },
  memory: { en: 'Keeps nothing on disk.', ko: '디스크에 아무것도 저장하지 않습니다.' },
  seed: {
    en: 'People file for the sandbox, instead of the built-in one.',
    ko: '샌드박스의 가상 인물 파일. 지정하지 않으면 내장된 파일을 씁니다.',
  },
  randomOtp: {
    en: 'Sends random codes instead of 123456; the inbox shows the codes in both cases.',
    ko: '123456 대신 무작위 인증번호를 보냅니다. 인증번호는 어느 쪽이든 문자함에서 볼 수 있습니다.',
  },
  tls: {
    en: 'Serves HTTPS as localhost and as api, cdn and service.iamport.kr, for clients and front ends with these fixed hosts; see docs/clients.md.',
    ko: 'localhost와 api, cdn, service.iamport.kr의 이름으로 HTTPS를 제공합니다. 호스트가 고정된 클라이언트와 프런트엔드에 씁니다. docs/clients.md를 참고하세요.',
  },
  httpPort: {
    en: 'With --tls: a second port with plain HTTP, for code that calls http://api.iamport.kr; 0 chooses a free one.',
    ko: '--tls와 함께 쓰는 평문 HTTP 포트. http://api.iamport.kr을 호출하는 코드에 씁니다. 0이면 비어 있는 포트를 고릅니다.',
  },
  json: {
    en: 'Prints one line of JSON with addresses, keys and user code instead of the greeting.',
    ko: '시작 안내 대신 주소, API 키, 가맹점 식별코드를 JSON 한 줄로 출력합니다.',
  },
  readyFile: {
    en: 'File that appears with the same line once the sandbox answers, and goes away when it stops.',
    ko: '샌드박스가 응답할 수 있게 되면 같은 JSON 한 줄을 담아 만드는 파일. 종료하면 지웁니다.',
  },
  metrics: {
    en: 'Address of /metrics for Prometheus, as in 127.0.0.1:9464, or :9464 on every address; port 0 chooses a free one. Without it nothing is measured.',
    ko: 'Prometheus용 /metrics의 주소. 예: 127.0.0.1:9464, 모든 주소에서 받으려면 :9464. 포트 0이면 비어 있는 포트를 고릅니다. 지정하지 않으면 아무것도 측정하지 않습니다.',
  },
  basePath: {
    en: 'Path in front of the REST routes, as in /iamport.',
    ko: 'REST 경로 앞에 붙일 경로. 예: /iamport',
  },
  publicUrl: {
    en: 'Address where browsers reach Bonin behind a balancer or proxy, as in https://id.example.com. Without it, the address of a verification page uses the Host header of the request.',
    ko: '로드 밸런서나 프록시 뒤에서 브라우저가 접속하는 주소. 예: https://id.example.com. 지정하지 않으면 인증 화면의 주소를 요청의 Host 헤더로 만듭니다.',
  },
  trustedProxies: {
    en: 'Addresses and blocks of proxies that are trusted to name the client, as in 10.0.0.0/8,::1, separated by commas. X-Forwarded-For (or, without it, Forwarded) is read only from these.',
    ko: '클라이언트 주소를 알려 준다고 신뢰할 프록시의 주소와 대역. 쉼표로 구분합니다. 예: 10.0.0.0/8,::1. X-Forwarded-For(없으면 Forwarded)는 여기서 온 것만 읽습니다.',
  },
  maxConnections: {
    en: 'Highest number of open connections of each process; further ones are closed. Slow clients may hold at most half of them.',
    ko: '프로세스마다 열어 둘 수 있는 연결 수. 넘치는 연결은 닫습니다. 느린 클라이언트는 그 절반까지만 차지할 수 있습니다.',
  },
  corsOrigins: {
    en: 'Origins whose pages may read answers, as in https://shop.example, separated by commas. The browser script does not need it.',
    ko: '응답을 읽어도 되는 페이지의 오리진. 쉼표로 구분합니다. 예: https://shop.example. 브라우저 스크립트에는 필요 없습니다.',
  },
  limitPhone: {
    en: 'How many codes one merchant may send to one phone number. Written as COUNT/SECONDS, separated by commas.',
    ko: '고객사 하나가 전화번호 하나에 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.',
  },
  limitPhoneEverywhere: {
    en: 'How many codes all merchants together may send to one phone number. Written as COUNT/SECONDS, separated by commas.',
    ko: '모든 고객사가 합쳐서 전화번호 하나에 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.',
  },
  limitMerchant: {
    en: 'How many codes one merchant may send. Written as COUNT/SECONDS, separated by commas.',
    ko: '고객사 하나가 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.',
  },
  limitAddress: {
    en: "How many codes and how many starts of the page one client address may request (of a browser or of a shop's server). Written as COUNT/SECONDS, separated by commas.",
    ko: '클라이언트 주소 하나(브라우저 또는 고객사 서버)가 요청할 수 있는 인증번호 수와 인증 화면 시작 수. 횟수/초로 쓰고 쉼표로 구분합니다.',
  },
  keepUnverified: {
    en: 'Days for which an unsuccessful certification can be looked up before it is deleted. What the person typed is deleted at once.',
    ko: '성공하지 못한 본인인증을 지우기 전까지 조회할 수 있는 일수. 입력한 개인정보는 바로 지웁니다.',
  },
  keepOpened: {
    en: 'Seconds for which the opened results of new and repeated lookups may stay in memory, which makes lookups faster; 0 opens each result anew.',
    ko: '한 번 연 인증결과를 메모리에 둘 수 있는 초. 조회가 빨라집니다. 0이면 조회할 때마다 새로 엽니다.',
  },
  workers: {
    en: 'Number of processes that serve the same port, or auto for one per processor.',
    ko: '같은 포트로 요청을 받는 프로세스 수. auto면 프로세서마다 하나씩 띄웁니다.',
  },
  logLevel: {
    en: 'Lowest level that is logged to standard error: {levels}.',
    ko: '표준 오류로 남길 로그의 최저 수준: {levels}.',
  },
} as const satisfies Record<string, Sentence>;

/** What is wrong with a value. The name of the option or variable stands in front, with a blank. */
export const PROBLEMS = {
  empty: { en: 'must not be empty', ko: '값이 비어 있습니다' },
  truth: { en: 'must be true or false', ko: '값은 true 또는 false여야 합니다' },
  port: { en: 'must be a number from 0 to 65535', ko: '값은 0부터 65535까지의 숫자여야 합니다' },
  limits: {
    en: 'must be COUNT/SECONDS separated by commas, as in 5/600,20/86400, with at most 86400 seconds',
    ko: '값은 횟수/초를 쉼표로 구분해 써야 하며 86400초를 넘을 수 없습니다. 예: 5/600,20/86400',
  },
  databaseUrl: {
    en: 'must be a URL that begins with sqlite:, postgres: or postgresql:',
    ko: '값은 sqlite:, postgres:, postgresql: 중 하나로 시작하는 URL이어야 합니다',
  },
  address: {
    en: 'must look like 127.0.0.1:9464, [::1]:9464 or :9464',
    ko: '값은 127.0.0.1:9464, [::1]:9464, :9464와 같은 형식이어야 합니다',
  },
  basePath: {
    en: 'must be empty or look like /iamport',
    ko: '값은 비어 있거나 /iamport와 같은 형식이어야 합니다',
  },
  origin: {
    en: 'must be an origin as in https://id.example.com',
    ko: '값은 https://id.example.com과 같은 오리진이어야 합니다',
  },
  blocks: {
    en: 'must be addresses or blocks as in 10.0.0.0/8, separated by commas',
    ko: '값은 10.0.0.0/8과 같은 주소나 대역을 쉼표로 구분해 써야 합니다',
  },
  count: {
    en: 'must be a number from 1 to 9999999',
    ko: '값은 1부터 9999999까지의 숫자여야 합니다',
  },
  origins: {
    en: 'must be origins as in https://shop.example, separated by commas',
    ko: '값은 https://shop.example과 같은 오리진을 쉼표로 구분해 써야 합니다',
  },
  days: {
    en: 'must be a number of days from 1 to 9999',
    ko: '값은 1부터 9999까지의 일수여야 합니다',
  },
  seconds: {
    en: 'must be a number of seconds from 0 to {most}',
    ko: '값은 0부터 {most}까지의 초여야 합니다',
  },
  workers: {
    en: 'must be a number from 1 to 999, or auto',
    ko: '값은 1부터 999까지의 숫자이거나 auto여야 합니다',
  },
  oneOf: { en: 'must be one of {names}', ko: '값은 다음 중 하나여야 합니다: {names}' },
  marks: {
    en: 'has quotation marks, which would be part of the value: remove them',
    ko: '값에 따옴표가 있습니다. 따옴표도 값이 되므로 지우세요',
  },
  controlCharacter: { en: 'holds a control character', ko: '값에 제어 문자가 있습니다' },
  kubernetesPort: {
    en: 'is what Kubernetes sets for a service called bonin: give the service another name, or set enableServiceLinks: false for the pod',
    ko: '값은 Kubernetes가 bonin이라는 서비스에 넣는 값입니다. 서비스 이름을 바꾸거나 pod에 enableServiceLinks: false를 설정하세요',
  },
} as const satisfies Record<string, Sentence>;

/** What is wrong with settings that are valid alone. */
export const CONTRADICTIONS = {
  memoryData: {
    en: '--memory and --data exclude each other',
    ko: '--memory와 --data는 함께 쓸 수 없습니다',
  },
  memoryDatabase: {
    en: '--memory and --database-url exclude each other',
    ko: '--memory와 --database-url은 함께 쓸 수 없습니다',
  },
  httpPort: {
    en: '--http-port goes with --tls only',
    ko: '--http-port는 --tls와 함께만 쓸 수 있습니다',
  },
  databaseUrlFile: {
    en: '--database-url and --database-url-file exclude each other',
    ko: '--database-url과 --database-url-file은 함께 쓸 수 없습니다',
  },
  healthPort: {
    en: '--port must be the port that the server listens on, not 0',
    ko: '--port 값은 0이 아니라 서버가 요청을 받는 포트여야 합니다',
  },
  longAddress: {
    en: '--public-url and --base-path together must have at most 90 bytes: agencies send people back to addresses of at most 128 bytes',
    ko: '--public-url과 --base-path는 합쳐서 90바이트 이하여야 합니다. 기관이 돌려보내는 주소는 128바이트까지입니다',
  },
  forgetfulness: {
    en: '--database-url must name a file or a server, not memory',
    ko: '--database-url 값은 메모리가 아니라 파일이나 서버여야 합니다',
  },
} as const satisfies Record<string, Sentence>;
