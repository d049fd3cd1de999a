import { say } from '../config/language.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { writeBash, writeFish, writeZsh } from './completion-scripts.ts';
import { COPY } from './copy.ts';

const SHELLS = { bash: writeBash, zsh: writeZsh, fish: writeFish };

/** `bonin completion SHELL`: a script that completes commands and options, made of the table of commands. */
export const completion: Command = {
  name: 'completion',
  operands: ['bash|zsh|fish'],
  summary: {
    en: 'Prints a script that lets a shell complete commands, options and files.',
    ko: '셸에서 명령, 옵션, 파일 이름을 자동 완성하는 스크립트를 출력합니다.',
  },
  options: {},
  examples: [
    {
      words: 'completion bash > ~/.local/share/bash-completion/completions/bonin',
      about: {
        en: 'For bash, with the package bash-completion:',
        ko: 'bash에 설치합니다(bash-completion 패키지 필요).',
      },
    },
    {
      words: 'completion zsh > ~/.zfunc/_bonin',
      about: {
        en: 'For zsh, with fpath+=~/.zfunc before compinit in ~/.zshrc:',
        ko: 'zsh에 설치합니다. ~/.zshrc의 compinit 앞에 fpath+=~/.zfunc를 넣으세요.',
      },
    },
    {
      words: 'completion fish > ~/.config/fish/completions/bonin.fish',
      about: { en: 'For fish:', ko: 'fish에 설치합니다.' },
    },
  ],

  async run({ operands, language, loadCommands }) {
    const [shell = ''] = operands;
    const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined;
    if (write === undefined) {
      const values = { name: JSON.stringify(shell), shells: Object.keys(SHELLS).join(', ') };
      throw new UsageError([say(COPY.shell_unknown, language, values)]);
    }
    process.stdout.write(write(await loadCommands(), language));
    return EXIT.ok;
  },
};
