import type { Sentence } from '../config/language.ts';

/*
 * All texts that commands print, except what a command says about itself (in its own file), settings
 * (config/copy.ts) and the checks of a start (checks/). `{name}` stands for a value.
 */
export const COPY = {
  product: {
    en: 'Korean identity verification (본인인증), self-hosted',
    ko: '직접 설치해 쓰는 본인인증 서버',
  },
  usage: { en: 'Usage:', ko: '사용법:' },
  commands: { en: 'Commands', ko: '명령' },
  options: { en: 'Options', ko: '옵션' },
  variables: {
    en: 'Variables (an option wins over its variable)',
    ko: '환경 변수 (옵션이 환경 변수보다 우선합니다)',
  },
  general_variables: { en: 'Variables that every command reads', ko: '모든 명령이 읽는 환경 변수' },
  about_language: {
    en: 'Language of all texts: Korean for ko_KR.UTF-8 and the like, otherwise English.',
    ko: '출력 언어. ko_KR.UTF-8처럼 ko로 시작하면 한국어, 아니면 영어로 출력합니다.',
  },
  about_no_color: {
    en: 'Set to anything: no colours. Without it there are colours on a terminal only.',
    ko: '값이 있으면 색을 쓰지 않습니다. 값이 없어도 색은 터미널에서만 씁니다.',
  },
  examples: { en: 'Examples', ko: '예시' },
  preset: { en: 'Default: {preset}', ko: '기본값: {preset}' },
  help_summary: {
    en: 'Describes a command: its options, variables and examples.',
    ko: '명령의 옵션, 환경 변수, 예시를 보여 줍니다.',
  },
  example_dev: { en: 'Start the sandbox:', ko: '샌드박스를 시작합니다.' },
  example_help: { en: 'What the production server takes:', ko: '운영 서버의 옵션을 봅니다.' },
  exit_codes: {
    en: 'Exit codes: 0 done; 1 failed; 2 wrong arguments or settings; 3 what was named is not there.',
    ko: '종료 코드: 0 성공, 1 실패, 2 잘못된 인자나 설정, 3 지정한 대상이 없음',
  },

  no_command: {
    en: 'there is no command {name}; did you mean {nearest}?',
    ko: '{name} 명령은 없습니다. {nearest} 명령을 쓰려고 했나요?',
  },
  no_option: {
    en: 'there is no option {option}; did you mean {nearest}?',
    ko: '{option} 옵션은 없습니다. {nearest} 옵션을 쓰려고 했나요?',
  },
  no_variable: {
    en: 'there is no setting {name}; did you mean {nearest}?',
    ko: '{name} 설정은 없습니다. {nearest} 설정을 쓰려고 했나요?',
  },
  option_takes_none: { en: '{option} takes no value', ko: '{option} 옵션에는 값을 쓰지 않습니다' },
  option_needs_value: {
    en: '{option} needs a value: {value}',
    ko: '{option} 옵션에는 값이 필요합니다: {value}',
  },
  option_value_hyphen: {
    en: '{option} has no value before the next option; write {option}=VALUE for a value that begins with a hyphen',
    ko: '{option} 옵션의 값이 없습니다. 하이픈으로 시작하는 값은 {option}=VALUE로 쓰세요',
  },
  no_operand: {
    en: 'expected no operand, got {count}',
    ko: '인자를 쓰지 않는 명령인데 {count}개를 썼습니다',
  },
  operand_count: {
    en: 'expected {wanted}, got {count} operands',
    ko: '인자가 맞지 않습니다. 필요한 인자: {wanted}, 쓴 인자: {count}개',
  },
  an_operand: { en: 'an operand', ko: '인자' },
  control_character: {
    en: '{what} holds a control character; has the script Windows line ends?',
    ko: '{what} 값에 제어 문자가 있습니다. 스크립트의 줄 끝이 Windows 형식인지 확인하세요',
  },

  env_file: { en: 'settings', ko: '설정 파일' },
  env_line: {
    en: '{file}: line {line} is not NAME=VALUE and is left out',
    ko: '{file}: {line}번째 줄이 NAME=VALUE 형식이 아니어서 읽지 않습니다',
  },
  env_own_line: {
    en: '{file}: line {line} begins with BONIN_ and is not NAME=VALUE',
    ko: '{file}: {line}번째 줄이 BONIN_으로 시작하지만 NAME=VALUE 형식이 아닙니다',
  },
  env_unclosed: {
    en: '{file}: line {line} opens a quotation mark that nothing closes',
    ko: '{file}: {line}번째 줄에서 연 따옴표가 닫히지 않습니다',
  },
  env_unreadable: { en: 'not read: {reason}', ko: '읽지 않습니다: {reason}' },
  env_read: { en: '{file} sets {names}', ko: '{file}에서 읽은 설정: {names}' },

  dev_title: {
    en: 'Bonin dev — the sandbox (본인인증 샌드박스). Nobody here is real.',
    ko: 'Bonin dev — 본인인증 샌드박스. 여기의 사람은 모두 가상 인물입니다.',
  },
  dev_page: { en: 'page', ko: '화면' },
  dev_plain: { en: 'plain HTTP', ko: '평문 HTTP' },
  metrics: { en: 'metrics', ko: '지표' },
  dev_authority: { en: 'authority', ko: '인증 기관' },
  dev_first: { en: 'Get an access token, then look up:', ko: '액세스 토큰을 받아 인증결과를 조회합니다.' },
  dev_stop: { en: 'Ctrl+C stops.', ko: '끝내려면 Ctrl+C를 누르세요.' },
  dev_fixed_host: {
    en: 'For a client whose host is fixed:',
    ko: '호스트가 고정된 클라이언트에서는 이렇게 설정합니다.',
  },
  dev_port: {
    en: 'It calls port 443: start with --port 443.',
    ko: '이런 클라이언트는 443번 포트를 호출합니다. --port 443으로 시작하세요.',
  },
  dev_languages: { en: 'Other languages: docs/clients.md.', ko: '다른 언어는 docs/clients.md를 참고하세요.' },
  dev_folder_taken: {
    en: 'another bonin dev uses this folder; name another one with --data, or the database with --database-url to share it',
    ko: '다른 bonin dev가 이 폴더를 쓰고 있습니다. --data로 다른 폴더를 지정하거나, 함께 쓰려면 --database-url로 데이터베이스를 지정하세요',
  },

  serve_title: { en: 'Bonin serve — identity verification (본인인증)', ko: 'Bonin serve — 본인인증 서버' },
  serve_workers: { en: 'workers', ko: '프로세스' },
  serve_keys: { en: 'master keys', ko: '마스터 키' },
  serve_merchants: {
    en: 'bonin merchants FILE adds merchants.',
    ko: '고객사는 bonin merchants FILE로 추가합니다.',
  },
  key_made: {
    en: 'made the master key {file}; keep a copy elsewhere: without it nothing in the database can be opened',
    ko: '마스터 키 파일을 만들었습니다: {file}. 다른 곳에 사본을 보관하세요. 없으면 데이터베이스를 열 수 없습니다',
  },

  health_ready: { en: 'ready', ko: '준비됨' },
  health_answered: { en: '{url} answered {status}', ko: '{url}의 응답: {status}' },
  health_no_answer: { en: '{url} does not answer', ko: '{url}: 응답이 없습니다' },
  migrate_no_keys: {
    en: '{file}: is missing; for a database on a server, make it first (docs/operations.md, Master keys)',
    ko: '{file}: 파일이 없습니다. 서버의 데이터베이스라면 먼저 만드세요 (docs/operations.md, Master keys)',
  },
  migrated_new: {
    en: 'The database was created, with schema {to}.',
    ko: '데이터베이스를 만들었습니다. 스키마 {to}.',
  },
  migrated_already: {
    en: 'The database is up to date, with schema {to}.',
    ko: '데이터베이스가 이미 최신입니다. 스키마 {to}.',
  },
  migrated: {
    en: 'The database was updated from schema {from} to {to}.',
    ko: '데이터베이스의 스키마를 올렸습니다: {from} → {to}.',
  },

  merchants_one: {
    en: 'merchants takes one of list, new, FILE, --revoke, --disable and --enable at a time',
    ko: 'merchants에는 list, new, FILE, --revoke, --disable, --enable 중 하나만 쓸 수 있습니다',
  },
  merchants_new_only: {
    en: 'only merchants new takes a second operand',
    ko: '두 번째 인자는 merchants new에만 쓸 수 있습니다',
  },
  no_live_key: { en: 'there is no live key pair {name}', ko: '사용 중인 API 키가 아닙니다: {name}' },
  no_merchant: { en: 'there is no merchant {name}', ko: '등록되지 않은 고객사입니다: {name}' },
  revoked: {
    en: '{name} is revoked, and its token ended',
    ko: '{name}: API 키를 폐기하고 액세스 토큰을 끝냈습니다',
  },
  disabled: {
    en: '{name} is disabled, and its tokens ended',
    ko: '{name}: 고객사를 정지하고 액세스 토큰을 끝냈습니다',
  },
  enabled: { en: '{name} is enabled', ko: '{name}: 고객사를 다시 사용합니다' },
  no_merchants: {
    en: 'There is no merchant yet; bonin merchants FILE adds some.',
    ko: '아직 고객사가 없습니다. bonin merchants FILE로 추가하세요.',
  },
  listed_key: { en: 'key      {name}', ko: 'API 키  {name}' },
  listed_channel: { en: 'channel  {name}', ko: '채널    {name}' },
  disabled_since: { en: '  (disabled since {at})', ko: '  ({at}부터 정지)' },
  revoked_since: { en: '  (revoked since {at})', ko: '  ({at}에 폐기)' },
  brought: {
    en: '{code}  {name}  {keys} key pairs, {channels} channels',
    ko: '{code}  {name}  API 키 {keys}개, 채널 {channels}개',
  },
  key_left_out: {
    en: '  key {name} is not in the file and still works; --revoke {name} ends it',
    ko: '  API 키 {name}: 파일에 없지만 계속 쓸 수 있습니다. 폐기하려면 --revoke {name}',
  },
  readable_secrets: {
    en: '{file} holds secrets and may be read by others; run chmod 600 on it',
    ko: '{file}에는 시크릿이 있는데 다른 사용자가 읽을 수 있습니다. chmod 600을 실행하세요',
  },
  standard_input: { en: 'standard input', ko: '표준 입력' },
  template_exists: {
    en: '{file}: is there already, and stays as it is; name another file',
    ko: '{file}: 이미 있는 파일이라 그대로 두었습니다. 다른 파일을 지정하세요',
  },
  template_written: {
    en: 'Wrote {file} with a new key pair; only you can read it. Change name, page and channels, then:',
    ko: '새 API 키와 시크릿을 담은 파일을 만들었습니다: {file}. 본인만 읽을 수 있습니다. name, page, channels를 고친 뒤 실행하세요.',
  },
  template_name: { en: 'Shop', ko: '상점' },

  state_ok: { en: 'ok', ko: '정상' },
  state_warning: { en: 'warning', ko: '주의' },
  state_failed: { en: 'FAILED', ko: '실패' },
  state_skipped: { en: 'skipped', ko: '건너뜀' },
  mend: { en: 'To mend it:', ko: '해결 방법:' },
  checked: {
    en: '{failed} failed, {warnings} warnings, {skipped} skipped, {ok} ok',
    ko: '실패 {failed}, 주의 {warnings}, 건너뜀 {skipped}, 정상 {ok}',
  },

  url_wrong: { en: '--url must be an http or https URL', ko: '--url 값은 http 또는 https URL이어야 합니다' },
  key_missing: { en: 'BONIN_IMP_KEY must hold the imp_key', ko: 'BONIN_IMP_KEY에 imp_key를 넣으세요' },
  secret_missing: {
    en: 'BONIN_IMP_SECRET must hold the imp_secret',
    ko: 'BONIN_IMP_SECRET에 imp_secret을 넣으세요',
  },
  no_answer: {
    en: '{origin} does not answer; is the server running?',
    ko: '{origin} 서버가 응답하지 않습니다. 실행 중인지 확인하세요',
  },
  no_json: {
    en: '{origin} answered {status} and no JSON',
    ko: '{origin}의 응답({status})이 JSON이 아닙니다',
  },
  sample_pair: {
    en: 'this was the sample pair of the sandbox; BONIN_IMP_KEY and BONIN_IMP_SECRET name another one',
    ko: '샌드박스의 예시 API 키로 요청했습니다. 다른 키는 BONIN_IMP_KEY와 BONIN_IMP_SECRET에 넣으세요',
  },
  token_valid: { en: 'valid for {seconds} more seconds', ko: '{seconds}초 더 쓸 수 있습니다' },
  characters: { en: '({count} characters)', ko: '({count}자)' },
  hidden: { en: '(hidden)', ko: '(가림)' },

  remote: {
    en: '{host} is not this machine; use --allow-remote to ask it anyway',
    ko: '{host}: 이 기기가 아닌 서버입니다. 그래도 요청하려면 --allow-remote를 쓰세요',
  },
  pair_letters: {
    en: 'imp_key and imp_secret must be made of letters, digits, _ and -',
    ko: 'imp_key와 imp_secret은 영문자, 숫자, _, -로만 써야 합니다',
  },
  pause_wrong: { en: '--pause must be a number of milliseconds', ko: '--pause 값은 밀리초 숫자여야 합니다' },
  shell_unknown: {
    en: 'there is no completion for {name}; there is one for {shells}',
    ko: '{name} 셸의 자동 완성은 없습니다. {shells} 중에서 고르세요',
  },

  restored: {
    en: '{count} certifications restored from {copy}',
    ko: '{copy}에서 본인인증 {count}건을 복구했습니다',
  },
  restored_erased: {
    en: 'erased since the copy was made, and stay erased',
    ko: '건은 백업 뒤에 삭제되어 그대로 삭제합니다',
  },
  restored_changed: {
    en: 'certified or ended since the copy was made; they cannot be opened and are erased',
    ko: '건은 백업 뒤에 인증되거나 끝나서 열 수 없으므로 삭제합니다',
  },
  restored_expired: {
    en: 'open when the copy was made; they are expired',
    ko: '건은 백업할 때 진행 중이어서 만료로 처리합니다',
  },
  restored_later: {
    en: 'made after the copy; they are not in it',
    ko: '건은 백업 뒤에 생겨서 백업에 없습니다',
  },
  backed_up: { en: '{count} certifications in {copy}', ko: '{copy}에 본인인증 {count}건을 백업했습니다' },
  backup_salts: {
    en: 'Their salts are in {salts}, which holds those of the newest backup only.',
    ko: '솔트는 {salts}에 있습니다. 이 파일에는 가장 최근 백업의 솔트만 있습니다.',
  },
  imported_already: {
    en: 'This file was imported into this database already; nothing was done.',
    ko: '이미 이 데이터베이스로 가져온 파일이라 아무것도 하지 않았습니다.',
  },
} as const satisfies Record<string, Sentence>;
