import { type CommandName, settingsOf } from '../config/settings.ts';
import type { CommandOption } from './command.ts';

/** The settings of a command as its options, with environment name and default in the help. */
export function settingOptions(command: CommandName): Readonly<Record<string, CommandOption>> {
  return Object.fromEntries(
    settingsOf(command).map(({ flag, value, about, env, fallback }) => {
      const preset = value === null ? '' : String(fallback ?? '');
      return [
        flag,
        {
          type: value === null ? 'boolean' : 'string',
          value,
          about: `${about} (${env}${preset === '' ? '' : `, default ${preset}`})`,
        },
      ];
    }),
  );
}
