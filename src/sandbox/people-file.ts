import { readFileSync } from 'node:fs';
import { PROVIDER_NAMES, type ProviderName } from '../core/channel.ts';
import { type Gender, isBirthday, isPersonName, parseCarrier, parsePhone } from '../core/identity.ts';
import { isStorableImpUid } from '../core/ids.ts';
import { AppError } from '../errors.ts';
import people from './people.json' with { type: 'json' };

export interface SeedChannel {
  readonly channel_key: string;
  readonly pg_provider: ProviderName;
  readonly pg_id: string;
  readonly carrier_approval?: boolean;
  readonly foreigner_addon?: boolean;
  /** Full years; absent for people of any age. */
  readonly min_age?: number | null;
}

export interface SeedMerchant {
  readonly id: string;
  readonly name?: string;
  readonly user_code: string;
  readonly imp_key: string;
  readonly imp_secret: string;
  readonly channels: readonly SeedChannel[];
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
    seed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AppError('start_refused', { detail: `${file}: cannot be read as JSON`, cause });
  }
  const problem = findProblem(seed);
  if (problem !== null) throw new AppError('start_refused', { detail: `${file}: ${problem}` });
  return seed as Seed;
}

/** What a member must be: a sentence for the operator, and the test. */
interface Rule {
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
}
type Rules = Readonly<Record<string, Rule>>;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;
const text: Rule = { must: 'be a text', holds: isText };
const optional = ({ must, holds }: Rule): Rule => ({
  must: `${must}, or null`,
  holds: (value) => isMissing(value) || holds(value),
});
const textThat = (must: string, holds: (value: string) => boolean): Rule => ({
  must,
  holds: (value) => isText(value) && holds(value),
});
const truth: Rule = { must: 'be true or false', holds: (value) => typeof value === 'boolean' };
const list: Rule = { must: 'be a list', holds: Array.isArray };

const MERCHANT: Rules = {
  id: text,
  name: optional(text),
  user_code: text,
  imp_key: text,
  imp_secret: text,
  channels: list,
};
const CHANNEL: Rules = {
  channel_key: text,
  pg_provider: textThat(`be one of ${PROVIDER_NAMES.join(', ')}`, (value) =>
    PROVIDER_NAMES.some((name) => name === value),
  ),
  pg_id: text,
  carrier_approval: optional(truth),
  foreigner_addon: optional(truth),
  min_age: optional({
    must: 'be a whole number of 0 to 150',
    holds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 150,
  }),
};
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

type Members = Readonly<Record<string, unknown>>;

function findBrokenRule(value: unknown, rules: Rules): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
  const broken = Object.entries(rules).find(([name, { holds }]) => !holds((value as Members)[name]));
  return broken === undefined ? null : `${broken[0]} must ${broken[1].must}`;
}

/** The first problem of a list's members, said with its place. */
function findInList(name: string, values: unknown, find: (value: unknown) => string | null): string | null {
  for (const [at, value] of (values as readonly unknown[]).entries()) {
    const problem = find(value);
    if (problem !== null) return `${name}[${at}]: ${problem}`;
  }
  return null;
}

function findProblem(seed: unknown): string | null {
  const shape = findBrokenRule(seed, { merchants: list, certifications: list });
  if (shape !== null) return shape;
  const { merchants, certifications } = seed as { merchants: Members[]; certifications: Members[] };
  if (merchants.length === 0) return 'merchants must not be empty';
  const inMerchants = findInList(
    'merchants',
    merchants,
    (merchant) =>
      findBrokenRule(merchant, MERCHANT) ??
      findInList('channels', (merchant as Members)['channels'], (channel) =>
        findBrokenRule(channel, CHANNEL),
      ),
  );
  if (inMerchants !== null) return inMerchants;
  const channelKeys = merchants.flatMap(({ channels }) =>
    (channels as SeedChannel[]).map(({ channel_key }) => channel_key),
  );
  const channel = textThat('be the key of a channel above', (value) => channelKeys.includes(value));
  return findInList('certifications', certifications, (row) => {
    const problem = findBrokenRule(row, { ...ATTEMPT, channel });
    return problem ?? ((row as Members)['certified'] === true ? findBrokenRule(row, PERSON) : null);
  });
}
