import { createHmac } from 'node:crypto';
import { CaseError, type GoldenPerson } from '../../src/conformance/case-file.ts';
import type { ProviderName } from '../../src/core/channel.ts';
import type { Carrier } from '../../src/core/identity.ts';
import type { NewChannel } from '../../src/core/merchant.ts';

/*
 * Who exists in the world of the cases: section 2 of cases/v1/README.md. Written out here a second time, CI and
 * DI included, and not taken from src/sandbox: that way the cases check both.
 */

interface KeyPair {
  readonly merchant: string;
  readonly impKey: string;
  readonly impSecret: string;
}

function fixtureSecret(name: string): string {
  return `BoninFixtureSecret${name}`.padEnd(80, '0');
}

export const KEY_PAIRS: ReadonlyMap<string, KeyPair> = new Map([
  [
    'A1',
    {
      merchant: 'A',
      impKey: 'imp_apikey',
      impSecret: 'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f',
    },
  ],
  ['A2', { merchant: 'A', impKey: '1000000000000011', impSecret: fixtureSecret('A2') }],
  ['B1', { merchant: 'B', impKey: 'imp_apikey_b', impSecret: 'sandbox_secret_b' }],
  ['C1', { merchant: 'C', impKey: '3000000000000003', impSecret: fixtureSecret('C1') }],
]);

export const MERCHANTS = [
  { id: 'A', name: '가상상점', userCode: 'imp00000000' },
  { id: 'B', name: '가상서점', userCode: 'imp00000001' },
  { id: 'C', name: '빈상점', userCode: 'imp00000002' },
] as const;

type ChannelRow = NewChannel & { readonly merchant: string };

function channel(
  channelKey: string,
  merchant: string,
  provider: ProviderName,
  providerMerchantId: string,
  additions: { readonly carrierApproval?: boolean; readonly foreignerAddOn?: boolean } = {},
): ChannelRow {
  return {
    channelKey,
    merchant,
    provider,
    providerMerchantId,
    carrierApproval: false,
    foreignerAddOn: false,
    minimumAge: null,
    ...additions,
  };
}

export const CHANNELS: readonly ChannelRow[] = [
  channel('channel-danal', 'A', 'danal', 'FAKEDANAL1'),
  channel('channel-danal-approved', 'A', 'danal', 'FAKEDANAL2', {
    carrierApproval: true,
    foreignerAddOn: true,
  }),
  channel('channel-inicis', 'A', 'inicis_unified', 'FAKEiasMID'),
  channel('channel-kcp', 'A', 'kcp_v2', 'FAKE0'),
  channel('channel-danal-carrier', 'A', 'danal', 'FAKEDANAL3', { carrierApproval: true }),
  channel('channel-danal-foreigner', 'A', 'danal', 'FAKEDANAL4', { foreignerAddOn: true }),
  channel('channel-danal-b', 'B', 'danal', 'FAKEDANALB'),
];

function person(
  name: string,
  birthday: string,
  gender: 'male' | 'female',
  phone: string,
  carrier: string,
  foreigner = false,
): GoldenPerson {
  return { name, birthday, gender, foreigner, phone, carrier };
}

const PEOPLE: ReadonlyMap<string, GoldenPerson> = new Map([
  ['gildong', person('홍길동', '1990-01-31', 'male', '01000000001', 'SKT')],
  ['chunhyang', person('성춘향', '2001-12-25', 'female', '01000000003', 'LGT_MVNO')],
  ['mongryong', person('이몽룡', '1988-07-01', 'male', '01000000004', 'KT')],
  ['simcheong', person('심청', '2004-02-29', 'female', '01000000005', 'KT')],
  ['john', person('SAMPLE JOHN', '1965-03-02', 'male', '01000000006', 'SKT_MVNO', true)],
  ['janghwa', person('장화', '2015-05-05', 'female', '01000000007', 'LGT')],
  ['hakdo', person('변학도', '1955-06-15', 'male', '01000000008', 'KT_MVNO')],
]);

/** A person of a case: one of the world by name, or the one that the case describes. */
export function findPerson(named: string | GoldenPerson): GoldenPerson {
  const found = typeof named === 'string' ? PEOPLE.get(named) : named;
  if (found === undefined) throw new CaseError(`there is no person "${String(named)}" in the world`);
  return found;
}

const NETWORKS: readonly Carrier[] = ['SKT', 'KT', 'LGT'];

/** A carrier of the people table as the records keep it. */
export function splitCarrier(spelling: string | null): { carrier: Carrier | null; mvno: boolean } {
  if (spelling === null) return { carrier: null, mvno: false };
  const carrier = NETWORKS.find((network) => spelling === network || spelling === `${network}_MVNO`);
  if (carrier === undefined) throw new CaseError(`there is no carrier "${spelling}" in the world`);
  return { carrier, mvno: spelling !== carrier };
}

function personKey({ name, birthday, gender, foreigner }: GoldenPerson): string {
  const sex = { male: 1, female: 2 };
  const digit =
    gender === null ? 0 : sex[gender] + (birthday.startsWith('20') ? 2 : 0) + (foreigner === true ? 4 : 0);
  return `${name}|${birthday}|${digit}`;
}

function firstBytes(count: number, key: string, text: string): string {
  const mac = createHmac('sha512', key).update(text.normalize('NFC'), 'utf8').digest();
  return mac.subarray(0, count).toString('base64');
}

export function ciOf(one: GoldenPerson): string {
  return `SANDBOX/${firstBytes(58, 'bonin-sandbox-ci-1', personKey(one))}`;
}

export function diOf(one: GoldenPerson, channelKey: string): string {
  return `MC0GCCqGSIb3DQIJAyEASANDBOX/${firstBytes(26, 'bonin-sandbox-di-1', `${channelKey}|${personKey(one)}`)}`;
}
