#!/usr/bin/env node
import { findNearestName } from '../validation/nearest-name.ts';
import { readVersion } from '../version.ts';
import { type Command, EXIT, type ExitCode, toParseOptions, UsageError } from './command.ts';
import { keepCompiledCode } from './compile-cache.ts';
import { findUnknownVariables } from './environment.ts';

// An import statement would also load all lazy parts of `node:util` and make the start slower.
const { parseArgs } = process.getBuiltinModule('node:util');

/** The commands, each loaded only when it is called. */
const COMMANDS = {
  dev: async () => (await import('./dev.ts')).dev,
  serve: async () => (await import('./serve.ts')).serve,
  migrate: async () => (await import('./migrate.ts')).migrate,
  health: async () => (await import('./health.ts')).health,
  merchants: async () => (await import('./merchants.ts')).merchants,
  lookup: async () => (await import('./lookup.ts')).lookup,
  token: async () => (await import('./token.ts')).token,
  conformance: async () => (await import('./conformance.ts')).conformance,
  export: async () => (await import('./export.ts')).exportCommand,
  import: async () => (await import('./import.ts')).importCommand,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  settings: async () => (await import('./settings.ts')).settings,
} satisfies Record<string, () => Promise<Command>>;

/** Runs one command line and returns its exit code; never throws. */
async function main(words: readonly string[]): Promise<ExitCode> {
  const [name = '--help', ...rest] = words;
  try {
    // Before a command is loaded.
    await keepCompiledCode(process.env);
    if (name === '--help' || name === '-h' || name === 'help') return await printHelp();
    if (name === '--version' || name === '-v' || name === 'version') {
      console.log(readVersion());
      return EXIT.ok;
    }
    if (!Object.hasOwn(COMMANDS, name))
      throw new UsageError([
        `there is no command ${JSON.stringify(name)}; did you mean ${findNearestName(name, Object.keys(COMMANDS))}?`,
      ]);
    const command = await COMMANDS[name as keyof typeof COMMANDS]();
    if (rest.includes('--help') || rest.includes('-h')) return printCommandHelp(name, command);
    return await runCommand(command, rest);
  } catch (error) {
    return complain(error);
  }
}

async function runCommand(command: Command, words: readonly string[]): Promise<ExitCode> {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: [...words],
      options: toParseOptions(command),
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError([sayWhatIsWrong(error, command)]);
  }
  const least = command.operands.filter((operand) => !operand.startsWith('[')).length;
  if (parsed.positionals.length < least || parsed.positionals.length > command.operands.length) {
    const wanted = command.operands.length === 0 ? 'no operand' : command.operands.join(' ');
    throw new UsageError([`expected ${wanted}, got ${parsed.positionals.length} operands`]);
  }
  const options = parsed.values as Record<string, string | boolean | undefined>;
  for (const warning of findUnknownVariables(Object.keys(process.env))) console.error(`bonin: ${warning}`);
  const spoilt = findControlCharacters(options, parsed.positionals);
  if (spoilt.length > 0) throw new UsageError(spoilt);
  return command.run({ operands: parsed.positionals, options, environment: process.env });
}

/** A script with Windows line ends adds a CR to the last word of a line. */
function findControlCharacters(
  options: Readonly<Record<string, string | boolean | undefined>>,
  operands: readonly string[],
): readonly string[] {
  const words = [...Object.entries(options).map(([flag, value]) => [`--${flag}`, value] as const)];
  return [...words, ...operands.map((operand) => ['an operand', operand] as const)]
    .filter(([, value]) => typeof value === 'string' && /\p{Cc}/u.test(value))
    .map(([what]) => `${what} holds a control character; has the script Windows line ends?`);
}

function sayWhatIsWrong(error: unknown, command: Command): string {
  const sentence = error instanceof Error ? (error.message.split('.', 1)[0] ?? '') : String(error);
  const [, unknown = null] = /^Unknown option '--([^']*)'/.exec(sentence) ?? [];
  const nearest = unknown === null ? null : findNearestName(unknown, Object.keys(command.options));
  return nearest === null ? sentence : `${sentence}; did you mean --${nearest}?`;
}

function complain(error: unknown): ExitCode {
  if (error instanceof UsageError) {
    for (const problem of error.problems) console.error(`bonin: ${problem}`);
    console.error('bonin: --help lists commands and options');
    return EXIT.usage;
  }
  console.error(`bonin: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.failed;
}

async function printHelp(): Promise<ExitCode> {
  console.log(`Bonin ${readVersion()} — 본인인증 (Korean identity verification), self-hosted\n`);
  console.log('Usage: bonin COMMAND [OPTIONS]\n');
  for (const [name, load] of Object.entries(COMMANDS)) {
    const command = await load();
    console.log(`  ${[name, ...command.operands].join(' ').padEnd(18)}${command.summary}`);
  }
  console.log('\n  bonin COMMAND --help lists the options of a command.');
  console.log('  bonin version prints the version.\n');
  console.log('Exit codes: 0 done; 1 failed; 2 wrong arguments or settings; 3 no such certification.');
  return EXIT.ok;
}

function printCommandHelp(name: string, command: Command): ExitCode {
  console.log(`Usage: bonin ${[name, ...command.operands].join(' ')} [OPTIONS]\n\n${command.summary}\n`);
  for (const [flag, { value, about }] of Object.entries(command.options))
    console.log(`  ${`--${flag}${value === null ? '' : ` ${value}`}`.padEnd(22)}${about}`);
  return EXIT.ok;
}

process.exitCode = await main(process.argv.slice(2));
