import { type Language, say } from '../config/language.ts';
import { findNearestName } from '../validation/nearest-name.ts';
import { type Command, type CommandCall, toParseOptions, UsageError } from './command.ts';
import { COPY } from './copy.ts';

// An import statement would also load all lazy parts of `node:util` and make the start slower.
const { parseArgs } = process.getBuiltinModule('node:util');

type Words = Pick<CommandCall, 'operands' | 'options'>;

/** Reads what follows the name of a command. Throws a usage error with everything that is wrong. */
export function readWords(command: Command, words: readonly string[], language: Language): Words {
  // Not strict: the sentences of a strict one exist in English only, and it ends at the first mistake.
  const { tokens, values, positionals } = parseArgs({
    args: [...words],
    options: toParseOptions(command),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const problems: string[] = [];
  for (const token of tokens)
    if (token.kind === 'option') {
      const problem = findOptionProblem(token, command, language);
      if (problem !== null) problems.push(problem);
    }
  // The value of an unknown option would count as an operand.
  if (problems.length === 0) problems.push(...findOperandProblems(positionals, command, language));
  const options = values as Words['options'];
  problems.push(...findControlCharacters({ options, operands: positionals }, language));
  if (problems.length > 0) throw new UsageError(problems);
  return { operands: positionals, options };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function findOptionProblem(token: OptionToken, command: Command, language: Language): string | null {
  const { name, rawName, value, inlineValue } = token;
  const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
  if (option === undefined || !rawName.startsWith('--')) {
    const nearest = findNearestName(name, [...Object.keys(command.options), 'help']) ?? 'help';
    return say(COPY.no_option, language, { option: rawName, nearest: `--${nearest}` });
  }
  if (option.type === 'boolean')
    return value === undefined ? null : say(COPY.option_takes_none, language, { option: rawName });
  if (value === undefined)
    return say(COPY.option_needs_value, language, { option: rawName, value: option.value ?? '' });
  // `--data --memory` was meant otherwise; a value that begins with a hyphen goes behind an equals sign.
  return value.startsWith('-') && value !== '-' && inlineValue !== true
    ? say(COPY.option_value_hyphen, language, { option: rawName })
    : null;
}

function findOperandProblems(
  given: readonly string[],
  { operands }: Command,
  language: Language,
): readonly string[] {
  const least = operands.filter((operand) => !operand.startsWith('[')).length;
  if (given.length >= least && given.length <= operands.length) return [];
  const values = { wanted: operands.join(' '), count: given.length };
  return [say(operands.length === 0 ? COPY.no_operand : COPY.operand_count, language, values)];
}

/** A script with Windows line ends adds a CR to the last word of a line. */
function findControlCharacters({ options, operands }: Words, language: Language): readonly string[] {
  const words = [
    ...Object.entries(options).map(([flag, value]) => [`--${flag}`, value] as const),
    ...operands.map((operand) => [COPY.an_operand[language], operand] as const),
  ];
  return words
    .filter(([, value]) => typeof value === 'string' && /\p{Cc}/u.test(value))
    .map(([what]) => say(COPY.control_character, language, { what }));
}
