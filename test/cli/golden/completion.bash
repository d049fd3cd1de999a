# bash completion for bonin
_bonin() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flags= words= operands=text values=
  COMPREPLY=()
  # Bash takes an equals sign as a word of its own.
  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W 'dev serve migrate health doctor merchants channels lookup token conformance export import backup restore settings completion version help --help --version' -- "$word"))
    return
  fi
  case ${COMP_WORDS[1]} in
    dev)
      flags='--port --host --data --database-url --database-url-file --memory --seed --random-otp --tls --http-port --json --ready-file --metrics --base-path --public-url --trusted-proxies --max-connections --log-level --help' words='' operands=text
      case $before in
        --database-url-file|--seed|--ready-file) values=file ;;
        --data) values=folder ;;
        --port|--host|--database-url|--http-port|--metrics|--base-path|--public-url|--trusted-proxies|--max-connections|--log-level) values=text ;;
      esac
      ;;
    serve)
      flags='--port --host --data --database-url --database-url-file --master-keys --metrics --base-path --public-url --trusted-proxies --max-connections --cors-origins --limit-phone --limit-phone-everywhere --limit-merchant --limit-address --keep-unverified --keep-opened --workers --log-level --help' words='' operands=text
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --port|--host|--database-url|--metrics|--base-path|--public-url|--trusted-proxies|--max-connections|--cors-origins|--limit-phone|--limit-phone-everywhere|--limit-merchant|--limit-address|--keep-unverified|--keep-opened|--workers|--log-level) values=text ;;
      esac
      ;;
    migrate)
      flags='--data --database-url --database-url-file --master-keys --help' words='' operands=text
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --database-url) values=text ;;
      esac
      ;;
    health)
      flags='--port --host --help' words='' operands=text
      case $before in
        --port|--host) values=text ;;
      esac
      ;;
    doctor)
      flags='--json --port --host --data --database-url --database-url-file --master-keys --metrics --base-path --public-url --trusted-proxies --max-connections --cors-origins --limit-phone --limit-phone-everywhere --limit-merchant --limit-address --keep-unverified --keep-opened --workers --log-level --help' words='' operands=text
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --port|--host|--database-url|--metrics|--base-path|--public-url|--trusted-proxies|--max-connections|--cors-origins|--limit-phone|--limit-phone-everywhere|--limit-merchant|--limit-address|--keep-unverified|--keep-opened|--workers|--log-level) values=text ;;
      esac
      ;;
    merchants)
      flags='--revoke --disable --enable --data --database-url --database-url-file --master-keys --help' words='list new' operands=file
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --revoke|--disable|--enable|--database-url) values=text ;;
      esac
      ;;
    channels)
      flags='--data --database-url --database-url-file --master-keys --help' words='list add show test remove' operands=file
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --database-url) values=text ;;
      esac
      ;;
    lookup)
      flags='--url --raw --help' words='' operands=text
      case $before in
        --url) values=text ;;
      esac
      ;;
    token)
      flags='--url --help' words='' operands=text
      case $before in
        --url) values=text ;;
      esac
      ;;
    conformance)
      flags='--url --key --secret --writes --report --pause --allow-remote --help' words='' operands=text
      case $before in
        --report) values=file ;;
        --url|--key|--secret|--pause) values=text ;;
      esac
      ;;
    export)
      flags='--data --database-url --database-url-file --master-keys --help' words='' operands=file
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --database-url) values=text ;;
      esac
      ;;
    import)
      flags='--data --database-url --database-url-file --master-keys --help' words='' operands=file
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --database-url) values=text ;;
      esac
      ;;
    backup)
      flags='--data --database-url --database-url-file --master-keys --help' words='' operands=folder
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --database-url) values=text ;;
      esac
      ;;
    restore)
      flags='--data --database-url --database-url-file --master-keys --help' words='' operands=file
      case $before in
        --database-url-file|--master-keys) values=file ;;
        --data) values=folder ;;
        --database-url) values=text ;;
      esac
      ;;
    settings)
      flags='--help' words='' operands=text
      ;;
    completion)
      flags='--help' words='bash zsh fish' operands=text
      ;;
    version)
      flags='--help' words='' operands=text
      ;;
    help) words='dev serve migrate health doctor merchants channels lookup token conformance export import backup restore settings completion version' ;;
  esac
  if [[ -z $values && $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
    return
  fi
  local IFS=$'\n'
  case ${values:-$operands} in
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word")) ;;
    folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word")) ;;
  esac
  if [[ -z $values && $COMP_CWORD -eq 2 ]]; then
    IFS=$' \n'
    COMPREPLY+=($(compgen -W "$words" -- "$word"))
  fi
}
complete -F _bonin bonin
