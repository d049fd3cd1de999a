import type { Sentence } from '../../config/language.ts';

/** What checks find. What they check, and how it is mended, stands in the table. */
export const CHECK_COPY = {
  after: {
    en: 'not checked, because it needs: {ids}',
    ko: '먼저 해결해야 할 항목이 있어 점검하지 않았습니다: {ids}',
  },

  runtime_ok: { en: 'Node {found}, SQLite {sqlite}', ko: 'Node {found}, SQLite {sqlite}' },
  runtime_old: {
    en: 'Node {needed} is needed, and this is {found}',
    ko: 'Node {needed} 이상이 필요합니다. 현재 버전은 {found}입니다',
  },
  settings_ok: { en: 'all values are valid', ko: '모든 값이 올바릅니다' },
  folder_ok: { en: '{folders}', ko: '{folders}' },
  folder_new: {
    en: '{folder} is not there yet; the first start makes it',
    ko: '{folder}: 아직 없는 폴더입니다. 처음 시작할 때 만듭니다',
  },
  folder_unwritable: {
    en: '{folder}: this user may not write to it',
    ko: '{folder}: 이 사용자에게 쓰기 권한이 없습니다',
  },
  folder_no_folder: { en: '{folder}: is not a folder', ko: '{folder}: 폴더가 아닙니다' },
  keys_ok: {
    en: '{file}: {count} keys, the newest has the number {id}',
    ko: '{file}: 키 {count}개, 최신 키 번호 {id}',
  },
  keys_new: {
    en: '{file} is not there yet; the first start makes it',
    ko: '{file}: 아직 없는 파일입니다. 처음 시작할 때 만듭니다',
  },
  database_ok: { en: 'can be opened, and its schema is up to date', ko: '열 수 있고 스키마가 최신입니다' },
  database_new: {
    en: 'is not there yet; the first start makes it',
    ko: '아직 없습니다. 처음 시작할 때 만듭니다',
  },
  database_steps: {
    en: 'can be opened; the next start runs {count} steps of the schema',
    ko: '열 수 있습니다. 다음에 시작할 때 스키마를 {count}단계 올립니다',
  },
  clock_ok: { en: 'agrees with the database', ko: '데이터베이스의 시각과 같습니다' },
  clock_own: {
    en: 'database and Bonin use the clock of this machine',
    ko: '데이터베이스와 Bonin이 이 기기의 시계를 함께 씁니다',
  },
  clock_apart: {
    en: 'the clock of the database is {seconds} s away from that of this machine',
    ko: '데이터베이스의 시계가 이 기기의 시계와 {seconds}초 다릅니다',
  },
  clock_behind: {
    en: 'is earlier than the moment at which the database was made ({at})',
    ko: '데이터베이스를 만든 시각({at})보다 이릅니다',
  },
  public_url_ok: { en: '{url}', ko: '{url}' },
  public_url_host: {
    en: 'not set: pages get the address of the Host header of a request',
    ko: '설정하지 않아 요청의 Host 헤더로 인증 화면의 주소를 만듭니다',
  },
  // The log has the same words.
  public_url_no_proxies: {
    en: 'a public URL is set and no trusted proxies: behind a proxy all clients count as one address',
    ko: '공개 주소는 있지만 신뢰할 프록시가 없습니다. 프록시 뒤의 모든 클라이언트가 한 주소로 계산됩니다',
  },
  public_url_proxies_only: {
    en: 'trusted proxies are set and no public URL: pages may get an address that browsers cannot reach',
    ko: '신뢰할 프록시는 있지만 공개 주소가 없습니다. 인증 화면의 주소에 브라우저가 접속하지 못할 수 있습니다',
  },
  public_url_plain: {
    en: 'the public URL is plain HTTP: what people type can be read on the way',
    ko: '공개 주소가 평문 HTTP라서 입력한 개인정보를 중간에서 읽을 수 있습니다',
  },
  tls_none: {
    en: 'nothing to check without an https public URL',
    ko: 'https 공개 주소가 없어 점검할 것이 없습니다',
  },
  tls_ok: {
    en: '{host}: the certificate is valid until {until}',
    ko: '{host}: 인증서가 {until}까지 유효합니다',
  },
  tls_soon: { en: '{host}: the certificate ends on {until}', ko: '{host}: 인증서가 {until}에 끝납니다' },
  tls_untrusted: {
    en: '{host}: browsers do not accept the certificate ({code})',
    ko: '{host}: 브라우저가 인증서를 받아들이지 않습니다 ({code})',
  },
  tls_unreachable: {
    en: '{host}: cannot be reached from here ({code})',
    ko: '{host}: 이 기기에서 접속할 수 없습니다 ({code})',
  },
  database_tls_ok: {
    en: 'nothing is sent over a network unprotected',
    ko: '보호되지 않은 채 네트워크로 보내는 것이 없습니다',
  },
  database_tls_off: {
    en: 'the connection to another machine is not encrypted (sslmode=disable)',
    ko: '다른 기기로의 연결이 암호화되지 않습니다 (sslmode=disable)',
  },
  database_tls_unchecked: {
    en: 'the server’s certificate is not checked (sslmode={mode})',
    ko: '서버의 인증서를 확인하지 않습니다 (sslmode={mode})',
  },
  channels_ok: { en: '{count} channels, all of them ready', ko: '채널 {count}개를 모두 쓸 수 있습니다' },
  channels_none: { en: 'there is no channel yet', ko: '아직 채널이 없습니다' },
  channels_unfinished: {
    en: 'channels that are not ready certify nobody',
    ko: '준비되지 않은 채널에서는 본인인증을 할 수 없습니다',
  },
} as const satisfies Record<string, Sentence>;
