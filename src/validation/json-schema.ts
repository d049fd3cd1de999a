import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';

type Schema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (2020-12) of what a schema takes. What only code can check is said by its description alone.
 * Metadata with the members `ko` and `en` becomes a description in both languages.
 */
export function jsonSchemaOf(schema: v.GenericSchema): Schema {
  const { $schema: _, ...plain } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['check', 'raw_check'],
    overrideAction: ({ valibotAction, jsonSchema }) => {
      const { ko, en, ...more } = jsonSchema as Schema;
      return valibotAction.type === 'metadata' && ko !== undefined
        ? ({ ...more, description: { ko, en } } as object)
        : undefined;
    },
    overrideSchema: ({ jsonSchema }) => withType(jsonSchema as Schema),
  });
  return plain;
}

/**
 * The schema of a fixed value with its type, and that of a value or null as one list of types: generators of clients
 * understand these best. Undefined for any other schema.
 */
function withType(schema: Schema): Schema | undefined {
  const { const: value, anyOf, ...whole } = schema;
  if (typeof value === 'boolean' || typeof value === 'string') return { type: typeof value, ...schema };
  if (Number.isInteger(value)) return { type: 'integer', ...schema };
  const [some, none, ...others] = (anyOf ?? []) as readonly Schema[];
  if (typeof some?.['type'] !== 'string' || none?.['type'] !== 'null' || others.length > 0) return undefined;
  const words = some['enum'];
  return {
    ...some,
    type: [some['type'], 'null'],
    ...(Array.isArray(words) && { enum: [...words, null] }),
    ...whole,
  };
}
