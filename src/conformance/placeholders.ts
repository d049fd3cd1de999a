import { CaseError } from './case-file.ts';

/** Values by their names in `tokens` and `keep`. */
export type Kept = ReadonlyMap<string, string>;

const PLACEHOLDER = /\{\{([\w:-]+)\}\}/g;
const WHOLE = /^\{\{([\w:-]+)\}\}$/;
const LONGEST_FILL = 10_000_000;

/** A key pair of a merchant. */
export interface KeyPair {
  readonly impKey: string;
  readonly impSecret: string;
}

/** Finds the key pair with a name in the cases; null when there is none. */
export type FindKeyPair = (name: string) => KeyPair | null;

/** Replaces the placeholders of a request. */
export function substitute(text: string, kept: Kept, findKeyPair: FindKeyPair): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = kept.get(name) ?? computed(name, kept, findKeyPair);
    if (value === null) throw new CaseError(`unknown placeholder ${whole} in the request`);
    return value;
  });
}

function computed(name: string, kept: Kept, findKeyPair: FindKeyPair): string | null {
  if (name === 'token-upper') return kept.get('token')?.toUpperCase() ?? null;
  const [kind = '', argument = ''] = name.split(':', 2);
  if (kind === 'secret') return findKeyPair(argument)?.impSecret ?? null;
  if (kind === 'secret-lower') return findKeyPair(argument)?.impSecret.toLowerCase() ?? null;
  if (kind === 'fill' && /^\d+$/.test(argument) && Number(argument) <= LONGEST_FILL)
    return 'a'.repeat(Number(argument));
  return null;
}

/** The name of the placeholder if the text consists only of one; otherwise null. */
export function placeholderName(text: string): string | null {
  return WHOLE.exec(text)?.[1] ?? null;
}
