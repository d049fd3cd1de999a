import type { SavedChannel, Settings } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';

export const CHARSETS = ['UTF-8', 'EUC-KR'] as const;
export type Charset = (typeof CHARSETS)[number];

/** In which field Danal tells a foreigner, and by which values. */
export interface ForeignerField {
  readonly name: string;
  readonly true: string;
  readonly false: string;
}

/** Settings of a channel, with the defaults in the place of what is absent. */
export interface DanalSettings {
  readonly cpid: string;
  readonly cppwd: string;
  readonly cp_title: string;
  /** The first of these fields that is not empty tells the carrier. */
  readonly carrier_fields: readonly string[];
  readonly foreigner_field: ForeignerField | null;
  readonly sex_by_parity: boolean;
  readonly answer_charset: Charset;
  readonly percent_decode_answers: boolean;
  readonly bg_color: string;
  readonly logo_url: string | null;
  readonly mobile_window: boolean;
  readonly send_user_id: boolean;
}

const DEFAULTS = {
  carrier_fields: ['CARRIER', 'TELECOM'],
  foreigner_field: null,
  sex_by_parity: false,
  answer_charset: 'UTF-8',
  percent_decode_answers: false,
  bg_color: '00',
  logo_url: null,
  mobile_window: false,
  send_user_id: false,
} satisfies Partial<DanalSettings>;

/** Fields with a meaning of their own: a channel cannot give them another one. */
const TAKEN = 'RETURNCODE RETURNMSG TID ORDERID USERID NAME DOB SEX IDEN CI DI PHONE'.split(' ');

interface Rule {
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
  readonly required?: true;
}

const TRUTH: Rule = { must: 'be true or false', holds: (value) => typeof value === 'boolean' };
const ASCII: Rule = {
  must: 'have 1 to 32 printable ASCII characters',
  holds: matches(/^[ -~]{1,32}$/),
  required: true,
};
const RULES = {
  cpid: ASCII,
  cppwd: ASCII,
  cp_title: {
    must: 'have 1 to 50 characters, none of them a control character',
    holds: matches(/^[^\p{C}\p{Zl}\p{Zp}]{1,50}$/u),
    required: true,
  },
  environment: {
    must: 'be production or absent: Danal has no other environment',
    holds: matches(/^production$/),
  },
  carrier_approval: TRUTH,
  foreigner_addon: TRUTH,
  carrier_fields: {
    must: 'be a list of 1 to 8 names of fields, none of them one that the adapter reads as something else',
    holds: (value) => Array.isArray(value) && value.length >= 1 && value.length <= 8 && value.every(isField),
  },
  foreigner_field: {
    must: 'be an object with name (a field that the adapter does not read as something else), true and false (two different texts of 1 to 32 characters)',
    holds: isForeignerField,
  },
  sex_by_parity: TRUTH,
  answer_charset: {
    must: 'be UTF-8 or EUC-KR',
    holds: (value) => CHARSETS.some((charset) => charset === value),
  },
  percent_decode_answers: TRUTH,
  bg_color: { must: 'be a text from 00 to 10', holds: matches(/^(?:0\d|10)$/) },
  logo_url: { must: 'be an https address of at most 255 characters', holds: isLogo },
  mobile_window: TRUTH,
  send_user_id: TRUTH,
} satisfies Readonly<Record<string, Rule>>;

/** What is kept of the settings of a channel: the members as they were given. Rejects with `input_refused`. */
export function parseSettings(value: unknown, channel: SavedChannel): Settings {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('settings must be an object');
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given))
    if (!Object.hasOwn(RULES, name))
      throw refuse(`settings.${toShown(name)} is not known here (known: ${Object.keys(RULES).join(', ')})`);
  for (const [name, { must, holds, required }] of Object.entries<Rule>(RULES)) {
    const isGiven = Object.hasOwn(given, name);
    if (isGiven ? !holds(given[name]) : required)
      throw refuse(`settings.${name} must ${must}${isGiven ? '' : ' (it is missing)'}`);
  }
  requireSame('cpid', 'pg_id', given, channel.providerMerchantId);
  requireSame('carrier_approval', 'carrier_approval', given, channel.carrierApproval);
  requireSame('foreigner_addon', 'foreigner_addon', given, channel.foreignerAddOn);
  return { ...given };
}

/** The settings of a channel in use. Rejects with `provider_misconfigured` when they do not fit the channel. */
export function readSettings(settings: Settings, channel: SavedChannel): DanalSettings {
  try {
    const given = parseSettings(settings, channel) as Omit<DanalSettings, keyof typeof DEFAULTS>;
    return { ...DEFAULTS, ...given };
  } catch (cause) {
    const detail = `danal: ${cause instanceof AppError ? cause.explanation : 'the settings cannot be read'}`;
    throw new AppError('provider_misconfigured', { detail, cause });
  }
}

/** What the channel itself says, too, cannot be said in another way here. */
function requireSame(
  name: string,
  member: string,
  given: Readonly<Record<string, unknown>>,
  ofChannel: unknown,
) {
  if (Object.hasOwn(given, name) && given[name] !== ofChannel)
    throw refuse(`settings.${name} must be equal to ${member} of the channel`);
}

function matches(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function isField(value: unknown): boolean {
  return typeof value === 'string' && /^\w{1,32}$/.test(value) && !TAKEN.includes(value.toUpperCase());
}

function isForeignerField(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return false;
  const { name, true: foreign, false: own } = value as Readonly<Record<string, unknown>>;
  return isField(name) && foreign !== own && [foreign, own].every(matches(/^[ -~]{1,32}$/));
}

function isLogo(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 255 || !/^https:\/\/[!-~]+$/.test(value)) return false;
  const url = URL.parse(value);
  return url !== null && url.username === '' && url.password === '';
}

/** A name that does not look like one may be a secret in the wrong place. */
function toShown(name: string): string {
  return /^[A-Za-z_]{1,30}$/.test(name) ? name : '(a name that is not shown)';
}

function refuse(explanation: string): AppError {
  return new AppError('input_refused', { explanation });
}
