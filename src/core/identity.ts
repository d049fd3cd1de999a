import { AppError } from '../errors.ts';
import { hasUnseen } from './unseen.ts';

export type Gender = 'male' | 'female';
const CARRIER_NETWORKS = ['SKT', 'KT', 'LGT'] as const;
export type Carrier = (typeof CARRIER_NETWORKS)[number];

/** What a person chooses as their carrier. Budget operators (알뜰폰) also have a network. */
export const CARRIER_CHOICES = [...CARRIER_NETWORKS, 'MVNO'] as const;
export type CarrierChoice = (typeof CARRIER_CHOICES)[number];

/** The networks, and the networks with the mark of a budget operator (알뜰폰). */
export const CARRIER_NAMES: readonly string[] = [
  ...CARRIER_NETWORKS,
  ...CARRIER_NETWORKS.map((network) => `${network}_MVNO`),
];

/** What a provider vouched for. `null` means that the provider did not tell. */
export interface Identity {
  readonly name: string;
  /** `YYYY-MM-DD`, Gregorian. Empty only when the test host of an agency returned none. */
  readonly birthday: string;
  readonly gender: Gender | null;
  readonly foreigner: boolean | null;
  /** Digits only. */
  readonly phone: string | null;
  readonly carrier: Carrier | null;
  /** True when the line belongs to a budget operator (알뜰폰) on the network of `carrier`. */
  readonly mvno: boolean;
  /** 연계정보: 88 characters of base64, the same for one person everywhere. */
  readonly ci: string | null;
  /** 중복가입확인정보: 64 characters of base64, the same for one person at one provider merchant id. */
  readonly di: string | null;
}

/**
 * Rejects with `incomplete_result` for a result without a name or a valid birthday. With `mayLackBirthday` the birthday
 * may be empty, but not wrong.
 */
export function requireComplete({ name, birthday }: Identity, now: number, mayLackBirthday = false): void {
  const hasBirthday = isBirthday(birthday, now) || (mayLackBirthday && birthday === '');
  if (name.trim() === '' || !hasBirthday)
    throw new AppError('incomplete_result', { detail: 'the result has no name or no birthday' });
}

/**
 * Rejects with `binding_mismatch` for a result about another person than the one who was named: another name, birthday
 * or phone number. Some agencies return no phone number.
 */
export function requireNamedPerson(
  identity: Pick<Identity, 'name' | 'birthday' | 'phone'>,
  named: Pick<Identity, 'name' | 'birthday' | 'phone'>,
): void {
  const isSame =
    tidyName(identity.name) === tidyName(named.name) &&
    identity.birthday === named.birthday &&
    (identity.phone === null || identity.phone === named.phone);
  if (!isSame)
    throw new AppError('binding_mismatch', {
      detail: 'the result is about another person than the one named',
    });
}

/**
 * Rejects with `binding_mismatch` for a result about another person than the merchant's call fixed. What is empty or
 * absent was not fixed. Some agencies return no phone number.
 */
export function requireFixedPerson(
  identity: Identity,
  fixed: { readonly name: string; readonly phone: string; readonly birthday?: string },
): void {
  const { name, birthday, phone } = identity;
  const named = {
    name: fixed.name || name,
    birthday: fixed.birthday || birthday,
    phone: fixed.phone || phone,
  };
  requireNamedPerson(identity, named);
}

const EARLIEST_BIRTHDAY = '1902-01-01';
const SEOUL_OFFSET = 9 * 60 * 60 * 1000;

/** Today's date in Asia/Seoul as `YYYY-MM-DD`. Seoul has had no summer time since 1988. */
export function todayInSeoul(now: number): string {
  return new Date(now + SEOUL_OFFSET).toISOString().slice(0, 10);
}

/** Full years (만 나이) today in Asia/Seoul. A person born on 29 February is a year older on 1 March. */
export function ageOf(birthday: string, now: number): number {
  const today = todayInSeoul(now);
  const years = Number(today.slice(0, 4)) - Number(birthday.slice(0, 4));
  return today.slice(5) < birthday.slice(5) ? years - 1 : years;
}

/** Whether `text` is `YYYY-MM-DD` and such a day exists. */
function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Whether `text` is a day of the calendar between 1902-01-01 and today in Asia/Seoul. */
export function isBirthday(text: string, now: number): boolean {
  return isCalendarDay(text) && text >= EARLIEST_BIRTHDAY && text <= todayInSeoul(now);
}

/** `YYYY-MM-DD` of six digits `YYMMDD`, with the century of the digit of sex, century and nationality. */
export function toBirthday(sixDigits: string, digit: number): string {
  const [, year, month, day] = /^(\d\d)(\d\d)(\d\d)$/.exec(sixDigits) ?? [];
  return `${centuryOf(digit)}${year}-${month}-${day}`;
}

/** First two digits of the year of birth: 1, 2, 5 and 6 are of the last century. */
export function centuryOf(digit: number): '19' | '20' {
  return [1, 2, 5, 6].includes(digit) ? '19' : '20';
}

/** Sex and nationality, which the digit also tells. */
export function readDigit(digit: number): { gender: Gender; foreigner: boolean } {
  return { gender: digit % 2 === 1 ? 'male' : 'female', foreigner: digit >= 5 };
}

/** A name as it is kept: in NFC, with single blanks between its words and none around it. Blanks of any width count. */
export function tidyName(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\p{Zs}+/gu, ' ')
    .replace(/^ | $/g, '');
}

/**
 * Whether `text` can be a person's name: 1 to 50 characters, one of them a letter, none that breaks a page, and none
 * that is invisible. With invisible characters two names that look the same would be two people.
 */
export function isPersonName(text: string): boolean {
  const length = [...text].length;
  const written =
    length >= 1 && length <= 50 && /\p{L}/u.test(text) && !/[?<>\uFFFD]/u.test(text) && !hasUnseen(text);
  return written && !mayHoldRegistrationNumber(text);
}

/**
 * Whether a field about a person holds what may be a resident registration number, with its hyphen or without:
 * such a number is refused and not kept.
 */
function mayHoldRegistrationNumber(text: string): boolean {
  return /\d{6}-?\d{7}/.test(text.normalize('NFKC'));
}

/**
 * Whether a free text holds a resident registration number: the hyphenated form with a real date and a first back
 * digit from 1 to 8. Thirteen digits alone are none, since millisecond timestamps look like that.
 */
export function holdsRegistrationNumber(text: string): boolean {
  for (const [, date = '', digit = ''] of text
    .normalize('NFKC')
    .matchAll(/(?<!\d)(\d{6})-([1-8])\d{6}(?!\d)/g)) {
    const century = '1256'.includes(digit) ? '19' : '20';
    const day = `${century}${date.slice(0, 2)}-${date.slice(2, 4)}-${date.slice(4)}`;
    if (isCalendarDay(day)) return true;
  }
  return false;
}

/**
 * Digits of a Korean mobile number, or null. The country code 82 becomes the leading zero, with a zero behind it too;
 * numbers that begin with 010 have eleven digits.
 */
export function parsePhone(text: string): string | null {
  const digits = text.replace(/\D/g, '').replace(/^820?(?=10)/, '0');
  return /^(?:010\d{8}|01[16789]\d{7,8})$/.test(digits) ? digits : null;
}

const CARRIERS: Readonly<Record<string, Carrier>> = {
  SKT: 'SKT',
  SKTELECOM: 'SKT',
  KT: 'KT',
  KTF: 'KT',
  LGT: 'LGT',
  LGU: 'LGT',
  'LGU+': 'LGT',
  LG: 'LGT',
  LGUPLUS: 'LGT',
};
const BUDGET_CARRIERS: Readonly<Record<string, Carrier>> = {
  SKT_MVNO: 'SKT',
  SKM: 'SKT',
  KT_MVNO: 'KT',
  KTF_MVNO: 'KT',
  KTM: 'KT',
  LGT_MVNO: 'LGT',
  LGU_MVNO: 'LGT',
  LGM: 'LGT',
};

/**
 * Every spelling of a carrier that `parseCarrier` knows, in upper case: first those of the networks, then of budget
 * lines.
 */
export const CARRIER_SPELLINGS: readonly string[] = [
  ...Object.keys(CARRIERS),
  ...Object.keys(BUDGET_CARRIERS),
];

/** The network behind a carrier's spelling, in any letter case; null for one that names no network. */
export function parseCarrier(text: string): { carrier: Carrier; mvno: boolean } | null {
  const spelling = text.toUpperCase();
  if (Object.hasOwn(CARRIERS, spelling)) return { carrier: CARRIERS[spelling] as Carrier, mvno: false };
  if (Object.hasOwn(BUDGET_CARRIERS, spelling))
    return { carrier: BUDGET_CARRIERS[spelling] as Carrier, mvno: true };
  return null;
}

/** The digit that says sex, century and nationality (1–8; 0 when the sex is unknown). Never stored. */
export function genderDigit(identity: Pick<Identity, 'birthday' | 'gender' | 'foreigner'>): number {
  if (identity.gender === null) return 0;
  const sex = identity.gender === 'male' ? 1 : 2;
  const century = identity.birthday >= '2000' ? 2 : 0;
  return sex + century + (identity.foreigner ? 4 : 0);
}
