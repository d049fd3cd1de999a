import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { readTrustedText } from '../files/trusted-file.ts';

/*
 * The file `.env` of a project, which many tools read. Bonin takes the names that begin with BONIN_ from it, and
 * leaves all others to the project.
 */

const OURS = /^BONIN_/i;
const LINE = /^(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/s;
const MARKS = ['"', "'", '`'] as const;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

/** A line that is not `NAME=VALUE`. Its text is not kept: it may be a secret. */
export interface EnvFault {
  /** From 1. */
  readonly line: number;
  readonly kind: 'malformed' | 'unclosed';
  /** Whether the line is about a setting of Bonin. */
  readonly isOurs: boolean;
}

export interface EnvText {
  /** The names that begin with BONIN_, with their values. */
  readonly values: ReadonlyMap<string, string>;
  readonly faults: readonly EnvFault[];
}

export type EnvFile =
  | { readonly kind: 'absent' }
  /** There is one, and it cannot or must not be read. */
  | { readonly kind: 'refused'; readonly reason: string }
  | ({ readonly kind: 'read'; readonly file: string } & EnvText);

/** Reads `.env` in a folder; one that others could have changed is refused. */
export function readEnvFile(folder: string): EnvFile {
  const file = join(folder, '.env');
  try {
    const stat = lstatSync(file, { throwIfNoEntry: false });
    // Some tools keep a folder of this name.
    if (stat === undefined || stat.isDirectory()) return { kind: 'absent' };
    return { kind: 'read', file, ...parseEnvText(readTrustedText(file, { dev: true })) };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Reads lines as `docker compose` does: `NAME=VALUE`, optionally behind `export`, `#` for comments, and values in
 * quotation marks, which may go over several lines. `\n` and its like stand for characters in double marks only. No
 * names are put in for `$NAME`.
 */
export function parseEnvText(text: string): EnvText {
  const values = new Map<string, string>();
  const faults: EnvFault[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', rest = ''] = LINE.exec(line) ?? [];
    const isOurs = OURS.test(line.replace(/^export\s+/, ''));
    if (name === '') {
      faults.push({ line: at + 1, kind: 'malformed', isOurs });
      continue;
    }
    const mark = MARKS.find((each) => rest.startsWith(each));
    if (mark === undefined) {
      if (isOurs) values.set(name, rest.replace(/(?:^|\s+)#.*$/, '').trim());
      continue;
    }
    const quoted = readQuoted(lines, at, mark);
    if (quoted === null) {
      faults.push({ line: at + 1, kind: 'unclosed', isOurs });
      continue;
    }
    at = quoted.lastLine;
    if (!quoted.endsWell) faults.push({ line: at + 1, kind: 'malformed', isOurs });
    else if (isOurs) values.set(name, quoted.value);
  }
  return { values, faults };
}

interface Quoted {
  readonly value: string;
  readonly lastLine: number;
  /** Whether nothing but a comment stands behind the closing mark. */
  readonly endsWell: boolean;
}

/** The value that begins with a mark in line `first`; null if no line closes it. */
function readQuoted(lines: readonly string[], first: number, mark: string): Quoted | null {
  const begin = (lines[first] ?? '').indexOf(mark) + 1;
  let value = '';
  for (let at = first; at < lines.length; at++) {
    const line = lines[at] ?? '';
    for (let column = at === first ? begin : 0; column < line.length; column++) {
      const letter = line[column] ?? '';
      if (letter === mark)
        return { value, lastLine: at, endsWell: /^\s*(?:#.*)?$/.test(line.slice(column + 1)) };
      const next = line[column + 1] ?? '';
      const escaped =
        letter === '\\' && mark === '"' && Object.hasOwn(ESCAPES, next) ? ESCAPES[next] : undefined;
      if (escaped !== undefined) column++;
      value += escaped ?? letter;
    }
    value += '\n';
  }
  return null;
}
