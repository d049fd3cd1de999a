import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import { writeBash, writeFish, writeZsh } from '../../src/cli/completion-scripts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* Completion in real shells, and colours on a real terminal. */

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const isInstalled = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

let commands: readonly Command[] = [];
beforeAll(async () => {
  commands = await loadCommands();
});

/** A folder with a file, a folder, and a script of completion. */
function place(script: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'script'), script);
  writeFileSync(join(folder, 'shop.json'), '');
  execFileSync('mkdir', [join(folder, 'shops')]);
  return folder;
}

/** What is typed, the last word being unfinished; what must be offered, in the order of the alphabet; and what not. */
const CASES: readonly { words: readonly string[]; offers: readonly string[]; not: string }[] = [
  { words: ['me'], offers: ['merchants'], not: 'dev' },
  { words: ['help', 'co'], offers: ['completion', 'conformance'], not: 'dev' },
  { words: ['dev', '--r'], offers: ['--random-otp', '--ready-file'], not: '--port' },
  { words: ['serve', '--w'], offers: ['--workers'], not: '--memory' },
  { words: ['completion', ''], offers: ['bash', 'fish', 'zsh'], not: 'shop.json' },
  { words: ['export', 'sh'], offers: ['shop.json'], not: 'dev' },
  { words: ['dev', '--seed', 'sho'], offers: ['shop.json'], not: '--seed' },
];

describe('completion', () => {
  test('in bash', () => {
    const cwd = place(writeBash(commands));
    for (const { words, offers, not } of CASES) {
      const typed = ['bonin', ...words].map((word) => `'${word}'`).join(' ');
      const code = `source ./script; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _bonin; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const offered = execFileSync('bash', ['--norc', '-uc', code], { cwd, encoding: 'utf8' }).split('\n');
      expect(offered, words.join(' ')).toEqual(expect.arrayContaining([...offers]));
      expect(offered, words.join(' ')).not.toContain(not);
    }
  });

  test('in bash completes the value behind an equals sign, and folders for folders', () => {
    const cwd = place(writeBash(commands));
    const code = `source ./script; COMP_WORDS=(bonin dev --data = sh); COMP_CWORD=4; _bonin; echo "\${COMPREPLY[@]}"`;
    expect(execFileSync('bash', ['--norc', '-uc', code], { cwd, encoding: 'utf8' })).toBe('shops\n');
  });

  const fish = isInstalled('fish');
  test.runIf(fish)(`in fish${fish ? '' : ' (NOT RUN: fish is not installed)'}`, () => {
    const cwd = place(writeFish(commands, 'en'));
    for (const { words, offers, not } of CASES) {
      const code = `source ./script; complete -C 'bonin ${words.join(' ')}'`;
      const offered = execFileSync('fish', ['--no-config', '-c', code], { cwd, encoding: 'utf8' })
        .split('\n')
        .map((line) => line.split('\t')[0]);
      expect(offered, words.join(' ')).toEqual(expect.arrayContaining([...offers]));
      expect(offered, words.join(' ')).not.toContain(not);
    }
  });

  const zsh = isInstalled('zsh');
  test.runIf(zsh)(`in zsh${zsh ? '' : ' (NOT RUN: zsh is not installed)'}`, () => {
    const cwd = place(writeZsh(commands, 'en'));
    for (const { words, offers, not } of CASES) {
      const offered = completeInZsh(cwd, `bonin ${words.join(' ')}`, offers.at(-1) ?? '');
      for (const each of offers) expect(offered, words.join(' ')).toContain(each);
      expect(offered.split(/\s+/), words.join(' ')).not.toContain(not);
    }
  });
});

/** What zsh writes on a terminal when the tab key is pressed twice behind a text, up to the last word to come. */
function completeInZsh(cwd: string, typed: string, last: string): string {
  const code = `
    zmodload zsh/zpty
    zpty z zsh -f
    zpty -w z 'PS1= ; autoload -Uz compinit && compinit -u -D; LISTMAX=1000; setopt noautomenu; source ./script; echo READ''Y'
    zpty -r z line '*READY*'
    zpty -w -n z '${typed}'$'\\t\\t'
    zpty -r z line '*${last}*'
    print -r -- "$line"`;
  return execFileSync('zsh', ['-fc', code], { cwd, encoding: 'utf8' });
}

const script = isInstalled('script');
test.runIf(script)(
  `colours are there on a terminal, unless NO_COLOR is set${script ? '' : ' (NOT RUN: script is not installed)'}`,
  () => {
    const onTerminal = (env: Readonly<Record<string, string>>) =>
      execFileSync('script', ['-qec', `"${process.execPath}" "${MAIN}" help version`, '/dev/null'], {
        env: { PATH: process.env['PATH'], TERM: 'xterm', ...env },
        encoding: 'utf8',
      });
    expect(onTerminal({})).toContain('\u001b[1mUsage:\u001b[0m');
    const plain = onTerminal({ NO_COLOR: '1' });
    expect(plain).toContain('Usage: bonin version');
    expect(plain).not.toContain('\u001b');
  },
);
