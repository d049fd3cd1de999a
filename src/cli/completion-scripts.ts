import type { Language } from '../config/language.ts';
import type { Command, CommandOption } from './command.ts';
import { COPY } from './copy.ts';

/*
 * Scripts for shells. They hold all names, so that a shell starts no process for a completion. Names of commands and
 * options are made of letters, digits and hyphens: only texts need quoting.
 */

/** What completes a value: names of files, of folders, or nothing. */
type ValueKind = 'file' | 'folder' | 'text';

function kindOf(value: string | null): ValueKind {
  if (value === 'FOLDER') return 'folder';
  return /(?:^|_)(?:FILE|FROM)$/.test(value ?? '') ? 'file' : 'text';
}

interface Operands {
  /** Words of the first operand that are typed as they are. */
  readonly words: readonly string[];
  /** What completes any operand. */
  readonly kind: ValueKind;
}

/** Reads the notation of operands, as in `[list|new|FILE]`. */
function readOperands({ operands }: Command): Operands {
  const [first = [], ...more] = operands.map((operand) => operand.replace(/^\[|\]$/g, '').split('|'));
  const kinds = [first, ...more].flat().map(kindOf);
  return {
    words: first.filter((word) => word === word.toLowerCase()),
    kind: kinds.find((kind) => kind !== 'text') ?? 'text',
  };
}

const withValue = (command: Command, kind: ValueKind): readonly string[] =>
  Object.entries(command.options)
    .filter(([, option]) => option.value !== null && kindOf(option.value) === kind)
    .map(([flag]) => `--${flag}`);

/** For bash 4 and later, without the package bash-completion. */
export function writeBash(commands: readonly Command[]): string {
  const names = [...commands.map(({ name }) => name), 'help'].join(' ');
  const cases = commands.map((command) => {
    const { words, kind } = readOperands(command);
    const flags = [...Object.keys(command.options), 'help'].map((flag) => `--${flag}`).join(' ');
    const values = (['file', 'folder', 'text'] as const).flatMap((each) => {
      const found = withValue(command, each);
      return found.length === 0 ? [] : [`        ${found.join('|')}) values=${each} ;;`];
    });
    return [
      `    ${command.name})`,
      `      flags='${flags}' words='${words.join(' ')}' operands=${kind}`,
      ...(values.length === 0 ? [] : ['      case $before in', ...values, '      esac']),
      '      ;;',
    ].join('\n');
  });
  return `# bash completion for bonin
_bonin() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} flags= words= operands=text values=
  COMPREPLY=()
  # Bash takes an equals sign as a word of its own.
  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W '${names} --help --version' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    help) words='${commands.map(({ name }) => name).join(' ')}' ;;
  esac
  if [[ -z $values && $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
    return
  fi
  local IFS=$'\\n'
  case \${values:-$operands} in
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word")) ;;
    folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word")) ;;
  esac
  if [[ -z $values && $COMP_CWORD -eq 2 ]]; then
    IFS=$' \\n'
    COMPREPLY+=($(compgen -W "$words" -- "$word"))
  fi
}
complete -F _bonin bonin
`;
}

/** For zsh 5: a file \`_bonin\` in a folder of \`fpath\`. */
export function writeZsh(commands: readonly Command[], language: Language): string {
  const actions: Readonly<Record<ValueKind, string>> = { file: '_files', folder: '_files -/', text: '' };
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  // Brackets and colons divide the parts of a description of an option.
  const escaped = (text: string) => text.replace(/[\\[\]:]/g, '\\$&');
  const list = [
    ...commands.map(({ name, summary }) => [name, summary[language]] as const),
    ['help', COPY.help_summary[language]] as const,
  ].map(([name, text]) => `      ${quote(`${name}:${escaped(text)}`)}`);
  const describe = (flag: string, { value, about }: CommandOption) => {
    const takes = value === null ? '' : `:${escaped(value)}:${actions[kindOf(value)]}`;
    return `        ${quote(`--${flag}${value === null ? '' : '='}[${escaped(about[language])}]${takes}`)}`;
  };
  const cases = commands.map((command) => {
    const { words, kind } = readOperands(command);
    const files = actions[kind];
    const first =
      words.length === 0
        ? files
        : files === ''
          ? `(${words.join(' ')})`
          : // The blank in front keeps _arguments from adding arguments of its own.
            ` _alternative "words:word:(${words.join(' ')})" "files:file:${files}"`;
    const rows = [
      ...Object.entries(command.options).map(([flag, option]) => describe(flag, option)),
      `        ${quote(`--help[${escaped(COPY.help_summary[language])}]`)}`,
      ...command.operands.map((operand, at) => {
        const name = escaped(operand.replace(/^\[|\]$/g, ''));
        return `        ${quote(`${at + 1}:${name}:${at === 0 ? first : actions[kind]}`)}`;
      }),
    ];
    return `    ${command.name})\n      _arguments -s \\\n${rows.join(' \\\n')}\n      ;;`;
  });
  return `#compdef bonin
_bonin() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
${list.join('\n')}
    )
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join('\n')}
    help)
      (( CURRENT == 2 )) && compadd ${commands.map(({ name }) => name).join(' ')}
      ;;
  esac
}
# Sourced, it registers itself; as a file of fpath, it is the body of the function.
if [[ $funcstack[1] == _bonin ]]; then _bonin "$@"; else compdef _bonin bonin; fi
`;
}

/** For fish 3. */
export function writeFish(commands: readonly Command[], language: Language): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const files: Readonly<Record<ValueKind, string>> = {
    file: ' -r -F',
    folder: " -x -a '(__fish_complete_directories)'",
    text: ' -x',
  };
  const lines = [
    '# fish completion for bonin',
    'function __bonin_is',
    '  set -l words (commandline -opc)',
    '  test (count $words) -ge 2; and test $words[2] = $argv[1]',
    'end',
    'function __bonin_words',
    '  test (count (commandline -opc)) -eq $argv[1]',
    'end',
    'complete -c bonin -f',
  ];
  const summaries = [
    ...commands.map(({ name, summary }) => [name, summary[language]] as const),
    ['help', COPY.help_summary[language]] as const,
  ];
  for (const [name, text] of summaries)
    lines.push(`complete -c bonin -n '__bonin_words 1' -a ${name} -d ${quote(text)}`);
  for (const command of commands) {
    const here = `complete -c bonin -n ${quote(`__bonin_is ${command.name}`)}`;
    const next = `complete -c bonin -n ${quote(`__bonin_is ${command.name}; and __bonin_words 2`)}`;
    const { words, kind } = readOperands(command);
    if (words.length > 0) lines.push(`${next} -a ${quote(words.join(' '))}`);
    if (kind === 'file') lines.push(`${here} -F`);
    if (kind === 'folder') lines.push(`${here} -a '(__fish_complete_directories)'`);
    for (const [flag, { value, about }] of Object.entries(command.options))
      lines.push(
        `${here} -l ${flag}${value === null ? '' : files[kindOf(value)]} -d ${quote(about[language])}`,
      );
  }
  lines.push(
    `complete -c bonin -n '__bonin_is help; and __bonin_words 2' -a ${quote(commands.map(({ name }) => name).join(' '))}`,
  );
  return `${lines.join('\n')}\n`;
}
