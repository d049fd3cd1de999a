import { CaseError } from './case-file.ts';
import { KEY_PAIRS } from './people.ts';

/** Values under the names of `tokens` and `keep`. */
export type Kept = ReadonlyMap<string, string>;

const PLACEHOLDER = /\{\{([\w:-]+)\}\}/g;
const WHOLE = /^\{\{([\w:-]+)\}\}$/;
const LONGEST_FILL = 10_000_000;

/** Replaces the placeholders of a request. */
export function substitute(text: string, kept: Kept): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = kept.get(name) ?? computed(name, kept);
    if (value === null) throw new CaseError(`unknown placeholder ${whole} in the request`);
    return value;
  });
}

function computed(name: string, kept: Kept): string | null {
  if (name === 'token-upper') return kept.get('token')?.toUpperCase() ?? null;
  const [kind = '', argument = ''] = name.split(':', 2);
  if (kind === 'secret') return KEY_PAIRS.get(argument)?.impSecret ?? null;
  if (kind === 'secret-lower') return KEY_PAIRS.get(argument)?.impSecret.toLowerCase() ?? null;
  if (kind === 'fill' && /^\d+$/.test(argument) && Number(argument) <= LONGEST_FILL)
    return 'a'.repeat(Number(argument));
  return null;
}

/** The name of the placeholder that a text is as a whole, or null. */
export function placeholderName(text: string): string | null {
  return WHOLE.exec(text)?.[1] ?? null;
}
