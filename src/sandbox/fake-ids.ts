import { createHmac, randomInt } from 'node:crypto';
import type { Channel } from '../core/channel.ts';
import { genderDigit, type Identity } from '../core/identity.ts';
import { DI_PREFIX, SANDBOX_MARK } from '../core/invented-people.ts';

/*
 * CI, DI and transaction numbers of invented people: in the right format, the same each time, and marked so that nobody
 * takes them for real ones. Only the sandbox makes such values.
 */

type Person = Pick<Identity, 'name' | 'birthday' | 'gender' | 'foreigner'>;

function fakeBytes(key: string, text: string, length: number): string {
  return createHmac('sha512', key)
    .update(text.normalize('NFC'))
    .digest()
    .subarray(0, length)
    .toString('base64');
}

function personKey(person: Person): string {
  return `${person.name}|${person.birthday}|${genderDigit(person)}`;
}

/** Tells people with equal data apart: a CI, or a label. Equal labels mean the same person. */
export interface PersonMark {
  readonly unique_key?: string | null | undefined;
  readonly person?: string | null | undefined;
}

const CI = /^SANDBOX\/[A-Za-z0-9+/]{78}(?:==|[A-Za-z0-9+/][A-Za-z0-9+/=])$/;

/** Whether a text is a CI of a sandbox: 88 characters of base64 that begin with `SANDBOX/`. */
export function isSandboxCi(text: string): boolean {
  return CI.test(text);
}

/** The CI of a person, on every channel and at every merchant. */
export function fakeCi(person: Person, mark: PersonMark = {}): string {
  return mark.unique_key ?? `${SANDBOX_MARK}${fakeBytes('bonin-sandbox-ci-1', keyOf(person, mark), 58)}`;
}

/** The DI of a person at one channel. */
export function fakeDi(person: Person, channelKey: string, mark: PersonMark = {}): string {
  const bytes = fakeBytes('bonin-sandbox-di-1', `${channelKey}|${keyOf(person, mark)}`, 26);
  return `${DI_PREFIX}${SANDBOX_MARK}${bytes}`;
}

/**
 * The identity of a person. A name has no control characters, so a mark can never equal the key of a person without
 * one.
 */
function keyOf(person: Person, { unique_key: uniqueKey, person: label }: PersonMark): string {
  if (uniqueKey != null) return `\0ci\0${uniqueKey}`;
  return label != null ? `\0person\0${label}` : personKey(person);
}

/** A transaction number in the format of the provider that the channel imitates. */
export function fakeProviderTid(channel: Channel, at: number): string {
  // Seoul has been nine hours ahead since 1988; `yyyyMMddHHmmss`.
  const stamp = new Date(at + 9 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14);
  const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');
  switch (channel.provider) {
    case 'danal':
      return `${stamp}${digits(7)}010`;
    case 'inicis':
    case 'inicis_unified':
      return `INISA_${channel.providerMerchantId.padEnd(10, '0').slice(0, 10)}${stamp}${digits(10)}`;
    case 'kcp_v2':
      return `${stamp}${digits(6)}`;
  }
}
