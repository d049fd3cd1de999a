import { vi } from 'vitest';
import { COMMANDS, loadCommands } from '../../src/cli/commands.ts';
import { runCommandLine } from '../../src/cli/run.ts';

/** Runs a command line in this process: a process for each of so many would take minutes. */
export async function runHere(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const written = { stdout: '', stderr: '' };
  const keep = (stream: keyof typeof written) => (text: string) => {
    written[stream] += `${text}\n`;
  };
  const log = vi.spyOn(console, 'log').mockImplementation(keep('stdout'));
  const error = vi.spyOn(console, 'error').mockImplementation(keep('stderr'));
  try {
    const code = await runCommandLine(words, {
      environment,
      table: COMMANDS,
      loadCommands,
      prepare: async () => {},
    });
    return { code, ...written };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}
