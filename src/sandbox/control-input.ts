import type * as v from 'valibot';
import { AppError } from '../errors.ts';
import type { ApiRequest } from '../http/routes.ts';
import { JsonFault, parseJson } from '../validation/json-text.ts';
import { check, describeUnknownName, joinProblems, shown } from '../validation/problems.ts';
import { object } from '../validation/schemas.ts';
import { decodeBytes, TextFault } from '../validation/text-bytes.ts';
import {
  CONTROLS,
  type ControlInput,
  type ControlName,
  choiceSchema,
  type SandboxChoice,
} from './control-schemas.ts';

/*
 * Control input, read strictly: `input_refused` names every member that is wrong, what is allowed, and the nearest
 * known name.
 */

const NOTHING = object({});
/** Control routes that may be called without a body, as if it were `{}`. */
const MAY_BE_EMPTY: readonly ControlName[] = ['POST /sandbox/certifications', 'POST /sandbox/reset'];

/** The input of a request to a control route. */
export function readControl<Name extends ControlName>(
  name: Name,
  { query, body }: Pick<ApiRequest, 'query' | 'body'>,
): ControlInput<Name> {
  const { query: querySchema = NOTHING, body: bodySchema }: ControlSchemas = CONTROLS[name];
  return {
    query: readQuery(querySchema, query),
    body: bodySchema === undefined ? {} : readBody(name, bodySchema, body),
  } as ControlInput<Name>;
}

interface ControlSchemas {
  readonly query?: v.GenericSchema;
  readonly body?: v.GenericSchema;
}

/** The choice in advance of a shop's call; null for none. */
export function readChoice(
  value: unknown,
  people: readonly string[],
  outcomes: readonly string[],
): SandboxChoice | null {
  return required(choiceSchema(people, outcomes), { sandbox: value }, 'the call').sandbox ?? null;
}

/** A refusal of control input in one sentence. */
export function refuseInput(explanation: string): AppError {
  return new AppError('input_refused', { explanation });
}

function required<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  whole: string,
): v.InferOutput<Schema> {
  const checked = check(schema, value, whole);
  if (checked.problems !== null) throw refuseInput(joinProblems(checked.problems));
  return checked.value;
}

function readBody(name: ControlName, schema: v.GenericSchema, bytes: Uint8Array): unknown {
  if (bytes.length === 0 && MAY_BE_EMPTY.includes(name)) return {};
  let value: unknown;
  try {
    value = parseJson(decodeBytes(bytes));
  } catch (error) {
    if (error instanceof JsonFault || error instanceof TextFault)
      throw refuseInput(`the body: ${error.message}`);
    throw error;
  }
  // A list alone means the same as one in the member `faults`.
  const whole = name === 'PUT /sandbox/faults' && Array.isArray(value) ? { faults: value } : value;
  return required(schema, whole, 'the body');
}

/** A repeated or unknown parameter is refused; one without a value counts as absent. */
function readQuery(schema: v.GenericSchema, query: string): unknown {
  const given = new URLSearchParams(query);
  const entries = 'entries' in schema ? Object.keys(schema.entries as object) : [];
  const known = new Map<string, string>();
  for (const [name, value] of given) {
    if (!entries.includes(name))
      throw refuseInput(describeUnknownName(shown(name), name, entries).replace(' here', ' in the query'));
    if (given.getAll(name).length > 1) throw refuseInput(`${name} must stand in the query once`);
    if (value !== '') known.set(name, value);
  }
  return required(schema, Object.fromEntries(known), 'the query');
}
