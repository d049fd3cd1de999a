import * as v from 'valibot';

/*
 * The parts of which schemas are made. Each message says what a member must do, as in "be true or false"; `check` in
 * `problems.ts` turns it into a sentence.
 */

/**
 * Control characters, line separators and halves of surrogate pairs have no meaning here, and not every database can
 * store them.
 */
const MEANINGLESS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
/** Names that Valibot silently ignores in a map. */
const PASSED_OVER = ['__proto__', 'prototype', 'constructor'];

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !MEANINGLESS.test(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty and has no control characters; `holds` is a further condition. */
export function textThat(must: string, holds: (value: string) => boolean = () => true) {
  return v.pipe(
    v.string(must),
    v.minLength(1, must),
    v.check((value) => isText(value) && holds(value), must),
  );
}

export const text = textThat('be a text without control characters');
/** Any text, including the empty one and control characters. */
export const anyText = v.string('be a text');
export const truth = v.boolean('be true or false');

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number, must = `be a whole number of ${least} to ${most}`) {
  return v.pipe(v.number(must), v.integer(must), v.minValue(least, must), v.maxValue(most, must));
}

/** One of these words; the message suggests the nearest. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return v.picklist(words, `be one of ${words.join(', ')}`);
}

export function listOf<Item extends v.GenericSchema>(item: Item, must = 'be a list') {
  return v.array(item, must);
}

/** An object with exactly these members. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return guard(v.strictObject(entries, 'be an object'), isObject);
}

/** An object with any names. */
export function mapOf<Value extends v.GenericSchema<unknown, unknown>>(value: Value, must = 'be an object') {
  return guard(
    v.record(v.string(), value, must),
    (map) => isObject(map) && !PASSED_OVER.some((name) => Object.hasOwn(map, name)),
  );
}

/** One of several objects; the member `key` has a different value in each. */
export function objectBy<const Key extends string, const Options extends v.VariantOptions<Key>>(
  key: Key,
  options: Options,
  must: string,
) {
  return guard(
    v.variant(key, options, ({ expected }) => (expected === 'Object' ? 'be an object' : must)),
    isObject,
  );
}

/** A condition that depends on several members; `place` is the path of the member in the object. */
export function rule<Whole extends object>(
  place: keyof Whole & string,
  must: string,
  holds: (whole: Whole) => boolean,
) {
  return v.rawCheck<Whole>(({ dataset, addIssue }) => {
    if (!dataset.typed || holds(dataset.value)) return;
    addIssue({ message: must, path: [pathItem(dataset.value, place)] });
  });
}

/** A condition on the names of a map. */
export function names<Map extends Readonly<Record<string, unknown>>>(
  must: string,
  holds: (name: string, all: readonly string[]) => boolean,
) {
  return v.rawCheck<Map>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const all = Object.keys(dataset.value);
    for (const name of all)
      if (!holds(name, all)) addIssue({ message: must, path: [pathItem(dataset.value, name)] });
  });
}

function pathItem(input: object, key: string): v.ObjectPathItem {
  const members = input as Record<string, unknown>;
  return { type: 'object', origin: 'value', input: members, key, value: members[key] };
}

/** Valibot accepts a list for an object without members, so other values are refused like a missing one. */
function guard<Schema extends v.GenericSchema>(schema: Schema, isRight: (value: unknown) => boolean): Schema {
  const run = schema['~run'];
  return Object.assign(schema, {
    '~run': (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) =>
      run.call(schema, isRight(dataset.value) ? dataset : { value: undefined }, config),
  });
}
