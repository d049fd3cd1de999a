import { AppError } from '../errors.ts';
import { parseJson } from '../validation/json-text.ts';

/**
 * The members of a JSON object in UTF-8. Rejects with `unreadable_answer` for anything else, and for a name that is
 * there twice: two readers could believe different values. `call` says in the log what was asked.
 */
export function readJsonObject(bytes: Uint8Array, call: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // The cause would say where, and so what, the answer is about.
    throw new AppError('unreadable_answer', { detail: `${call}: the answer is not JSON` });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('unreadable_answer', { detail: `${call}: the answer is no JSON object` });
  return value as Readonly<Record<string, unknown>>;
}

/** A member as text; empty when it is absent or no text. */
export function textOf(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'string' ? value : '';
}
