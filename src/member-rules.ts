/*
 * Files that people write as JSON, checked member by member: every mistake at once, each with its path, no value
 * quoted, since it may be a secret in the wrong place.
 */

/** What a member must be: a sentence for the operator, and the test. */
export interface Rule {
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
}
export type Rules = Readonly<Record<string, Rule>>;
export type Members = Readonly<Record<string, unknown>>;

/** Control characters, line separators and halves of a pair mean nothing here, and no database keeps all of them. */
const MEANINGLESS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
/** A name that is shown when it is unknown. Anything else may be a value in the place of a name. */
const SHOWN_NAME = /^[\p{L}\p{N}_.-]{1,32}$/u;

export const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;
export const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && !MEANINGLESS.test(value);
export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const text: Rule = { must: 'be a text without control characters', holds: isText };
export const truth: Rule = { must: 'be true or false', holds: (value) => typeof value === 'boolean' };
export const list: Rule = { must: 'be a list', holds: Array.isArray };
export const optional = ({ must, holds }: Rule): Rule => ({
  must: `${must}, or null`,
  holds: (value) => isMissing(value) || holds(value),
});
export const textThat = (must: string, holds: (value: string) => boolean): Rule => ({
  must,
  holds: (value) => isText(value) && holds(value),
});
export const texts = (must: string, pattern: RegExp): Rule => ({
  must,
  holds: (value) => Array.isArray(value) && value.every((each) => isText(each) && pattern.test(each)),
});

/**
 * What breaks the rules in `value`, a sentence for each member, and then the members that no rule knows. `path` names
 * the value; empty at the top.
 */
export function findBroken(value: unknown, rules: Rules, path: string): readonly string[] {
  if (!isObject(value)) return [`${path === '' ? 'the file' : path} must be an object`];
  const place = path === '' ? '' : `${path}.`;
  const broken = Object.entries(rules)
    .filter(([name, { holds }]) => !holds(Object.hasOwn(value, name) ? value[name] : undefined))
    .map(([name, { must }]) => `${place}${name} must ${must}`);
  const unknown = Object.keys(value)
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => {
      const shown = SHOWN_NAME.test(name) ? `${place}${name}` : `${place}(a name that is not shown)`;
      return `${shown} is not known here; the nearest known name is ${findNearest(name, Object.keys(rules))}`;
    });
  return [...broken, ...unknown];
}

/** The same for every member of a list; nothing when it is none. */
export function findInList(
  values: unknown,
  path: string,
  find: (value: unknown, path: string) => readonly string[],
): readonly string[] {
  return Array.isArray(values) ? values.flatMap((value, at) => find(value, `${path}[${at}]`)) : [];
}

/** The name that takes the fewest changes of a character to get to. */
function findNearest(name: string, known: readonly string[]): string {
  // What is longer than any name is far from all of them.
  const start = name.slice(0, 64);
  return known
    .map((each) => ({ each, distance: distanceOf(start, each) }))
    .reduce((best, next) => (next.distance < best.distance ? next : best), { each: '', distance: Infinity })
    .each;
}

function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
