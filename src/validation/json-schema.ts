import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';

/** The JSON Schema (2020-12) of what a schema takes. What only code can check is said by its description alone. */
export function jsonSchemaOf(schema: v.GenericSchema): Readonly<Record<string, unknown>> {
  const { $schema: _, ...plain } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['check', 'raw_check'],
  });
  return plain;
}
