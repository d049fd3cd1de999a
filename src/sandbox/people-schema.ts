import * as v from 'valibot';
import { findContradictions, SANDBOX_MERCHANTS, type Written } from '../config/merchants-file.ts';
import { isBirthday, isPersonName, parseCarrier, parsePhone } from '../core/identity.ts';
import { isStorableImpUid } from '../core/ids.ts';
import { AppError } from '../errors.ts';
import { readTrustedJson } from '../files/trusted-file.ts';
import { check, joinProblems } from '../validation/problems.ts';
import {
  listOf,
  object,
  objectBy,
  oneOf,
  text,
  textThat,
  truth,
  wholeNumber,
} from '../validation/schemas.ts';
import { isSandboxCi } from './fake-ids.ts';
import { LATEST_SECOND } from './movable-clock.ts';

const LONGEST_LABEL = 100;

/** A person in a people file or in a request to a control route. */
export const PERSON = {
  name: textThat('be a name of 1 to 50 characters', isPersonName),
  birthday: textThat('be a day of the past, YYYY-MM-DD', (value) => isBirthday(value, Date.now())),
  gender: oneOf(['male', 'female']),
  foreigner: truth,
  phone: textThat('be a mobile number', (value) => parsePhone(value) !== null),
  carrier: textThat('name one of the networks', (value) => parseCarrier(value) !== null),
  unique_key: textThat('be a CI of a sandbox: 88 characters of base64 that begin with SANDBOX/', isSandboxCi),
  person: textThat(
    `be a label of 1 to ${LONGEST_LABEL} characters`,
    (value) => value.length <= LONGEST_LABEL,
  ),
};
export const ONE_CI = 'not stand beside unique_key: each of them says who it is';

const ATTEMPT = {
  imp_uid: textThat('be a text of at most 100 characters', isStorableImpUid),
  merchant_uid: text,
  origin: v.nullish(text),
  channel: text,
  /** The id of the merchant that owns the channel, for readers. */
  merchant: v.nullish(text),
};
const certifiedAt = wholeNumber(0, LATEST_SECOND, 'be epoch seconds');
/** Personal data in an uncertified attempt; it is checked but never returned. */
const NOBODY = object({
  certified: v.literal(false),
  ...ATTEMPT,
  certified_at: v.nullish(certifiedAt),
  name: v.nullish(PERSON.name),
  birthday: v.nullish(PERSON.birthday),
  gender: v.nullish(PERSON.gender),
  foreigner: v.nullish(PERSON.foreigner),
  phone: v.nullish(PERSON.phone),
  carrier: v.nullish(PERSON.carrier),
  unique_key: v.nullish(PERSON.unique_key),
  person: v.nullish(PERSON.person),
});
const SOMEBODY = object({
  ...NOBODY.entries,
  certified: v.literal(true),
  /** Epoch seconds. */
  certified_at: certifiedAt,
  name: PERSON.name,
  birthday: PERSON.birthday,
});

export const PEOPLE = object({
  merchants: SANDBOX_MERCHANTS,
  certifications: listOf(objectBy('certified', [SOMEBODY, NOBODY], 'be true or false')),
});

/** What the schema accepts; a test compares it with `Seed`, which is published. */
export type People = Written<typeof PEOPLE>;

/** Reads a people file in the format of the built-in one; `start_refused` names what is wrong in it. */
export function readPeopleFile(file: string): People {
  return checkSeed(readTrustedJson(file, { dev: true }), file);
}

/** The same for people in memory. Error messages call them `name`. */
export function checkSeed(content: unknown, name: string): People {
  const checked = check(PEOPLE, content, 'the file');
  const problems = checked.problems ?? [
    ...findContradictions(checked.value.merchants),
    ...findStrangers(checked.value),
  ];
  if (checked.problems === null && problems.length === 0) return checked.value;
  throw new AppError('start_refused', { detail: `${name}: ${joinProblems(problems)}` });
}

/** Finds certifications on unknown channels, or with another merchant than their channel's. */
function findStrangers({ merchants, certifications }: People): readonly string[] {
  const owners = new Map(
    merchants.flatMap(({ id, channels }) => channels.map(({ channel_key }) => [channel_key, id] as const)),
  );
  return certifications.flatMap(({ channel, merchant, unique_key, person }, at) => {
    const path = `certifications[${at}]`;
    const owner = owners.get(channel);
    return [
      ...(owner === undefined ? [`${path}.channel must be the key of a channel above`] : []),
      ...(owner !== undefined && merchant != null && merchant !== owner
        ? [`${path}.merchant must be the id of the merchant of its channel, or null`]
        : []),
      ...(unique_key != null && person != null ? [`${path}.person must ${ONE_CI}`] : []),
    ];
  });
}
