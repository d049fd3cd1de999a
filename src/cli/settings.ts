import { COMMANDS, SETTINGS, settingsOf } from '../config/settings.ts';
import { type Command, EXIT } from './command.ts';

/** `bonin settings`: every setting as a Markdown table; `docs/configuration.md` is its output. */
export const settings: Command = {
  name: 'settings',
  operands: [],
  summary: {
    en: 'Prints every setting and every command as Markdown.',
    ko: '모든 설정과 명령을 Markdown(영어)으로 출력합니다.',
  },
  options: {},
  examples: [
    {
      words: 'settings',
      about: {
        en: 'All settings, in the terminal:',
        ko: '모든 설정을 터미널에 출력합니다.',
      },
    },
    {
      words: 'settings > configuration.md',
      about: {
        en: 'As a file:',
        ko: '파일로 저장합니다.',
      },
    },
  ],

  async run({ loadCommands }) {
    console.log('# Configuration\n');
    console.log(
      'Made by `npm run docs` from `src/config/settings.ts`. An option wins over its environment variable. A command takes the settings that name it, and leaves the variables of the others unread. An empty variable is the same as none, blanks and line ends around a value do not count, quotation marks around it are refused, and a name that begins with `BONIN_` and that no command reads is warned of. `bonin doctor` takes the settings of `serve`.\n\n`bonin dev` also reads the file `.env` in the working folder: the names that begin with `BONIN_`, and no others. A variable of the environment wins over it, even an empty one. Values may be in quotation marks, and over several lines within them; `#` begins a comment. The start lines name what was read. A line about a setting that is not `NAME=VALUE` is an error, with its number; any other such line is a warning. `bonin serve` never reads such a file. Texts are in Korean when `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set) begins with `ko`, otherwise in English; `NO_COLOR` switches colours off, which exist on terminals only.\n',
    );
    console.log(
      '| option | environment | commands | default | what it is |\n| --- | --- | --- | --- | --- |',
    );
    for (const { flag, env, value, about, commands } of Object.values(SETTINGS)) {
      const option = `--${flag}${value === null ? '' : ` ${value}`}`;
      console.log(
        `| \`${option}\` | \`${env}\` | ${commands.join(', ')} | ${describeDefault(env)} | ${about.en} |`,
      );
    }
    console.log('\n# Commands\n');
    console.log('`bonin help COMMAND` has options, variables and examples of each.\n');
    console.log('| command | what it does |\n| --- | --- |');
    for (const { name, operands, summary, more } of await loadCommands())
      console.log(
        `| \`${['bonin', name, ...operands].join(' ').replaceAll('|', '\\|')}\` | ${[summary.en, more?.en].filter(Boolean).join(' ')} |`,
      );
    return EXIT.ok;
  },
};

/** The default of a setting; where the commands differ, that of each. */
function describeDefault(env: string): string {
  const defaults = COMMANDS.flatMap((command) =>
    settingsOf(command)
      .filter((setting) => setting.env === env)
      .map(({ fallback }) => ({ command, text: String(fallback ?? '') })),
  );
  const texts = new Set(defaults.map(({ text }) => text));
  const [only = ''] = texts;
  if (texts.size === 1) return only === '' ? '' : `\`${only}\``;
  return defaults.map(({ command, text }) => `\`${text}\` (${command})`).join(', ');
}
