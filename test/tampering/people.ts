import { createHash } from 'node:crypto';
import type { Identity } from '../../src/core/identity.ts';

/** A person of the world of this suite: nothing of them is anybody else's, so that it tells whom an answer shows. */
export interface Person extends Identity {
  readonly phone: string;
  readonly ci: string;
  readonly di: string;
  /** What the agency says of their birthday; another one than they say themselves when they lie. */
  readonly trueBirthday: string;
  /** Whether they approve in the app. */
  readonly approves: boolean;
}

const known = new Map<string, Person>();

/** Makes a person nobody has met yet. */
export function newPerson(more: Partial<Pick<Person, 'trueBirthday' | 'approves'>> = {}): Person {
  const number = known.size;
  const syllable = (seed: number) => String.fromCharCode(0xac00 + ((seed * 7919) % 11_172));
  const birthday = `19${60 + (number % 35)}-0${1 + (number % 9)}-${11 + (number % 17)}`;
  const name = `${syllable(3 * number + 1)}${syllable(5 * number + 2)}${syllable(11 * number + 3)}${syllable(number + 4)}`;
  const person: Person = {
    name,
    birthday,
    gender: 'male',
    foreigner: false,
    phone: `010999${String(95_000 + number)}`,
    carrier: 'KT',
    mvno: false,
    ci: hashOf(`ci ${number}`, 66),
    di: hashOf(`di ${number}`, 48),
    trueBirthday: birthday,
    approves: true,
    ...more,
  };
  known.set(name, person);
  return person;
}

function hashOf(text: string, bytes: number): string {
  return createHash('sha512')
    .update(text)
    .update(createHash('sha512').update(text).digest())
    .digest('base64')
    .repeat(2)
    .slice(0, (bytes / 3) * 4);
}

/** The person of a name that somebody typed. */
export function findPerson(name: string): Person | undefined {
  return known.get(name);
}

/** What tells whom an answer shows: anything that is of one of these people alone. */
export function anyTraceOf(people: readonly Person[]): RegExp {
  const traces = people.flatMap(({ name, phone, ci, di, birthday, trueBirthday }) =>
    [name, phone, ci, di, birthday, trueBirthday].map((trace) => trace.replace(/[+/]/g, '\\$&')),
  );
  return new RegExp([...new Set(traces)].join('|'), 'g');
}

/** The fields of an OTP request that name the person. */
export function otpFieldsOf({ name, phone, birthday }: Person) {
  return { name, phone, birth: birthday.replaceAll('-', '').slice(2), gender_digit: '1', carrier: 'KT' };
}

/** The fields of the page's form that name the person. */
export function formFieldsOf({ name, phone, birthday }: Person): Readonly<Record<string, string>> {
  return { name, phone, birth: birthday.replaceAll('-', '').slice(2), gender_digit: '1' };
}
