import type { ParseArgsConfig } from 'node:util';

/** How a run of a command can end; documented in the help. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One option, with what the help says about it. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  /** Shown for the value in help; null for a switch. */
  readonly value: string | null;
  readonly about: string;
}

export interface Command {
  /** What follows the command's name, as in `IMP_UID`; `[FILE]` may be left out. */
  readonly operands: readonly string[];
  readonly summary: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  run(call: CommandCall): Promise<ExitCode>;
}

export interface CommandCall {
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Wrong words on the command line or in the environment, one sentence each. */
export class UsageError extends Error {
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
