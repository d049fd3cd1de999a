import { beforeAll, describe, expect, it } from 'vitest';
import { LANGUAGES } from '../config/language.ts';
import { beside, widthOf, wrap } from './columns.ts';
import type { Command } from './command.ts';
import { COMMANDS, loadCommands } from './commands.ts';
import { isVariable } from './environment.ts';
import { describeCommand, describeCommands } from './help.ts';
import { PLAIN, paintFor } from './paint.ts';
import { readWords } from './words.ts';

let commands: readonly Command[] = [];
beforeAll(async () => {
  commands = await loadCommands();
});

describe('what commands say about themselves', () => {
  it('begins with the name in the table', () => {
    expect(commands.map(({ name }) => name)).toEqual(Object.keys(COMMANDS));
  });

  it('has at least two examples, which can be typed', () => {
    for (const command of commands) {
      expect(command.examples.length, command.name).toBeGreaterThanOrEqual(2);
      for (const { words } of command.examples) {
        const [name, ...rest] = (words.split(' > ')[0] ?? '').split(' ');
        if (words === '--version') continue;
        expect(name).toBe(command.name);
        expect(() => readWords(command, rest, 'en'), words).not.toThrow();
      }
    }
  });

  it('names no variable of Bonin that nobody reads', () => {
    for (const { options, variables = [] } of commands) {
      const names = [
        ...variables.map(({ name }) => name),
        ...Object.values(options).flatMap((each) => each.variable ?? []),
      ];
      expect(names.filter((name) => name.startsWith('BONIN_') && !isVariable(name))).toEqual([]);
    }
  });

  it('is there in every language', () => {
    for (const { summary, more, options, variables = [], examples, name } of commands) {
      const sentences = [
        summary,
        ...(more ? [more] : []),
        ...Object.values(options).map(({ about }) => about),
        ...[...variables, ...examples].map(({ about }) => about),
      ];
      for (const { en, ko } of sentences) {
        expect(en, name).not.toMatch(/^$|[가-힣]/);
        expect(ko, name).toMatch(/[가-힣]/);
      }
    }
  });

  it('fits into a hundred columns', () => {
    for (const language of LANGUAGES)
      for (const text of [
        describeCommands(commands, '0.0.0', language, PLAIN),
        ...commands.map((command) => describeCommand(command, language, PLAIN)),
      ])
        expect(text.split('\n').filter((line) => widthOf(line) > 100)).toEqual([]);
  });
});

describe('columns', () => {
  it('count Hangul twice', () => {
    expect([widthOf('abc'), widthOf('본인인증'), widthOf('가a나')]).toEqual([3, 8, 5]);
  });

  it('break at blanks, and never within a word', () => {
    expect(wrap('ab cd ef', 5)).toEqual(['ab cd', 'ef']);
    expect(wrap('본인 인증', 8)).toEqual(['본인', '인증']);
    expect(wrap('abcdefgh ij', 4)).toEqual(['abcdefgh', 'ij']);
  });

  it('give a name that is too long a line of its own', () => {
    expect(beside('--a', 'text', { at: 8 })).toEqual(['  --a   text']);
    expect(beside('--abcdef', 'text', { at: 8 })).toEqual(['  --abcdef', '        text']);
  });
});

describe('colours', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal: %s, with %o: %s', (isTTY, environment, coloured) => {
    expect(paintFor({ isTTY }, environment).word('x') !== 'x').toBe(coloured);
  });
});
