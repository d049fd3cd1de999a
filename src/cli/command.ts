import type { ParseArgsConfig } from 'node:util';
import type { Language, Sentence } from '../config/language.ts';

/** How a run of a command can end; documented in the help. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One option, with what the help says about it. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  /** Shown for the value in help; null for a switch. FILE and FOLDER are completed with names of files. */
  readonly value: string | null;
  readonly about: Sentence;
  /** The variable that says the same; the option wins. */
  readonly variable?: string;
  /** What is used without both, as the help shows it. */
  readonly preset?: string;
}

/** A variable that a command reads and that no option stands for. */
export interface CommandVariable {
  readonly name: string;
  readonly about: Sentence;
}

/** A line that can be typed as it is, after `bonin `. */
export interface Example {
  readonly words: string;
  readonly about: Sentence;
}

/** One command. Help, completion and documentation are made of what it says about itself. */
export interface Command {
  readonly name: string;
  /** What follows the name, as in `IMP_UID`; `[FILE]` may be left out. Words in small letters are typed as they are. */
  readonly operands: readonly string[];
  /** One sentence. */
  readonly summary: Sentence;
  /** What else one has to know, in the help of the command only. */
  readonly more?: Sentence;
  readonly options: Readonly<Record<string, CommandOption>>;
  readonly variables?: readonly CommandVariable[];
  /** At least two. */
  readonly examples: readonly Example[];
  run(call: CommandCall): Promise<ExitCode>;
}

export interface CommandCall {
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  /** Loads all commands, in the order of their table. */
  readonly loadCommands: () => Promise<readonly Command[]>;
}

/** The commands by name, each loaded only when it is called. */
export type CommandTable = Readonly<Record<string, () => Promise<Command>>>;

/** Wrong words on the command line or in the environment, one sentence each. */
export class UsageError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/** A start that is refused for several reasons, one sentence each. */
export class Refusal extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/** The options of a command in the form that `parseArgs` takes. */
export function toParseOptions(command: Command): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(Object.entries(command.options).map(([name, { type }]) => [name, { type }]));
}
