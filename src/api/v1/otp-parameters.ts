import {
  centuryOf,
  holdsRegistrationNumber,
  isBirthday,
  isPersonName,
  parseCarrier,
  parsePhone,
  readDigit,
  tidyName,
  toBirthday,
} from '../../core/identity.ts';
import type { NewOtpRequest } from '../../core/otp-service.ts';
import type { VerificationMethod } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { OTP_REQUEST } from './body-schemas.ts';
import { isNumber, readExactText, readObject, readText, readTruth } from './parameters.ts';

type Parameters = ReadonlyMap<string, unknown>;

/**
 * The parameters of an OTP request, checked in the order of the contract's table (§11.1): first all missing ones, then
 * the first invalid one.
 */
export function readOtpRequest(parameters: Parameters, now: number): NewOtpRequest {
  const absent = OTP_REQUEST.required.filter((name) => readText(parameters, name).kind === 'absent');
  if (absent.length > 0) throw new AppError('parameters_missing', { names: absent });

  const name = readName(parameters);
  const phone = readPhone(parameters);
  const digit = readGenderDigit(parameters);
  const birthday = readBirth(parameters, digit, now);
  if (digit === null) throw invalid('gender_digit');
  const line = readLine(parameters);
  const serviceName = readShortText(parameters, 'company');
  const merchantUid = readShortText(parameters, 'merchant_uid');
  const channelKeys = ['channel_key', 'channelKey'].map((each) => readOptionalText(parameters, each));
  const pg = readOptionalText(parameters, 'pg');
  const method = readMethod(parameters);
  const bypass = readObject(parameters, 'bypass');
  if (bypass === 'invalid') throw invalid('bypass');
  return {
    claimant: {
      name,
      birthday,
      ...readDigit(digit),
      phone,
      ...line,
    },
    choice: { channelKey: channelKeys.find((key) => key !== null) ?? null, pg },
    method,
    merchantUid,
    serviceName,
    bypass,
  };
}

function readName(parameters: Parameters): string {
  requireText(parameters, 'name');
  // Not the trimmed text: trimming removes some invisible characters, which must be refused.
  const exact = readExactText(parameters, 'name');
  const name = exact.kind === 'text' ? tidyName(exact.text) : '';
  if (!isPersonName(name)) throw invalid('name');
  return name;
}

function readPhone(parameters: Parameters): string {
  const text = requireText(parameters, 'phone');
  const restored = isNumber(parameters, 'phone') && text.startsWith('1') ? `0${text}` : text;
  const phone = parsePhone(restored);
  if (phone === null) throw invalid('phone');
  return phone;
}

/** Sex, century and nationality in one digit, 1 to 8; null for anything else. */
function readGenderDigit(parameters: Parameters): number | null {
  const digit = readText(parameters, 'gender_digit');
  return digit.kind === 'text' && /^[1-8]$/.test(digit.text) ? Number(digit.text) : null;
}

/** `YYYY-MM-DD` from 6 or 8 digits. Without a valid digit the century is unknown, and only the length is checked. */
function readBirth(parameters: Parameters, digit: number | null, now: number): string {
  const text = requireText(parameters, 'birth').replace(/\D/g, '');
  const digits = isNumber(parameters, 'birth') ? text.padStart(6, '0') : text;
  if (digits.length !== 6 && digits.length !== 8) throw invalid('birth');
  if (digit === null) return '';
  if (digits.length === 8 && !digits.startsWith(centuryOf(digit))) throw invalid('birth');
  const birthday = toBirthday(digits.slice(-6), digit);
  if (!isBirthday(birthday, now)) throw invalid('birth');
  return birthday;
}

function readLine(parameters: Parameters): NonNullable<ReturnType<typeof parseCarrier>> {
  const line = parseCarrier(requireText(parameters, 'carrier'));
  if (line === null) throw invalid('carrier');
  const mvno = readTruth(parameters, 'is_mvno');
  if (mvno === 'invalid') throw invalid('is_mvno');
  return { carrier: line.carrier, mvno: line.mvno || mvno === true };
}

function readMethod(parameters: Parameters): VerificationMethod {
  const method = readOptionalText(parameters, 'verification_method')?.toUpperCase() ?? 'SMS';
  if (method !== 'SMS' && method !== 'APP') throw invalid('verification_method');
  return method;
}

function readShortText(parameters: Parameters, name: 'company' | 'merchant_uid'): string | null {
  const text = readOptionalText(parameters, name);
  if (
    text !== null &&
    ([...text].length > OTP_REQUEST.properties[name].maxLength || holdsRegistrationNumber(text))
  )
    throw invalid(name);
  return text;
}

function readOptionalText(parameters: Parameters, name: string): string | null {
  const value = readText(parameters, name);
  if (value.kind === 'invalid') throw invalid(name);
  return value.kind === 'text' ? value.text : null;
}

function requireText(parameters: Parameters, name: string): string {
  const text = readOptionalText(parameters, name);
  if (text === null) throw new AppError('parameters_missing', { names: [name] });
  return text;
}

function invalid(name: string): AppError {
  return new AppError('parameter_invalid', { names: [name] });
}

/** The six digits of an OTP; blanks and hyphens are ignored. */
export function readOtp(parameters: Parameters): string {
  const text = requireText(parameters, 'otp').replace(/[\s-]/g, '');
  const otp = isNumber(parameters, 'otp') ? text.padStart(6, '0') : text;
  if (!/^\d{6}$/.test(otp)) throw invalid('otp');
  return otp;
}
