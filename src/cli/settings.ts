import { COMMANDS, SETTINGS, settingsOf } from '../config/settings.ts';
import { type Command, EXIT } from './command.ts';

/** `bonin settings`: every setting as a Markdown table; `docs/configuration.md` is its output. */
export const settings: Command = {
  operands: [],
  summary: 'Prints every setting as a Markdown table.',
  options: {},

  async run() {
    console.log('# Configuration\n');
    console.log(
      'Made by `npm run docs` from `src/config/settings.ts`. An option wins over its environment variable. A command takes the settings that name it, and leaves the variables of the others unread. An empty variable is the same as none, blanks and line ends around a value do not count, quotation marks around it are refused, and a name that begins with `BONIN_` and that no command reads is warned of.\n',
    );
    console.log(
      '| option | environment | commands | default | what it is |\n| --- | --- | --- | --- | --- |',
    );
    for (const { flag, env, value, about, commands } of Object.values(SETTINGS)) {
      const option = `--${flag}${value === null ? '' : ` ${value}`}`;
      console.log(
        `| \`${option}\` | \`${env}\` | ${commands.join(', ')} | ${describeDefault(env)} | ${about} |`,
      );
    }
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
