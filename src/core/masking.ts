import type { Identity } from './identity.ts';

type Maskable = Partial<Pick<Identity, 'name' | 'birthday' | 'phone'>>;

/** A name with everything hidden but its ends: 홍*동, 심*, SAMPLE JOHN as S*********N. */
export function maskName(name: string): string {
  const letters = [...name];
  if (letters.length <= 1) return '*';
  if (letters.length === 2) return `${letters[0]}*`;
  return `${letters[0]}${'*'.repeat(letters.length - 2)}${letters.at(-1)}`;
}

/** 01000001234 as 010-****-5678. */
export function maskPhone(phone: string): string {
  return phone.length < 10 ? '*'.repeat(phone.length) : `${phone.slice(0, 3)}-****-${phone.slice(-4)}`;
}

/** 1990-01-31 as 1990-**-**. */
export function maskBirthday(birthday: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(birthday) ? `${birthday.slice(0, 4)}-**-**` : '****-**-**';
}

/** A person as it is shown where the whole is not asked for. */
export function maskPerson<T extends Maskable>(person: T): T {
  return {
    ...person,
    ...(typeof person.name === 'string' && { name: maskName(person.name) }),
    ...(typeof person.birthday === 'string' && { birthday: maskBirthday(person.birthday) }),
    ...(typeof person.phone === 'string' && { phone: maskPhone(person.phone) }),
  };
}
