import { SETTINGS } from '../config.ts';
import { type Command, EXIT } from './command.ts';

/** `bonin settings`: every setting as a Markdown table; `docs/configuration.md` is its output. */
export const settings: Command = {
  operands: [],
  summary: 'Prints every setting as a Markdown table.',
  options: {},

  async run() {
    console.log('# Configuration\n');
    console.log(
      'Made by `npm run docs` from `src/config.ts`. An option wins over its environment variable.\n',
    );
    console.log('| option | environment | default | what it is |\n| --- | --- | --- | --- |');
    for (const { flag, env, value, fallback, about } of Object.values(SETTINGS)) {
      const shown = fallback === null || fallback === '' ? '' : `\`${fallback}\``;
      console.log(`| \`--${flag}${value === null ? '' : ` ${value}`}\` | \`${env}\` | ${shown} | ${about} |`);
    }
    return EXIT.ok;
  },
};
