#compdef bonin
_bonin() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
      'dev:Starts the sandbox\: the V1 API with invented people, offline.'
      'serve:Starts the production server\: it certifies people through agencies and answers lookups.'
      'migrate:Creates the database of serve, or updates its schema, and ends.'
      'health:Asks a server on this machine whether it is ready; exit code 0 if it is, 1 if not.'
      'doctor:Checks everything that serve needs, and says how to mend what is wrong.'
      'merchants:Lists the merchants of serve, or adds and updates those of a JSON file.'
      'channels:Lists the channels of serve; adds, shows, tests and removes one.'
      'lookup:Looks up a certification on a running server. Personal data is masked.'
      'token:Prints an access token of a running server.'
      'conformance:Compares any V1 server with the contract, case by case.'
      'export:Writes a database to a sealed file, to move it. Run it again to continue after an interruption.'
      'import:Imports an export into a new database. Run it again to continue after an interruption.'
      'backup:Copies an SQLite database into a folder while it is in use.'
      'restore:Makes a new database from a backup\: from a copy, or the newest one in a folder.'
      'settings:Prints every setting and every command as Markdown.'
      'completion:Prints a script that lets a shell complete commands, options and files.'
      'version:Prints the version.'
      'help:Describes a command\: its options, variables and examples.'
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
        '--port=[Port to listen on; 0 chooses a free one.]:NUMBER:' \
        '--host=[Address to listen on. If other machines can reach it, the control routes of dev answer requests with any host name.]:ADDRESS:' \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--memory[Keeps nothing on disk.]' \
        '--seed=[People file for the sandbox, instead of the built-in one.]:FILE:_files' \
        '--random-otp[Sends random codes instead of 123456; the inbox shows the codes in both cases.]' \
        '--tls[Serves HTTPS as localhost and as api, cdn and service.iamport.kr, for clients and front ends with these fixed hosts; see docs/clients.md.]' \
        '--http-port=[With --tls\: a second port with plain HTTP, for code that calls http\://api.iamport.kr; 0 chooses a free one.]:NUMBER:' \
        '--json[Prints one line of JSON with addresses, keys and user code instead of the greeting.]' \
        '--ready-file=[File that appears with the same line once the sandbox answers, and goes away when it stops.]:FILE:_files' \
        '--metrics=[Address of /metrics for Prometheus, as in 127.0.0.1\:9464, or \:9464 on every address; port 0 chooses a free one. Without it nothing is measured.]:HOST\:PORT:' \
        '--base-path=[Path in front of the REST routes, as in /iamport.]:PATH:' \
        '--public-url=[Address where browsers reach Bonin behind a balancer or proxy, as in https\://id.example.com. Without it, the address of a verification page uses the Host header of the request.]:ORIGIN:' \
        '--trusted-proxies=[Addresses and blocks of proxies that are trusted to name the client, as in 10.0.0.0/8,\:\:1, separated by commas. X-Forwarded-For (or, without it, Forwarded) is read only from these.]:ADDRESSES:' \
        '--max-connections=[Highest number of open connections of each process; further ones are closed. Slow clients may hold at most half of them.]:COUNT:' \
        '--log-level=[Lowest level that is logged to standard error\: debug, info, warn, error, silent.]:LEVEL:' \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    serve)
      _arguments -s \
        '--port=[Port to listen on; 0 chooses a free one.]:NUMBER:' \
        '--host=[Address to listen on. If other machines can reach it, the control routes of dev answer requests with any host name.]:ADDRESS:' \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--metrics=[Address of /metrics for Prometheus, as in 127.0.0.1\:9464, or \:9464 on every address; port 0 chooses a free one. Without it nothing is measured.]:HOST\:PORT:' \
        '--base-path=[Path in front of the REST routes, as in /iamport.]:PATH:' \
        '--public-url=[Address where browsers reach Bonin behind a balancer or proxy, as in https\://id.example.com. Without it, the address of a verification page uses the Host header of the request.]:ORIGIN:' \
        '--trusted-proxies=[Addresses and blocks of proxies that are trusted to name the client, as in 10.0.0.0/8,\:\:1, separated by commas. X-Forwarded-For (or, without it, Forwarded) is read only from these.]:ADDRESSES:' \
        '--max-connections=[Highest number of open connections of each process; further ones are closed. Slow clients may hold at most half of them.]:COUNT:' \
        '--cors-origins=[Origins whose pages may read answers, as in https\://shop.example, separated by commas. The browser script does not need it.]:ORIGINS:' \
        '--limit-phone=[How many codes one merchant may send to one phone number. Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--limit-phone-everywhere=[How many codes all merchants together may send to one phone number. Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--limit-merchant=[How many codes one merchant may send. Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--limit-address=[How many codes and how many starts of the page one client address may request (of a browser or of a shop'\''s server). Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--keep-unverified=[Days for which an unsuccessful certification can be looked up before it is deleted. What the person typed is deleted at once.]:DAYS:' \
        '--keep-opened=[Seconds for which the opened results of new and repeated lookups may stay in memory, which makes lookups faster; 0 opens each result anew.]:SECONDS:' \
        '--workers=[Number of processes that serve the same port, or auto for one per processor.]:COUNT:' \
        '--log-level=[Lowest level that is logged to standard error\: debug, info, warn, error, silent.]:LEVEL:' \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    migrate)
      _arguments -s \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    health)
      _arguments -s \
        '--port=[Port to listen on; 0 chooses a free one.]:NUMBER:' \
        '--host=[Address to listen on. If other machines can reach it, the control routes of dev answer requests with any host name.]:ADDRESS:' \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    doctor)
      _arguments -s \
        '--json[Prints the findings as one line of JSON.]' \
        '--port=[Port to listen on; 0 chooses a free one.]:NUMBER:' \
        '--host=[Address to listen on. If other machines can reach it, the control routes of dev answer requests with any host name.]:ADDRESS:' \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--metrics=[Address of /metrics for Prometheus, as in 127.0.0.1\:9464, or \:9464 on every address; port 0 chooses a free one. Without it nothing is measured.]:HOST\:PORT:' \
        '--base-path=[Path in front of the REST routes, as in /iamport.]:PATH:' \
        '--public-url=[Address where browsers reach Bonin behind a balancer or proxy, as in https\://id.example.com. Without it, the address of a verification page uses the Host header of the request.]:ORIGIN:' \
        '--trusted-proxies=[Addresses and blocks of proxies that are trusted to name the client, as in 10.0.0.0/8,\:\:1, separated by commas. X-Forwarded-For (or, without it, Forwarded) is read only from these.]:ADDRESSES:' \
        '--max-connections=[Highest number of open connections of each process; further ones are closed. Slow clients may hold at most half of them.]:COUNT:' \
        '--cors-origins=[Origins whose pages may read answers, as in https\://shop.example, separated by commas. The browser script does not need it.]:ORIGINS:' \
        '--limit-phone=[How many codes one merchant may send to one phone number. Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--limit-phone-everywhere=[How many codes all merchants together may send to one phone number. Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--limit-merchant=[How many codes one merchant may send. Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--limit-address=[How many codes and how many starts of the page one client address may request (of a browser or of a shop'\''s server). Written as COUNT/SECONDS, separated by commas.]:LIMITS:' \
        '--keep-unverified=[Days for which an unsuccessful certification can be looked up before it is deleted. What the person typed is deleted at once.]:DAYS:' \
        '--keep-opened=[Seconds for which the opened results of new and repeated lookups may stay in memory, which makes lookups faster; 0 opens each result anew.]:SECONDS:' \
        '--workers=[Number of processes that serve the same port, or auto for one per processor.]:COUNT:' \
        '--log-level=[Lowest level that is logged to standard error\: debug, info, warn, error, silent.]:LEVEL:' \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    merchants)
      _arguments -s \
        '--revoke=[Revokes a key pair for good and ends its access token at once.]:IMP_KEY:' \
        '--disable=[Disables a merchant and ends all its access tokens at once.]:USER_CODE:' \
        '--enable=[Enables a disabled merchant again.]:USER_CODE:' \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:list|new|FILE: _alternative "words:word:(list new)" "files:file:_files"' \
        '2:NEW_FILE:_files'
      ;;
    channels)
      _arguments -s \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:list|add|show|test|remove: _alternative "words:word:(list add show test remove)" "files:file:_files"' \
        '2:CHANNEL_KEY|USER_CODE:_files' \
        '3:FILE:_files'
      ;;
    lookup)
      _arguments -s \
        '--url=[Address of the server, including the base path.]:URL:' \
        '--raw[Prints the answer unchanged, without masking personal data.]' \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:IMP_UID:'
      ;;
    token)
      _arguments -s \
        '--url=[Address of the server, including the base path.]:URL:' \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    conformance)
      _arguments -s \
        '--url=[Address of the server, including the base path.]:URL:' \
        '--key=[The imp_key to use. Prefer the variable\: other users of the machine cannot see it.]:IMP_KEY:' \
        '--secret=[The imp_secret to use. Prefer the variable.]:IMP_SECRET:' \
        '--writes[Also runs the cases that may send an OTP to an invented person, confirm or delete.]' \
        '--report=[Writes the result of every case as JSON to FILE.]:FILE:_files' \
        '--pause=[Pause between two cases, in milliseconds.]:MS:' \
        '--allow-remote[Allows a host that is not this machine.]' \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    export)
      _arguments -s \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:FILE:_files'
      ;;
    import)
      _arguments -s \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:FILE:_files'
      ;;
    backup)
      _arguments -s \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:FOLDER:_files -/'
      ;;
    restore)
      _arguments -s \
        '--data=[Folder for the database and its master key, and with dev --tls for the certificate authority.]:FOLDER:_files -/' \
        '--database-url=[Database to use instead of the file in the data folder, as in postgres\://USER\:PASSWORD@HOST/DATABASE or sqlite\:FILE. Other users of the machine can see options\: put a password into the environment, or into PGPASSWORD.]:URL:' \
        '--database-url-file=[File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.]:FILE:_files' \
        '--master-keys=[File of the master keys, to keep them apart from the data. Without it\: master.keys in the data folder. The file is created together with a new database.]:FILE:_files' \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:FROM:_files'
      ;;
    settings)
      _arguments -s \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    completion)
      _arguments -s \
        '--help[Describes a command\: its options, variables and examples.]' \
        '1:bash|zsh|fish:(bash zsh fish)'
      ;;
    version)
      _arguments -s \
        '--help[Describes a command\: its options, variables and examples.]'
      ;;
    help)
      (( CURRENT == 2 )) && compadd dev serve migrate health doctor merchants channels lookup token conformance export import backup restore settings completion version
      ;;
  esac
}
# Sourced, it registers itself; as a file of fpath, it is the body of the function.
if [[ $funcstack[1] == _bonin ]]; then _bonin "$@"; else compdef _bonin bonin; fi
