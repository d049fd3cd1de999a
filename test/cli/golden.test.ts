import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import { writeBash, writeFish, writeZsh } from '../../src/cli/completion-scripts.ts';
import { describeCommand, describeCommands } from '../../src/cli/help.ts';
import { PLAIN } from '../../src/cli/paint.ts';
import { LANGUAGES, type Language } from '../../src/config/language.ts';
import { readVersion } from '../../src/version.ts';
import { runHere } from '../support/run-here.ts';
import { USAGE_ERRORS } from './usage-errors.ts';

/* The files are rewritten by `npx vitest run --project system test/cli/ --update`. */

const golden = (name: string) => join(import.meta.dirname, 'golden', name);
const LOCALES = { en: 'C.UTF-8', ko: 'ko_KR.UTF-8' } as const satisfies Record<Language, string>;

let commands: readonly Command[] = [];
beforeAll(async () => {
  commands = await loadCommands();
});

describe.each(LANGUAGES)('texts (%s)', (language) => {
  test('the help of all commands, and of each', async () => {
    const all = describeCommands(commands, 'VERSION', language, PLAIN);
    await expect(`${all}\n`).toMatchFileSnapshot(golden(`help.${language}.txt`));
    for (const command of commands) {
      const help = describeCommand(command, language, PLAIN);
      await expect(`${help}\n`).toMatchFileSnapshot(golden(`help-${command.name}.${language}.txt`));
    }
  });

  test('each class of usage error shows the help and then what is wrong, and exits with 2', async () => {
    const said: string[] = [];
    for (const { words, env = {}, about } of USAGE_ERRORS) {
      const { code, stdout, stderr } = await runHere(words, { LC_ALL: LOCALES[language], ...env });
      const shown = words.map((word) => JSON.stringify(word).slice(1, -1)).join(' ');
      expect({ code, stdout }, shown).toEqual({ code: 2, stdout: '' });
      const command = commands.find(({ name }) => name === about);
      const help =
        command === undefined
          ? describeCommands(commands, readVersion(), language, PLAIN)
          : describeCommand(command, language, PLAIN);
      const rest = stderr.split(`${help}\n\n`).join('');
      expect(rest.length, `the help of ${about} after ${shown}`).toBe(stderr.length - help.length - 2);
      said.push(`$ bonin ${shown}\n${rest}`);
    }
    await expect(said.join('\n')).toMatchFileSnapshot(golden(`usage-errors.${language}.txt`));
    expect(said.join()).not.toContain('Geheim');
  });

  test('the help goes to standard output', async () => {
    const env = { LC_ALL: LOCALES[language] };
    const token = commands.find(({ name }) => name === 'token');
    const help = token === undefined ? '' : `${describeCommand(token, language, PLAIN)}\n`;
    for (const words of [
      ['token', '--help'],
      ['help', 'token'],
      ['token', '--url', '-h'],
    ])
      expect(await runHere(words, env)).toEqual({ code: 0, stdout: help, stderr: '' });
    const all = `${describeCommands(commands, readVersion(), language, PLAIN)}\n`;
    for (const words of [[], ['help'], ['--help'], ['-h']])
      expect(await runHere(words, env)).toEqual({ code: 0, stdout: all, stderr: '' });
  });

  test('completion for each shell', async () => {
    await expect(writeBash(commands)).toMatchFileSnapshot(golden('completion.bash'));
    await expect(writeZsh(commands, language)).toMatchFileSnapshot(golden(`completion.${language}.zsh`));
    await expect(writeFish(commands, language)).toMatchFileSnapshot(golden(`completion.${language}.fish`));
  });
});

test('the version is printed alone', async () => {
  for (const words of [['version'], ['--version'], ['-v'], ['-V']])
    expect(await runHere(words, {})).toEqual({ code: 0, stdout: `${readVersion()}\n`, stderr: '' });
});
