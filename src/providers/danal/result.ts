import { centuryOf, type Gender, readDigit } from '../../core/identity.ts';
import type { HostedResult, HostedReturn } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { readPerson } from '../person.ts';
import type { Fields } from './answers.ts';
import type { Memo } from './memo.ts';
import { requireSuccess } from './refusals.ts';
import type { DanalSettings } from './settings.ts';

/** Longest `pg_tid`. */
const LONGEST_TID = 50;

/** A result, and the spelling of a carrier that nobody knows; null for none, and for what may be a person's data. */
export interface ReadResult extends HostedResult {
  readonly unclear: readonly string[];
  readonly unknownCarrier: string | null;
}

/**
 * The person in Danal's answer to CONFIRM. Rejects with the meaning of its code, with `binding_mismatch` for the answer
 * to another visit, and with `incomplete_result`.
 */
export function readResult(
  answer: Fields,
  visit: Pick<HostedReturn, 'attemptId' | 'channel' | 'now'> & { settings: DanalSettings; memo: Memo },
): ReadResult {
  const { attemptId, channel, now, settings, memo } = visit;
  requireSuccess(answer.get('RETURNCODE'), 'confirm');
  const isOurs = (name: string, ours: string) => !answer.has(name) || answer.get(name) === ours;
  if (answer.get('TID') !== memo.tid) throw mismatch('TID');
  if (!isOurs('ORDERID', attemptId)) throw mismatch('ORDERID');
  if (memo.sendsUserId && !isOurs('USERID', attemptId)) throw mismatch('USERID');

  const told = (name: string) => answer.get(name) ?? '';
  const unclear: string[] = [];
  const { birthday, gender } = readBirthAndSex(told, settings, unclear);
  const carrierField = settings.carrier_fields.find((name) => told(name).trim() !== '');
  const { identity, unclear: unread } = readPerson(
    {
      name: told('NAME'),
      birthday,
      gender,
      foreigner: channel.foreignerAddOn ? readForeigner(told, settings, unclear) : null,
      phone: channel.carrierApproval ? told('PHONE') : '',
      carrier: channel.carrierApproval && carrierField !== undefined ? told(carrierField) : '',
      ci: told('CI').trim() === '' ? '' : told('CI'),
      di: told('DI').trim() === '' ? '' : told('DI'),
    },
    now,
  );
  const { name, ci, di, phone } = identity;
  if (name === '' || identity.birthday === '' || ci === null)
    throw new AppError('incomplete_result', { detail: 'danal: no name, birthday or CI' });
  // The core compares a phone number that is there; here it could be missing only because nobody vouched for it.
  if (memo.fixesPhone && channel.carrierApproval && phone === null) throw mismatch('PHONE');

  if (di === null) unclear.push('DI');
  if (channel.carrierApproval && phone === null) unclear.push('PHONE');
  if (channel.carrierApproval && carrierField === undefined) unclear.push(...settings.carrier_fields);
  unclear.push(
    ...unread.map((member) => (member === 'carrier' ? (carrierField ?? member) : member.toUpperCase())),
  );
  const isUnknown = unread.includes('carrier') && carrierField !== undefined;
  return {
    providerTid: memo.tid.length <= LONGEST_TID ? memo.tid : attemptId,
    identity,
    unclear,
    unknownCarrier: isUnknown ? toShownCarrier(told(carrierField)) : null,
  };
}

/** `DOB` and `SEX`; without them `IDEN`, six digits and the digit of sex and century. */
function readBirthAndSex(
  told: (name: string) => string,
  { sex_by_parity }: DanalSettings,
  unclear: string[],
): { readonly birthday: string; readonly gender: Gender | null } {
  const [, day = '', last = ''] = /^(\d{6})([1-8])$/.exec(told('IDEN')) ?? [];
  const digit = Number(last);
  if (told('IDEN') !== '' && last === '') unclear.push('IDEN');
  const sex = told('SEX');
  const isKnown = sex_by_parity ? /^[1-8]$/.test(sex) : /^[12]$/.test(sex);
  if (!isKnown && (sex !== '' || last === '')) unclear.push('SEX');
  const fromIden = last === '' || sex !== '' ? null : readDigit(digit).gender;
  return {
    birthday: told('DOB') || (last === '' ? '' : `${centuryOf(digit)}${day}`),
    gender: isKnown ? readDigit(Number(sex)).gender : fromIden,
  };
}

function readForeigner(
  told: (name: string) => string,
  { foreigner_field }: DanalSettings,
  unclear: string[],
): boolean | null {
  if (foreigner_field === null) {
    unclear.push('foreigner');
    return null;
  }
  const value = told(foreigner_field.name);
  if (value === foreigner_field.true) return true;
  if (value === foreigner_field.false) return false;
  unclear.push(foreigner_field.name);
  return null;
}

/** A spelling that can only be that of a carrier. */
function toShownCarrier(spelling: string): string | null {
  return /^(?:[A-Z][A-Z_+]{1,11}|\d{1,2})$/.test(spelling) ? spelling : null;
}

function mismatch(name: string): AppError {
  return new AppError('binding_mismatch', { detail: `danal: ${name} is not that of the visit` });
}
