import { readEnvFile } from '../config/env-file.ts';
import { type Language, say } from '../config/language.ts';
import { type CommandCall, UsageError } from './command.ts';
import { COPY } from './copy.ts';
import { findUnknownVariables, isVariable } from './environment.ts';

export interface DevEnvironment {
  readonly environment: CommandCall['environment'];
  /** What was read from `.env`, as a sentence; null for nothing. */
  readonly said: string | null;
  readonly warnings: readonly string[];
}

/**
 * The environment of a sandbox: the variables of the process, and those that only `.env` in a folder sets. A variable
 * of the process wins, even an empty one. Throws a usage error for a line about Bonin that cannot be read.
 */
export function readDevEnvironment(
  folder: string,
  environment: CommandCall['environment'],
  language: Language,
): DevEnvironment {
  const read = readEnvFile(folder);
  if (read.kind === 'absent') return { environment, said: null, warnings: [] };
  if (read.kind === 'refused')
    return {
      environment,
      said: null,
      warnings: [say(COPY.env_unreadable, language, { reason: read.reason })],
    };
  const { file, values, faults } = read;
  const describe = ({ kind, isOurs, line }: (typeof faults)[number]) =>
    say(kind === 'unclosed' ? COPY.env_unclosed : isOurs ? COPY.env_own_line : COPY.env_line, language, {
      file,
      line,
    });
  const ours = faults.filter(({ isOurs }) => isOurs);
  if (ours.length > 0) throw new UsageError(ours.map(describe));
  const names = [...values.keys()];
  const used = names.filter((name) => isVariable(name) && environment[name] === undefined);
  return {
    environment: { ...Object.fromEntries(values), ...environment },
    said: used.length === 0 ? null : say(COPY.env_read, language, { file, names: used.join(', ') }),
    warnings: [
      ...faults.map(describe),
      ...findUnknownVariables(names, language).map((warning) => `${file}: ${warning}`),
    ],
  };
}
