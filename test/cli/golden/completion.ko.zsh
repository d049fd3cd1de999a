#compdef bonin
_bonin() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
      'dev:샌드박스를 시작합니다. 가상 인물이 있는 V1 API를 오프라인으로 제공합니다.'
      'serve:운영 서버를 시작해 인증기관을 통해 본인인증을 처리하고 인증결과 조회에 응답합니다.'
      'migrate:운영 서버의 데이터베이스를 만들거나 스키마를 올리고 끝냅니다.'
      'health:이 기기의 서버가 요청을 받을 수 있는지 확인합니다. 종료 코드는 받을 수 있으면 0, 아니면 1입니다.'
      'doctor:serve에 필요한 것을 모두 점검하고 고치는 방법을 알려 줍니다.'
      'merchants:운영 서버의 고객사를 나열하거나, JSON 파일의 고객사를 추가하고 수정합니다.'
      'channels:운영 서버의 채널을 나열하고, 하나씩 추가, 조회, 점검, 삭제합니다.'
      'lookup:실행 중인 서버에서 인증결과를 조회합니다. 개인정보는 가려서 보여 줍니다.'
      'token:실행 중인 서버의 액세스 토큰을 출력합니다.'
      'conformance:V1 서버를 규격의 사례와 하나씩 비교합니다.'
      'export:데이터베이스를 봉인된 파일로 내보내 옮길 수 있게 합니다. 중단되면 다시 실행해 이어서 합니다.'
      'import:내보낸 파일을 새 데이터베이스로 가져옵니다. 중단되면 다시 실행해 이어서 합니다.'
      'backup:사용 중인 SQLite 데이터베이스를 폴더에 백업합니다.'
      'restore:백업으로 새 데이터베이스를 만듭니다. 백업 파일이나, 가장 최근 백업을 찾을 폴더를 지정합니다.'
      'settings:모든 설정과 명령을 Markdown(영어)으로 출력합니다.'
      'completion:셸에서 명령, 옵션, 파일 이름을 자동 완성하는 스크립트를 출력합니다.'
      'version:버전을 출력합니다.'
      'help:명령의 옵션, 환경 변수, 예시를 보여 줍니다.'
    )
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
    dev)
      _arguments -s \
        '--port=[요청을 받을 포트. 0이면 비어 있는 포트를 고릅니다.]:NUMBER:' \
        '--host=[요청을 받을 주소. 다른 기기에서 접속할 수 있는 주소를 지정하면 dev의 제어 API가 모든 호스트 이름에 응답합니다.]:ADDRESS:' \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--memory[디스크에 아무것도 저장하지 않습니다.]' \
        '--seed=[샌드박스의 가상 인물 파일. 지정하지 않으면 내장된 파일을 씁니다.]:FILE:_files' \
        '--random-otp[123456 대신 무작위 인증번호를 보냅니다. 인증번호는 어느 쪽이든 문자함에서 볼 수 있습니다.]' \
        '--tls[localhost와 api, cdn, service.iamport.kr의 이름으로 HTTPS를 제공합니다. 호스트가 고정된 클라이언트와 프런트엔드에 씁니다. docs/clients.md를 참고하세요.]' \
        '--http-port=[--tls와 함께 쓰는 평문 HTTP 포트. http\://api.iamport.kr을 호출하는 코드에 씁니다. 0이면 비어 있는 포트를 고릅니다.]:NUMBER:' \
        '--json[시작 안내 대신 주소, API 키, 가맹점 식별코드를 JSON 한 줄로 출력합니다.]' \
        '--ready-file=[샌드박스가 응답할 수 있게 되면 같은 JSON 한 줄을 담아 만드는 파일. 종료하면 지웁니다.]:FILE:_files' \
        '--metrics=[Prometheus용 /metrics의 주소. 예\: 127.0.0.1\:9464, 모든 주소에서 받으려면 \:9464. 포트 0이면 비어 있는 포트를 고릅니다. 지정하지 않으면 아무것도 측정하지 않습니다.]:HOST\:PORT:' \
        '--base-path=[REST 경로 앞에 붙일 경로. 예\: /iamport]:PATH:' \
        '--public-url=[로드 밸런서나 프록시 뒤에서 브라우저가 접속하는 주소. 예\: https\://id.example.com. 지정하지 않으면 인증 화면의 주소를 요청의 Host 헤더로 만듭니다.]:ORIGIN:' \
        '--trusted-proxies=[클라이언트 주소를 알려 준다고 신뢰할 프록시의 주소와 대역. 쉼표로 구분합니다. 예\: 10.0.0.0/8,\:\:1. X-Forwarded-For(없으면 Forwarded)는 여기서 온 것만 읽습니다.]:ADDRESSES:' \
        '--max-connections=[프로세스마다 열어 둘 수 있는 연결 수. 넘치는 연결은 닫습니다. 느린 클라이언트는 그 절반까지만 차지할 수 있습니다.]:COUNT:' \
        '--log-level=[표준 오류로 남길 로그의 최저 수준\: debug, info, warn, error, silent.]:LEVEL:' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    serve)
      _arguments -s \
        '--port=[요청을 받을 포트. 0이면 비어 있는 포트를 고릅니다.]:NUMBER:' \
        '--host=[요청을 받을 주소. 다른 기기에서 접속할 수 있는 주소를 지정하면 dev의 제어 API가 모든 호스트 이름에 응답합니다.]:ADDRESS:' \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--metrics=[Prometheus용 /metrics의 주소. 예\: 127.0.0.1\:9464, 모든 주소에서 받으려면 \:9464. 포트 0이면 비어 있는 포트를 고릅니다. 지정하지 않으면 아무것도 측정하지 않습니다.]:HOST\:PORT:' \
        '--base-path=[REST 경로 앞에 붙일 경로. 예\: /iamport]:PATH:' \
        '--public-url=[로드 밸런서나 프록시 뒤에서 브라우저가 접속하는 주소. 예\: https\://id.example.com. 지정하지 않으면 인증 화면의 주소를 요청의 Host 헤더로 만듭니다.]:ORIGIN:' \
        '--trusted-proxies=[클라이언트 주소를 알려 준다고 신뢰할 프록시의 주소와 대역. 쉼표로 구분합니다. 예\: 10.0.0.0/8,\:\:1. X-Forwarded-For(없으면 Forwarded)는 여기서 온 것만 읽습니다.]:ADDRESSES:' \
        '--max-connections=[프로세스마다 열어 둘 수 있는 연결 수. 넘치는 연결은 닫습니다. 느린 클라이언트는 그 절반까지만 차지할 수 있습니다.]:COUNT:' \
        '--cors-origins=[응답을 읽어도 되는 페이지의 오리진. 쉼표로 구분합니다. 예\: https\://shop.example. 브라우저 스크립트에는 필요 없습니다.]:ORIGINS:' \
        '--limit-phone=[고객사 하나가 전화번호 하나에 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--limit-phone-everywhere=[모든 고객사가 합쳐서 전화번호 하나에 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--limit-merchant=[고객사 하나가 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--limit-address=[클라이언트 주소 하나(브라우저 또는 고객사 서버)가 요청할 수 있는 인증번호 수와 인증 화면 시작 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--keep-unverified=[성공하지 못한 본인인증을 지우기 전까지 조회할 수 있는 일수. 입력한 개인정보는 바로 지웁니다.]:DAYS:' \
        '--keep-opened=[한 번 연 인증결과를 메모리에 둘 수 있는 초. 조회가 빨라집니다. 0이면 조회할 때마다 새로 엽니다.]:SECONDS:' \
        '--workers=[같은 포트로 요청을 받는 프로세스 수. auto면 프로세서마다 하나씩 띄웁니다.]:COUNT:' \
        '--log-level=[표준 오류로 남길 로그의 최저 수준\: debug, info, warn, error, silent.]:LEVEL:' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    migrate)
      _arguments -s \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    health)
      _arguments -s \
        '--port=[요청을 받을 포트. 0이면 비어 있는 포트를 고릅니다.]:NUMBER:' \
        '--host=[요청을 받을 주소. 다른 기기에서 접속할 수 있는 주소를 지정하면 dev의 제어 API가 모든 호스트 이름에 응답합니다.]:ADDRESS:' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    doctor)
      _arguments -s \
        '--json[점검 결과를 JSON 한 줄로 출력합니다.]' \
        '--port=[요청을 받을 포트. 0이면 비어 있는 포트를 고릅니다.]:NUMBER:' \
        '--host=[요청을 받을 주소. 다른 기기에서 접속할 수 있는 주소를 지정하면 dev의 제어 API가 모든 호스트 이름에 응답합니다.]:ADDRESS:' \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--metrics=[Prometheus용 /metrics의 주소. 예\: 127.0.0.1\:9464, 모든 주소에서 받으려면 \:9464. 포트 0이면 비어 있는 포트를 고릅니다. 지정하지 않으면 아무것도 측정하지 않습니다.]:HOST\:PORT:' \
        '--base-path=[REST 경로 앞에 붙일 경로. 예\: /iamport]:PATH:' \
        '--public-url=[로드 밸런서나 프록시 뒤에서 브라우저가 접속하는 주소. 예\: https\://id.example.com. 지정하지 않으면 인증 화면의 주소를 요청의 Host 헤더로 만듭니다.]:ORIGIN:' \
        '--trusted-proxies=[클라이언트 주소를 알려 준다고 신뢰할 프록시의 주소와 대역. 쉼표로 구분합니다. 예\: 10.0.0.0/8,\:\:1. X-Forwarded-For(없으면 Forwarded)는 여기서 온 것만 읽습니다.]:ADDRESSES:' \
        '--max-connections=[프로세스마다 열어 둘 수 있는 연결 수. 넘치는 연결은 닫습니다. 느린 클라이언트는 그 절반까지만 차지할 수 있습니다.]:COUNT:' \
        '--cors-origins=[응답을 읽어도 되는 페이지의 오리진. 쉼표로 구분합니다. 예\: https\://shop.example. 브라우저 스크립트에는 필요 없습니다.]:ORIGINS:' \
        '--limit-phone=[고객사 하나가 전화번호 하나에 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--limit-phone-everywhere=[모든 고객사가 합쳐서 전화번호 하나에 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--limit-merchant=[고객사 하나가 보낼 수 있는 인증번호 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--limit-address=[클라이언트 주소 하나(브라우저 또는 고객사 서버)가 요청할 수 있는 인증번호 수와 인증 화면 시작 수. 횟수/초로 쓰고 쉼표로 구분합니다.]:LIMITS:' \
        '--keep-unverified=[성공하지 못한 본인인증을 지우기 전까지 조회할 수 있는 일수. 입력한 개인정보는 바로 지웁니다.]:DAYS:' \
        '--keep-opened=[한 번 연 인증결과를 메모리에 둘 수 있는 초. 조회가 빨라집니다. 0이면 조회할 때마다 새로 엽니다.]:SECONDS:' \
        '--workers=[같은 포트로 요청을 받는 프로세스 수. auto면 프로세서마다 하나씩 띄웁니다.]:COUNT:' \
        '--log-level=[표준 오류로 남길 로그의 최저 수준\: debug, info, warn, error, silent.]:LEVEL:' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    merchants)
      _arguments -s \
        '--revoke=[API 키를 폐기하고 그 액세스 토큰을 바로 끝냅니다. 되돌릴 수 없습니다.]:IMP_KEY:' \
        '--disable=[고객사를 정지하고 모든 액세스 토큰을 바로 끝냅니다.]:USER_CODE:' \
        '--enable=[정지한 고객사를 다시 사용합니다.]:USER_CODE:' \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:list|new|FILE: _alternative "words:word:(list new)" "files:file:_files"' \
        '2:NEW_FILE:_files'
      ;;
    channels)
      _arguments -s \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:list|add|show|test|remove: _alternative "words:word:(list add show test remove)" "files:file:_files"' \
        '2:CHANNEL_KEY|USER_CODE:_files' \
        '3:FILE:_files'
      ;;
    lookup)
      _arguments -s \
        '--url=[서버 주소. 기본 경로(base path)까지 씁니다.]:URL:' \
        '--raw[개인정보를 가리지 않고 응답을 그대로 출력합니다.]' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:IMP_UID:'
      ;;
    token)
      _arguments -s \
        '--url=[서버 주소. 기본 경로(base path)까지 씁니다.]:URL:' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    conformance)
      _arguments -s \
        '--url=[서버 주소. 기본 경로(base path)까지 씁니다.]:URL:' \
        '--key=[사용할 imp_key. 같은 기기의 다른 사용자에게 보이지 않는 환경 변수를 권합니다.]:IMP_KEY:' \
        '--secret=[사용할 imp_secret. 환경 변수를 권합니다.]:IMP_SECRET:' \
        '--writes[가상 인물에게 인증번호를 보내거나 인증을 확인하고 삭제하는 사례도 실행합니다.]' \
        '--report=[사례별 결과를 JSON으로 FILE에 씁니다.]:FILE:_files' \
        '--pause=[사례 사이에 쉬는 시간(밀리초).]:MS:' \
        '--allow-remote[이 기기가 아닌 호스트도 허용합니다.]' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    export)
      _arguments -s \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:FILE:_files'
      ;;
    import)
      _arguments -s \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:FILE:_files'
      ;;
    backup)
      _arguments -s \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:FOLDER:_files -/'
      ;;
    restore)
      _arguments -s \
        '--data=[데이터베이스와 마스터 키를 둘 폴더. dev --tls에서는 인증 기관(CA) 파일도 둡니다.]:FOLDER:_files -/' \
        '--database-url=[데이터 폴더의 파일 대신 쓸 데이터베이스. 예\: postgres\://USER\:PASSWORD@HOST/DATABASE, sqlite\:FILE. 옵션은 같은 기기의 다른 사용자에게 보이므로 비밀번호는 환경 변수나 PGPASSWORD에 넣으세요.]:URL:' \
        '--database-url-file=[데이터베이스 URL을 담은 파일. Docker, Kubernetes, systemd의 시크릿 등에 씁니다.]:FILE:_files' \
        '--master-keys=[마스터 키 파일. 데이터와 따로 보관할 때 지정합니다. 지정하지 않으면 데이터 폴더의 master.keys입니다. 데이터베이스를 새로 만들 때 함께 만듭니다.]:FILE:_files' \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:FROM:_files'
      ;;
    settings)
      _arguments -s \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    completion)
      _arguments -s \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]' \
        '1:bash|zsh|fish:(bash zsh fish)'
      ;;
    version)
      _arguments -s \
        '--help[명령의 옵션, 환경 변수, 예시를 보여 줍니다.]'
      ;;
    help)
      (( CURRENT == 2 )) && compadd dev serve migrate health doctor merchants channels lookup token conformance export import backup restore settings completion version
      ;;
  esac
}
# Sourced, it registers itself; as a file of fpath, it is the body of the function.
if [[ $funcstack[1] == _bonin ]]; then _bonin "$@"; else compdef _bonin bonin; fi
