import type { CertificationDetails } from '../src/core/certification.ts';
import type { Channel } from '../src/core/channel.ts';
import type { Carrier, Identity } from '../src/core/identity.ts';
import { fakeCi, fakeDi, fakeProviderTid } from '../src/sandbox/fake-ids.ts';

const FAMILY_NAMES = [...'김이박최정강조윤장임한오서신권황안송류홍', '남궁', '선우'];
const SYLLABLES = [
  ...'가경광규기나다대도동라루리민보상서석선성소수승시아연영예온우원유윤은의이인자재정주준지진찬창채태하한해현혜호효훈희',
];
const FOREIGN_NAMES = [
  'KIM JOHN MICHAEL',
  'NGUYEN THI MAI',
  'SMITH ANNA',
  'WANG XIAO',
  'TANAKA YUKI',
  'LEE DAVID',
];
const CARRIERS: readonly Carrier[] = ['SKT', 'KT', 'LGT'];

const DAY = 86_400_000;
const FIRST_BIRTHDAY = Date.UTC(1925, 0, 1);
/** From 1925 into 2007: the life dates that a lookup turns into seconds are many, as in the field. */
const BIRTHDAYS = 30_000;

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

function pick<T>(list: readonly T[]): T {
  return list[below(list.length)] as T;
}

/** Invented details as an agency would deliver them; the numbers are of ranges that nobody has. */
export function randomDetails(channel: Channel, requestedAt: number, row: number): CertificationDetails {
  return {
    merchantUid: Math.random() < 0.5 ? `order_${row}_${requestedAt}` : `nobody_${requestedAt}`,
    pageUrl:
      Math.random() < 0.1 ? null : `https://shop-${channel.merchantId}.example/member/join?step=${below(9)}`,
    providerTid: fakeProviderTid(channel, requestedAt),
    identity: randomIdentity(channel.channelKey),
  };
}

function randomIdentity(channelKey: string): Identity {
  const foreigner = Math.random() < 0.03;
  const person = {
    name: foreigner ? pick(FOREIGN_NAMES) : `${pick(FAMILY_NAMES)}${pick(SYLLABLES)}${pick(SYLLABLES)}`,
    birthday: new Date(FIRST_BIRTHDAY + below(BIRTHDAYS) * DAY).toISOString().slice(0, 10),
    gender: pick(['male', 'female'] as const),
    foreigner,
  };
  return {
    ...person,
    phone: `010${pick(['0000', '9999'])}${String(below(10_000)).padStart(4, '0')}`,
    carrier: pick(CARRIERS),
    mvno: Math.random() < 0.15,
    // Production keeps nobody who is marked as a sandbox's.
    ci: fakeCi(person).replace('SANDBOX/', 'INVENTED'),
    di: fakeDi(person, channelKey).replace('SANDBOX/', 'INVENTED'),
  };
}
