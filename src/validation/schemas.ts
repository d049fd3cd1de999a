import * as v from 'valibot';

/*
 * What schemas are made of. The message of each is what a member must do, as in "be true or false"; `check` in
 * `problems.ts` makes sentences of them.
 */

/** Control characters, line separators and halves of a pair mean nothing here, and no database keeps all of them. */
const MEANINGLESS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
/** Names that Valibot passes over in a map without a word. */
const PASSED_OVER = ['__proto__', 'prototype', 'constructor'];

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !MEANINGLESS.test(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty and has no control characters; `holds` says what else it must be. */
export function textThat(must: string, holds: (value: string) => boolean = () => true) {
  return v.pipe(
    v.string(must),
    v.minLength(1, must),
    v.check((value) => isText(value) && holds(value), must),
  );
}

export const text = textThat('be a text without control characters');
/** Any text, the empty one and control characters included. */
export const anyText = v.string('be a text');
export const truth = v.boolean('be true or false');

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number, must = `be a whole number of ${least} to ${most}`) {
  return v.pipe(v.number(must), v.integer(must), v.minValue(least, must), v.maxValue(most, must));
}

/** One of these words; the sentence has the nearest. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return v.picklist(words, `be one of ${words.join(', ')}`);
}

export function listOf<Item extends v.GenericSchema>(item: Item, must = 'be a list') {
  return v.array(item, must);
}

/** An object with these members and no others. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return guard(v.strictObject(entries, 'be an object'), isObject);
}

/** An object whose names are free. */
export function mapOf<Value extends v.GenericSchema<unknown, unknown>>(value: Value, must = 'be an object') {
  return guard(
    v.record(v.string(), value, must),
    (map) => isObject(map) && !PASSED_OVER.some((name) => Object.hasOwn(map, name)),
  );
}

/** One of several objects, told apart by the member `key`, which has another value in each. */
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

/** Something that a member must do in view of the others; `place` leads from the object to it. */
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

/** Something that the names of a map must do. */
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

/** Valibot takes a list for an object without members: what is not right fails as if nothing were there. */
function guard<Schema extends v.GenericSchema>(schema: Schema, isRight: (value: unknown) => boolean): Schema {
  const run = schema['~run'];
  return Object.assign(schema, {
    '~run': (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) =>
      run.call(schema, isRight(dataset.value) ? dataset : { value: undefined }, config),
  });
}
