import { type Gender, type Identity, isBirthday, parseCarrier } from '../core/identity.ts';

/** What an agency's answer says of a person, as text; an empty text was not told. */
export interface ToldPerson {
  readonly name: string;
  /** `YYYYMMDD`. */
  readonly birthday: string;
  readonly gender: Gender | null;
  readonly foreigner: boolean | null;
  readonly phone: string;
  /** A carrier in any known spelling. */
  readonly carrier: string;
  readonly ci: string;
  readonly di: string;
}

/** A person, and the names of the members that could not be understood. */
export interface ReadPerson {
  readonly identity: Identity;
  readonly unclear: readonly string[];
}

const CI_LENGTH = 88;
const DI_LENGTH = 64;
const BASE64 = /^[0-9A-Za-z+/]+={0,2}$/;

/**
 * The person in an answer. Text is kept as it came, but for blanks around a name; a phone number loses its hyphens. A
 * birthday that is no day of the calendar until today in Seoul becomes empty, and a carrier that nobody knows null.
 */
export function readPerson(told: ToldPerson, now: number): ReadPerson {
  const unclear: string[] = [];
  const [, year = '', month = '', day = ''] = /^(\d{4})(\d{2})(\d{2})$/.exec(told.birthday.trim()) ?? [];
  const birthday = `${year}-${month}-${day}`;
  const phone = told.phone.replace(/\D/g, '');
  if (phone !== '' && !/^01[016789]\d{7,8}$/.test(phone)) unclear.push('phone');
  const line = told.carrier.trim() === '' ? null : parseCarrier(told.carrier.trim());
  if (told.carrier.trim() !== '' && line === null) unclear.push('carrier');
  const { ci, di } = told;
  if (ci !== '' && !(ci.length === CI_LENGTH && BASE64.test(ci))) unclear.push('ci');
  if (di !== '' && !(di.length === DI_LENGTH && BASE64.test(di))) unclear.push('di');
  const identity = {
    name: told.name.normalize('NFC').replace(/^ +| +$/g, ''),
    birthday: isBirthday(birthday, now) ? birthday : '',
    gender: told.gender,
    foreigner: told.foreigner,
    phone: phone || null,
    carrier: line?.carrier ?? null,
    mvno: line?.mvno ?? false,
    ci: ci || null,
    di: di || null,
  };
  return { identity, unclear };
}
