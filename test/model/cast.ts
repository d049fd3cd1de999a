/* Who and what the schedules are about: three merchants, their channels, a few people. */

export const MERCHANTS = ['a', 'b', 'c'] as const;
export type MerchantName = (typeof MERCHANTS)[number];

interface CastChannel {
  readonly merchant: MerchantName;
  readonly provider: 'danal' | 'kcp_v2' | 'inicis_unified';
  readonly sendsOtp: boolean;
  readonly offersApp: boolean;
  readonly showsPhone: boolean;
  readonly showsCarrier: boolean;
  readonly showsForeigner: boolean;
  readonly showsDi: boolean;
}

const DANAL = { provider: 'danal', sendsOtp: true, offersApp: false, showsDi: true } as const;
const BARE = { showsPhone: false, showsCarrier: false, showsForeigner: false };
const FULL = { showsPhone: true, showsCarrier: true, showsForeigner: true };
const INICIS = { provider: 'inicis_unified', sendsOtp: false, offersApp: false, showsDi: false } as const;

/** What the contract says of a channel of each kind (§8.2, O6). The first of a merchant is its default. */
export const CHANNELS: Readonly<Record<string, CastChannel>> = {
  'a-inicis': { merchant: 'a', ...INICIS, ...FULL, showsCarrier: false },
  'a-danal': { merchant: 'a', ...DANAL, ...BARE },
  'a-approved': { merchant: 'a', ...DANAL, ...FULL },
  'a-kcp': { merchant: 'a', provider: 'kcp_v2', sendsOtp: true, offersApp: true, showsDi: true, ...FULL },
  'b-danal': { merchant: 'b', ...DANAL, ...BARE },
  'c-inicis': { merchant: 'c', ...INICIS, ...FULL, showsCarrier: false },
};

export const SECRETS: Readonly<Record<MerchantName, string>> = {
  a: 'secret-of-a',
  b: 'secret-of-b',
  c: 'secret-of-c',
};

export const USER_CODES: Readonly<Record<MerchantName, string>> = {
  a: 'imp80000000',
  b: 'imp80000001',
  c: 'imp80000002',
};

/** The merchants as a people file has them. */
export const SEED = {
  merchants: MERCHANTS.map((id) => ({
    id,
    user_code: USER_CODES[id],
    imp_key: `key_${id}`,
    imp_secret: SECRETS[id],
    channels: Object.entries(CHANNELS)
      .filter(([, { merchant }]) => merchant === id)
      .map(([key, { provider, showsPhone }]) => ({
        channel_key: key,
        pg_provider: provider,
        pg_id: `PG-${key}`,
        carrier_approval: showsPhone,
        foreigner_addon: showsPhone,
      })),
  })),
  certifications: [],
};

/** A person as a request names them, and as a result shows them; `birth` is from the contract's vectors (§8.4). */
export interface Person {
  readonly name: string;
  readonly birthSent: string;
  readonly digit: string;
  readonly carrierSent: string;
  readonly birthday: string;
  readonly birth: number;
  readonly gender: 'male' | 'female';
  readonly foreigner: boolean;
  readonly carrier: string;
}

export const PEOPLE: readonly Person[] = [
  {
    name: '홍길동',
    birthSent: '900131',
    digit: '1',
    carrierSent: 'SKT',
    birthday: '1990-01-31',
    birth: 633_711_600,
    gender: 'male',
    foreigner: false,
    carrier: 'SKT',
  },
  {
    name: '성춘향',
    birthSent: '20011225',
    digit: '4',
    carrierSent: 'LGU_MVNO',
    birthday: '2001-12-25',
    birth: 1_009_206_000,
    gender: 'female',
    foreigner: false,
    carrier: 'LGT_MVNO',
  },
  {
    name: 'SAMPLE JOHN',
    birthSent: '550615',
    digit: '5',
    carrierSent: 'kt',
    birthday: '1955-06-15',
    birth: -459_163_800,
    gender: 'male',
    foreigner: true,
    carrier: 'KT',
  },
];

/** What a provider may say of a number instead of sending a code to it. */
export const BLOCKED_PHONE = '01099990086';
export const REFUSED_PHONE = '01099999010';
export const SILENT_PHONE = '01099999993';
export const MISMATCHING_NAME = '불일치';
