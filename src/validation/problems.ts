import * as v from 'valibot';
import { SHOWN_NAME } from './json-text.ts';
import { findNearestName } from './nearest-name.ts';

/*
 * The only place that says what is wrong with a value: which member, what it must be, and the nearest known name. No
 * value is ever quoted, because it may be a secret or a person in the wrong place.
 */

const HIDDEN_NAME = '(a name that is not shown)';
/** Most sentences about one value. If there are more mistakes, it is probably the wrong file. */
const MOST_PROBLEMS = 20;

type Issue = v.BaseIssue<unknown>;
type Path = readonly v.IssuePathItem[];
/** What the schemas of `schemas.ts` have in addition to other schemas. */
interface Known extends v.GenericSchema {
  readonly message?: unknown;
  readonly wrapped?: Known;
  readonly entries?: Readonly<Record<string, Known>>;
  readonly item?: Known;
  readonly value?: Known;
  readonly key?: unknown;
  readonly options?: readonly unknown[];
}

/** A value in the form of its schema, or all its problems, one sentence each. `whole` names the value itself. */
export type Checked<Schema extends v.GenericSchema> =
  | { readonly value: v.InferOutput<Schema>; readonly problems: null }
  | { readonly problems: readonly [string, ...string[]] };

export function check<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  whole: string,
): Checked<Schema> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return { value: result.output, problems: null };
  const said = new Set(result.issues.flatMap((issue) => describe(schema as Known, issue, [], whole)));
  const [first = `${whole} is wrong`, ...others] = said;
  const left = said.size - MOST_PROBLEMS;
  return {
    problems: [first, ...others.slice(0, MOST_PROBLEMS - 1), ...(left > 0 ? [`and ${left} more`] : [])],
  };
}

/** All problems in one line. */
export function joinProblems(problems: readonly string[]): string {
  return problems.join('; ').replaceAll('?; ', '? ');
}

function describe(root: Known, issue: Issue, above: Path, whole: string): readonly string[] {
  const path: Path = [...above, ...(issue.path ?? [])];
  const inner = issue.issues?.filter((each) => each.path !== undefined) ?? [];
  // None of several shapes fits: for an object, say what is wrong inside it.
  if (inner.length > 0) return inner.flatMap((each) => describe(root, each, path, whole));
  const parent = follow(root, path.slice(0, -1));
  const last = path.at(-1);
  if (issue.expected === 'never' && last !== undefined)
    return describeUnknown(namesOf(parent, last.input), last, placeOf(path.slice(0, -1)));
  const schema = follow(root, path);
  const isMissing = last !== undefined && 'origin' in last && last.origin === 'key';
  const must = isMissing ? mustOf(schema) : issue.message;
  const orNull = schema !== null && allowsNull(schema) ? ', or null' : '';
  const missing = isMissing ? ' (it is missing)' : '';
  return [`${placeOf(path) || whole} must ${must}${orNull}${missing}${hintOf(schema, issue)}`];
}

/** All unknown members of an object; an issue of the library only names the first. */
function describeUnknown(
  known: readonly string[],
  { input }: v.IssuePathItem,
  place: string,
): readonly string[] {
  return Object.keys(input as object)
    .filter((name) => !known.includes(name))
    .map((name, at) => {
      const where = `${place === '' ? '' : `${place}.`}${shown(name)}`;
      // Finding the nearest name takes time, and later problems are only counted.
      return at < MOST_PROBLEMS ? describeUnknownName(where, name, known, at === 0) : `${where}${at}`;
    });
}

/** The sentence about an unknown name at `where`, with all known names if wanted. */
export function describeUnknownName(
  where: string,
  name: string,
  known: readonly string[],
  listsKnown = true,
): string {
  if (known.length === 0) return `${where} is not known here, where nothing is taken`;
  const list = listsKnown ? ` (known: ${known.join(', ')})` : '';
  return `${where} is not known here${list}; did you mean ${findNearestName(name, known)}?`;
}

/** A name as it may appear in a message. */
export function shown(name: string): string {
  return SHOWN_NAME.test(name) ? name : HIDDEN_NAME;
}

function placeOf(path: Path): string {
  let place = '';
  for (const { key } of path)
    if (typeof key === 'number') place += `[${key}]`;
    else place += `${place === '' ? '' : '.'}${shown(String(key))}`;
  return place;
}

/** The nearest of the allowed words. */
function hintOf(schema: Known | null, { input }: Issue): string {
  const { type, options = [] } = unwrap(schema) ?? {};
  if (type !== 'picklist' || typeof input !== 'string') return '';
  return `; did you mean ${findNearestName(input, options as readonly string[])}?`;
}

function mustOf(schema: Known | null): string {
  const { message } = unwrap(schema) ?? {};
  return typeof message === 'string' ? message : 'be there';
}

function allowsNull(schema: Known): boolean {
  return (
    ['nullable', 'nullish'].includes(schema.type) || (schema.wrapped ? allowsNull(schema.wrapped) : false)
  );
}

function unwrap(schema: Known | null): Known | null {
  return schema?.wrapped ? unwrap(schema.wrapped) : schema;
}

/** The schema at a path. */
function follow(root: Known, path: Path): Known | null {
  let schema: Known | null = root;
  for (const step of path) schema = memberOf(unwrap(schema), step);
  return schema;
}

function memberOf(schema: Known | null, { key, input }: v.IssuePathItem): Known | null {
  for (const { entries, item, value } of shapesOf(schema, input)) {
    const member = item ?? value ?? (entries && Object.hasOwn(entries, String(key)) && entries[String(key)]);
    if (member) return member;
  }
  return null;
}

/** The allowed names of an object. */
function namesOf(schema: Known | null, input: unknown): readonly string[] {
  return Object.keys(
    shapesOf(unwrap(schema), input).find(({ entries }) => entries !== undefined)?.entries ?? {},
  );
}

/**
 * The possible schemas of a value; for several shapes with a member that tells them apart, the one that the value
 * chose.
 */
function shapesOf(schema: Known | null, input: unknown): readonly Known[] {
  if (schema === null) return [];
  const { type, key, options } = schema;
  if (type !== 'variant' && type !== 'union') return [schema];
  const shapes = options as readonly Known[];
  const fitting = type === 'variant' ? shapes.filter((shape) => fits(shape, String(key), input)) : shapes;
  return fitting.length > 0 ? fitting : shapes;
}

/** Whether the member that tells the shapes apart has the value of this shape. */
function fits({ entries }: Known, key: string, input: unknown): boolean {
  const rule = entries?.[key];
  return rule !== undefined && v.is(rule, (input as Readonly<Record<string, unknown>>)[key]);
}
