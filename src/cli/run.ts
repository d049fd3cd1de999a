import { type Language, languageOf } from '../config/language.ts';
import { findNearestName } from '../validation/nearest-name.ts';
import { readVersion } from '../version.ts';
import {
  type Command,
  type CommandCall,
  type CommandTable,
  EXIT,
  type ExitCode,
  Refusal,
  UsageError,
} from './command.ts';
import { findUnknownVariables } from './environment.ts';
import { readWords } from './words.ts';

type LoadCommands = () => Promise<readonly Command[]>;

/** What a command line is run with. */
export interface Surroundings {
  readonly environment: CommandCall['environment'];
  readonly table: CommandTable;
  readonly loadCommands: LoadCommands;
  /** Called first; what it throws ends the run. */
  readonly prepare: () => Promise<void>;
}

/** What a run is about, for the help after a usage error. */
interface Subject {
  readonly environment: CommandCall['environment'];
  readonly language: Language;
  readonly loadCommands: LoadCommands;
  /** Null until a command has been found. */
  command: Command | null;
}

/** Runs one command line and returns its exit code; never throws. */
export async function runCommandLine(
  words: readonly string[],
  { environment, table, loadCommands, prepare }: Surroundings,
): Promise<ExitCode> {
  const language = languageOf(environment);
  const subject: Subject = { environment, language, loadCommands, command: null };
  const [name = 'help', ...rest] = words;
  try {
    await prepare();
    if (name === '--version' || name === '-v' || name === '-V') {
      console.log(readVersion());
      return EXIT.ok;
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      const [about] = name === 'help' ? rest.filter((word) => !word.startsWith('-')) : [];
      if (about !== undefined) subject.command = await find(about, table, subject);
      return await printHelp(subject);
    }
    subject.command = await find(name, table, subject);
    if (rest.includes('--help') || rest.includes('-h')) return await printHelp(subject);
    return await runCommand(subject.command, rest, subject);
  } catch (error) {
    return complain(error, subject);
  }
}

async function find(name: string, table: CommandTable, { language }: Subject): Promise<Command> {
  const load = Object.hasOwn(table, name) ? table[name] : undefined;
  if (load !== undefined) return load();
  const { COPY } = await import('./copy.ts');
  const { say } = await import('../config/language.ts');
  const nearest = findNearestName(name, [...Object.keys(table), 'help']) ?? 'help';
  throw new UsageError([say(COPY.no_command, language, { name: JSON.stringify(name), nearest })]);
}

async function runCommand(command: Command, words: readonly string[], subject: Subject): Promise<ExitCode> {
  const { environment, language, loadCommands } = subject;
  const { operands, options } = readWords(command, words, language);
  for (const warning of findUnknownVariables(Object.keys(environment), language))
    console.error(`bonin: ${warning}`);
  return command.run({ operands, options, environment, language, loadCommands });
}

async function printHelp({ command, environment, language, loadCommands }: Subject): Promise<ExitCode> {
  const { describeCommand, describeCommands } = await import('./help.ts');
  const { paintFor } = await import('./paint.ts');
  const paint = paintFor(process.stdout, environment);
  if (command !== null) console.log(describeCommand(command, language, paint));
  else console.log(describeCommands(await loadCommands(), readVersion(), language, paint));
  return EXIT.ok;
}

/** After a usage error the help comes first: what is wrong is then the last thing on the screen. */
async function complain(
  error: unknown,
  { command, environment, language, loadCommands }: Subject,
): Promise<ExitCode> {
  const { paintFor } = await import('./paint.ts');
  const paint = paintFor(process.stderr, environment);
  if (!(error instanceof UsageError)) {
    const problems =
      error instanceof Refusal ? error.problems : [error instanceof Error ? error.message : String(error)];
    for (const problem of problems) console.error(`${paint.bad('bonin:')} ${problem}`);
    return EXIT.failed;
  }
  const { describeCommand, describeCommands } = await import('./help.ts');
  const help =
    command === null
      ? describeCommands(await loadCommands(), readVersion(), language, paint)
      : describeCommand(command, language, paint);
  console.error(`${help}\n`);
  for (const problem of error.problems) console.error(`${paint.bad('bonin:')} ${problem}`);
  return EXIT.usage;
}
