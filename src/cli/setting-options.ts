import { type CommandName, settingsOf } from '../config/settings.ts';
import type { CommandOption } from './command.ts';

/** The settings of a command as its options, with environment name and default. */
export function settingOptions(command: CommandName): Readonly<Record<string, CommandOption>> {
  return Object.fromEntries(
    settingsOf(command).map(({ flag, value, about, env, fallback }): [string, CommandOption] => {
      const preset = value === null ? '' : String(fallback ?? '');
      const type = value === null ? 'boolean' : 'string';
      return [flag, { type, value, about, variable: env, ...(preset !== '' && { preset }) }];
    }),
  );
}
