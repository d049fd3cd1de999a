import type { Gender } from '../../core/identity.ts';
import { AppError } from '../../errors.ts';
import { textOf } from '../json.ts';
import { type ReadPerson, readPerson } from '../person.ts';

/** What KCP says about a person, decrypted. */
type Payload = Readonly<Record<string, unknown>>;

const GENDERS: ReadonlyMap<string, Gender> = new Map([
  ['01', 'male'],
  ['02', 'female'],
]);
const FOREIGNERS: ReadonlyMap<string, boolean> = new Map([
  ['01', false],
  ['02', true],
]);

/**
 * The person in KCP's answer. Rejects with `incomplete_result` without name, phone number, birthday or CI, which
 * happens when the person did not finish in the carrier's app. KCP's test server sends no birthday.
 */
export function toPerson(payload: Payload, isTest: boolean, now: number): ReadPerson {
  const told = (name: string) => textOf(payload, name).trim();
  const gender = GENDERS.get(told('sex_code')) ?? null;
  const foreigner = FOREIGNERS.get(told('local_code')) ?? null;
  const [ci, di] = [readLinkingValue(payload, 'CI'), readLinkingValue(payload, 'DI')];
  const read = readPerson(
    {
      name: textOf(payload, 'user_name'),
      birthday: told('birth_day'),
      gender,
      foreigner,
      phone: told('phone_no'),
      carrier: told('comm_id'),
      ci: ci.value,
      di: di.value,
    },
    now,
  );
  const { identity } = read;
  const mayLackBirthday = isTest && told('birth_day') === '';
  const missing = [
    identity.name === '' && 'user_name',
    identity.phone === null && 'phone_no',
    identity.birthday === '' && !mayLackBirthday && 'birth_day',
    identity.ci === null && 'CI',
  ].filter((name) => name !== false);
  if (missing.length > 0)
    throw new AppError('incomplete_result', {
      detail: `kcp-v2 query: success without ${missing.join(', ')}`,
    });
  const empty = [
    mayLackBirthday && 'birth_day',
    gender === null && 'sex_code',
    foreigner === null && 'local_code',
    told('comm_id') === '' && 'comm_id',
    identity.di === null && 'DI',
  ].filter((name) => name !== false);
  return { identity, unclear: [...empty, ...read.unclear, ...ci.unclear, ...di.unclear] };
}

/** CI or DI: the percent-encoded copy is preferred, since `+` survives it everywhere. */
function readLinkingValue(payload: Payload, name: 'CI' | 'DI') {
  const plain = textOf(payload, name) || textOf(payload, name.toLowerCase());
  const copy = `${name}_URL`;
  const decoded = decodePercent(textOf(payload, copy));
  const isUnclear = Object.hasOwn(payload, copy) && (decoded === '' || (plain !== '' && plain !== decoded));
  return { value: decoded || plain, unclear: isUnclear ? [copy] : [] };
}

/** The text without its percent-encoding, in which `+` stays `+`; empty when it is none. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
