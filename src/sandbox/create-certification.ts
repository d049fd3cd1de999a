import type { CertificationService } from '../core/certification-service.ts';
import type { Channel } from '../core/channel.ts';
import { wholeSecond } from '../core/clock.ts';
import {
  holdsRegistrationNumber,
  type Identity,
  isBirthday,
  isPersonName,
  parseCarrier,
  parsePhone,
} from '../core/identity.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import { AppError } from '../errors.ts';
import { fakeCi, fakeDi, fakeProviderTid } from './fake-ids.ts';
import type { MovableClock } from './movable-clock.ts';
import type { Seed } from './people-file.ts';
import type { RecentCertifications } from './recent-certifications.ts';

type Body = Readonly<Record<string, unknown>>;

interface Services {
  readonly merchants: MerchantService;
  readonly certifications: CertificationService;
  readonly clock: MovableClock;
  readonly seed: Seed;
  readonly recent: RecentCertifications;
}

/** Whoever is not described otherwise is this person. */
const DEFAULT_PERSON = {
  name: '홍길동',
  birthday: '1990-01-31',
  gender: 'male',
  phone: '01000000001',
  carrier: 'SKT',
  foreigner: false,
} as const;

const LONGEST_TEXT = 100;
const LONGEST_ORIGIN = 2000;

/**
 * `POST /sandbox/certifications`: makes a certification at once. Every member is optional: `name`, `birthday`,
 * `gender`, `phone`, `carrier`, `foreigner`, `merchant_uid`, `channel_key`, `certified`, `origin`. A member that
 * is null is one that the provider does not tell.
 */
export async function createSandboxCertification(
  services: Services,
  body: Body,
): Promise<{ imp_uid: string }> {
  const now = wholeSecond(services.clock.now());
  const channel = await readChannel(services, body);
  const certified = readTruth(body, 'certified') ?? true;
  const identity = readIdentity(body, channel, now);
  const impUid = await services.certifications.keep({
    channel,
    state: certified ? 'certified' : 'pending',
    requestedAt: now,
    certifiedAt: certified ? now : null,
    merchantUid: readText(body, 'merchant_uid', LONGEST_TEXT) ?? `nobody_${services.clock.now()}`,
    pageUrl: readText(body, 'origin', LONGEST_ORIGIN),
    providerTid: certified ? fakeProviderTid(channel, now) : null,
    identity: certified ? identity : null,
  });
  services.recent.add({
    imp_uid: impUid,
    channel_key: channel.channelKey,
    name: certified ? identity.name : null,
    method: null,
    service: null,
    state: certified ? 'certified' : 'waiting',
    at: now,
  });
  return { imp_uid: impUid };
}

async function readChannel({ merchants, seed }: Services, body: Body): Promise<Channel> {
  const channelKey =
    readText(body, 'channel_key', LONGEST_TEXT) ?? seed.merchants[0]?.channels[0]?.channel_key;
  const channel = channelKey === undefined ? null : await merchants.findChannel(channelKey);
  if (channel === null) throw new AppError('channel_not_found');
  return channel;
}

function readIdentity(body: Body, channel: Channel, now: number): Identity {
  const person = {
    name: readName(body),
    birthday: readBirthday(body, now),
    gender: readGender(body),
    foreigner: body['foreigner'] === null ? null : (readTruth(body, 'foreigner') ?? DEFAULT_PERSON.foreigner),
  };
  return {
    ...person,
    phone: readPhone(body),
    ...readCarrier(body),
    ci: fakeCi(person),
    di: fakeDi(person, channel.channelKey),
  };
}

function readName(body: Body): string {
  const name = readText(body, 'name', LONGEST_TEXT) ?? DEFAULT_PERSON.name;
  if (!isPersonName(name)) throw invalid('name');
  return name;
}

function readBirthday(body: Body, now: number): string {
  const birthday = readText(body, 'birthday', LONGEST_TEXT) ?? DEFAULT_PERSON.birthday;
  if (!isBirthday(birthday, now)) throw invalid('birthday');
  return birthday;
}

function readGender(body: Body): Identity['gender'] {
  if (body['gender'] === null) return null;
  const gender = readText(body, 'gender', LONGEST_TEXT) ?? DEFAULT_PERSON.gender;
  if (gender !== 'male' && gender !== 'female') throw invalid('gender');
  return gender;
}

function readPhone(body: Body): string | null {
  if (body['phone'] === null) return null;
  const phone = parsePhone(readText(body, 'phone', LONGEST_TEXT) ?? DEFAULT_PERSON.phone);
  if (phone === null) throw invalid('phone');
  return phone;
}

function readCarrier(body: Body): Pick<Identity, 'carrier' | 'mvno'> {
  if (body['carrier'] === null) return { carrier: null, mvno: false };
  const carrier = parseCarrier(readText(body, 'carrier', LONGEST_TEXT) ?? DEFAULT_PERSON.carrier);
  if (carrier === null) throw invalid('carrier');
  return carrier;
}

function readText(body: Body, name: string, longest: number): string | null {
  const value = body[name] ?? null;
  if (value === null) return null;
  if (typeof value !== 'string' || value.length > longest || /[\p{Cc}\p{Cs}]/u.test(value))
    throw invalid(name);
  if (holdsRegistrationNumber(value)) throw invalid(name);
  const text = value.normalize('NFC').trim();
  return text === '' ? null : text;
}

function readTruth(body: Body, name: string): boolean | null {
  const value = body[name] ?? null;
  if (value !== null && typeof value !== 'boolean') throw invalid(name);
  return value;
}

function invalid(name: string): AppError {
  return new AppError('parameter_invalid', { names: [name] });
}
