import { type Gender, isBirthday, isPersonName, parseCarrier, parsePhone } from '../core/identity.ts';
import { isStorableImpUid } from '../core/ids.ts';
import { AppError } from '../errors.ts';
import {
  findBroken,
  findInList,
  isObject,
  list,
  optional,
  type Rules,
  text,
  textThat,
  truth,
} from '../member-rules.ts';
import { findMerchantProblems, type MerchantEntry } from '../merchants-file.ts';
import { readTrustedText } from '../trusted-file.ts';
import people from './people.json' with { type: 'json' };

/** In a sandbox a merchant is spoken of by its id. */
export interface SeedMerchant extends MerchantEntry {
  readonly id: string;
  readonly name?: string;
}

/** What a certification says of a person; null and absent are what the provider does not tell. */
export interface SeedPerson {
  readonly name: string;
  readonly birthday: string;
  readonly gender?: Gender | null;
  readonly foreigner?: boolean | null;
  readonly phone?: string | null;
  readonly carrier?: string | null;
}

interface SeedAttempt {
  readonly imp_uid: string;
  readonly channel: string;
  readonly merchant_uid: string;
  readonly origin?: string | null;
}

export type SeedCertification =
  | (SeedAttempt & { readonly certified: false })
  /** `certified_at` in epoch seconds. */
  | (SeedAttempt & SeedPerson & { readonly certified: true; readonly certified_at: number });

/** Who exists in a sandbox: the content of a people file. */
export interface Seed {
  readonly merchants: readonly SeedMerchant[];
  readonly certifications: readonly SeedCertification[];
}

/** The people that come along. */
export const DEFAULT_SEED = people as Seed;

/** Reads a people file of the same shape as the one that comes along; `start_refused` names what is wrong in it. */
export function readSeed(file: string): Seed {
  let seed: unknown;
  try {
    seed = JSON.parse(readTrustedText(file, { dev: true }));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('start_refused', { detail: `${file}: cannot be read as JSON`, cause });
  }
  const problems = findProblems(seed);
  if (problems.length > 0) throw new AppError('start_refused', { detail: `${file}: ${problems.join('; ')}` });
  return seed as Seed;
}

const ATTEMPT: Rules = {
  imp_uid: textThat('be a text of at most 100 characters', isStorableImpUid),
  merchant_uid: text,
  certified: truth,
  origin: optional(text),
};
/** The year 9999 in seconds: later times have no date. */
const LATEST = 253_402_300_799;
const PERSON: Rules = {
  certified_at: {
    must: 'be epoch seconds',
    holds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= LATEST,
  },
  name: textThat('be a name of 1 to 50 characters', isPersonName),
  birthday: textThat('be a day of the past, YYYY-MM-DD', (value) => isBirthday(value, Date.now())),
  gender: optional(textThat('be male or female', (value) => value === 'male' || value === 'female')),
  foreigner: optional(truth),
  phone: optional(textThat('be a mobile number', (value) => parsePhone(value) !== null)),
  carrier: optional(textThat('name one of the networks', (value) => parseCarrier(value) !== null)),
};

/** What an attempt that certified nobody may say of the person; it is checked, and nobody is told. */
const NOBODY: Rules = Object.fromEntries(
  Object.entries(PERSON).map(([name, rule]) => [name, optional(rule)]),
);

function findProblems(seed: unknown): readonly string[] {
  const shape = findBroken(seed, { merchants: list, certifications: list }, '');
  const { merchants, certifications } = isObject(seed) ? seed : {};
  const problems = [...shape, ...findMerchantProblems(merchants, 'sandbox')];
  if (problems.length > 0) return [...new Set(problems)];
  const owners = new Map(
    (merchants as readonly SeedMerchant[]).flatMap(({ id, channels }) =>
      channels.map(({ channel_key }) => [channel_key, id]),
    ),
  );
  return findInList(certifications, 'certifications', (row, path) => {
    const { certified, channel } = isObject(row) ? row : {};
    const owner = owners.get(String(channel));
    return findBroken(
      row,
      {
        ...ATTEMPT,
        channel: textThat('be the key of a channel above', (value) => owners.has(value)),
        merchant: optional(textThat('be the id of the merchant of its channel', (value) => value === owner)),
        ...(certified === true ? PERSON : NOBODY),
      },
      path,
    );
  });
}
