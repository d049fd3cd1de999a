import { createHmac, randomInt } from 'node:crypto';
import type { Channel } from '../core/channel.ts';
import { genderDigit, type Identity } from '../core/identity.ts';

/*
 * CI, DI and transaction numbers of invented people: right in shape, the same each time, and marked so that
 * nobody takes them for an agency's. Only the sandbox makes such values.
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

/** The CI of a person, on every channel and at every merchant. */
export function fakeCi(person: Person): string {
  return `SANDBOX/${fakeBytes('bonin-sandbox-ci-1', personKey(person), 58)}`;
}

/** The DI of a person at one channel. */
export function fakeDi(person: Person, channelKey: string): string {
  return `MC0GCCqGSIb3DQIJAyEASANDBOX/${fakeBytes('bonin-sandbox-di-1', `${channelKey}|${personKey(person)}`, 26)}`;
}

/** A transaction number in the shape of the provider that the channel imitates. */
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
