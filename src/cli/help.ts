import { type Language, say } from '../config/language.ts';
import { beside, WIDTH, widthOf, wrap } from './columns.ts';
import type { Command, CommandOption } from './command.ts';
import { COPY } from './copy.ts';
import type { Paint } from './paint.ts';

/** Longest name that has its text on the same line. */
const WIDEST = 28;

/** The help of one command. */
export function describeCommand(command: Command, language: Language, paint: Paint): string {
  const { name, operands, summary, more, options, variables = [], examples } = command;
  const usage = ['bonin', name, ...operands, ...(Object.keys(options).length === 0 ? [] : ['[OPTIONS]'])];
  const rows = Object.entries(options).map(
    ([flag, option]) => [nameOption(flag, option), describeOption(option, language)] as const,
  );
  const read = [
    ...Object.entries(options).flatMap(([flag, { variable }]) =>
      variable === undefined ? [] : [[variable, `--${flag}`] as const],
    ),
    ...variables.map((variable) => [variable.name, variable.about[language]] as const),
  ];
  const parts = [
    `${paint.heading(COPY.usage[language])} ${usage.join(' ')}`,
    wrap(summary[language], WIDTH).join('\n'),
    more === undefined ? '' : wrap(more[language], WIDTH).join('\n'),
    section(COPY.options[language], table(rows, paint), paint),
    section(COPY.variables[language], table(read, paint), paint),
    section(
      COPY.examples[language],
      examples.flatMap(({ words, about }) => [
        ...wrap(about[language], WIDTH - 4).map((line) => `  ${line}`),
        `    ${paint.word(`bonin ${words}`)}`,
      ]),
      paint,
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The help without a command: all of them, each with its summary. */
export function describeCommands(
  commands: readonly Command[],
  version: string,
  language: Language,
  paint: Paint,
): string {
  const rows = [
    ...commands.map(
      ({ name, operands, summary }) => [[name, ...operands].join(' '), summary[language]] as const,
    ),
    ['help COMMAND', COPY.help_summary[language]] as const,
  ];
  return [
    `${paint.heading(`Bonin ${version}`)} — ${COPY.product[language]}`,
    `${paint.heading(COPY.usage[language])} bonin COMMAND [OPTIONS]`,
    section(COPY.commands[language], table(rows, paint), paint),
    section(
      COPY.examples[language],
      [
        ['dev', COPY.example_dev[language]],
        ['help serve', COPY.example_help[language]],
      ].flatMap(([words = '', about = '']) => [`  ${about}`, `    ${paint.word(`bonin ${words}`)}`]),
      paint,
    ),
    section(
      COPY.general_variables[language],
      table(
        [
          ['LC_ALL, LC_MESSAGES, LANG', COPY.about_language[language]],
          ['NO_COLOR', COPY.about_no_color[language]],
        ],
        paint,
      ),
      paint,
    ),
    COPY.exit_codes[language],
  ].join('\n\n');
}

function nameOption(flag: string, { value }: CommandOption): string {
  return `--${flag}${value === null ? '' : ` ${value}`}`;
}

function describeOption({ about, preset }: CommandOption, language: Language): string {
  return preset === undefined
    ? about[language]
    : `${about[language]} ${say(COPY.preset, language, { preset })}`;
}

function section(title: string, lines: readonly string[], paint: Paint): string {
  return lines.length === 0 ? '' : [paint.heading(title), ...lines].join('\n');
}

/** Names and texts in two columns. */
function table(rows: readonly (readonly [name: string, text: string])[], paint: Paint): readonly string[] {
  const widths = rows.map(([name]) => widthOf(name)).filter((width) => width <= WIDEST);
  const at = Math.max(0, ...widths) + 4;
  return rows.flatMap(([name, text]) => beside(name, text, { at, paint: paint.word }));
}
