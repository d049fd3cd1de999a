import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  type Certification,
  type CertificationDetails,
  type CertificationState,
  packDetails,
  splitDetails,
} from '../../core/certification.ts';
import { type Channel, PROVIDER_NAMES } from '../../core/channel.ts';
import type { Identity } from '../../core/identity.ts';
import { CERTIFICATION, CERTIFIED, UNCERTIFIED } from './certification-schema.ts';
import { toCertification } from './wire.ts';

const NOW = Date.UTC(2026, 0, 1);

const CHANNEL: Channel = {
  id: 1,
  merchantId: 1,
  position: 0,
  channelKey: 'channel-a',
  adapter: 'sandbox',
  provider: 'danal',
  providerMerchantId: 'A010002002',
  carrierApproval: false,
  foreignerAddOn: false,
  minimumAge: null,
  settings: { keyId: 1, salt: new Uint8Array(), blob: new Uint8Array() },
  proof: new Uint8Array(),
};

const IDENTITY: { readonly [Member in keyof Identity]: readonly Identity[Member][] } = {
  name: ['홍길동'],
  birthday: ['1969-12-31'],
  gender: ['female', null],
  foreigner: [true, false, null],
  phone: ['01000000001', '0111234567', null],
  carrier: ['SKT', 'KT', 'LGT', null],
  mvno: [true, false],
  ci: [`${'c'.repeat(86)}==`, null],
  di: ['d'.repeat(64), null],
};

/** One value of each list, in every combination. */
function combine<Shape extends object>(lists: { readonly [Name in keyof Shape]: readonly Shape[Name][] }) {
  return Object.entries<readonly unknown[]>(lists).reduce<object[]>(
    (made, [name, values]) => made.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
    [{}],
  ) as Shape[];
}

const CHANNELS = combine<Pick<Channel, 'provider' | 'carrierApproval' | 'foreignerAddOn'>>({
  provider: PROVIDER_NAMES,
  carrierApproval: [true, false],
  foreignerAddOn: [true, false],
}).map((contract): Channel => ({ ...CHANNEL, ...contract }));

function write(channel: Channel, state: CertificationState, details: CertificationDetails): unknown {
  const certification: Certification = {
    impUid: 'imp_000000000001',
    channel,
    state,
    requestedAt: NOW,
    certifiedAt: state === 'certified' ? NOW + 999 : null,
    details: splitDetails(packDetails(details)),
  };
  return JSON.parse(toCertification(certification));
}

/** What is written and does not fit the schema, or stands in another order. */
function findStrays(written: readonly unknown[], schema: typeof CERTIFIED | typeof UNCERTIFIED) {
  const order = Object.keys(schema.entries);
  return written.filter((object) => {
    const names = Object.keys(object as object);
    const inOrder = order.filter((name) => names.includes(name));
    return !v.is(CERTIFICATION, object) || !v.is(schema, object) || names.join() !== inOrder.join();
  });
}

describe('the certification on the wire', () => {
  it.each(PROVIDER_NAMES)('of %s fits its schema, whatever the agency tells', (provider) => {
    const people = combine(IDENTITY);
    const written = CHANNELS.filter((channel) => channel.provider === provider).flatMap((channel) =>
      people.flatMap((identity) =>
        ['https://shop.example/?a="b"', null].map((pageUrl) =>
          write(channel, 'certified', { merchantUid: 'order-1', pageUrl, providerTid: 'tid', identity }),
        ),
      ),
    );
    expect(written).toHaveLength(4 * 2 * 3 * 3 * 4 * 2 * 2 * 2 * 2);
    expect(findStrays(written, CERTIFIED)).toEqual([]);
  });

  it.each(['pending', 'failed', 'expired'] as const)('of one that is %s fits its schema', (state) => {
    const written = CHANNELS.flatMap((channel) =>
      ['tid', null].flatMap((providerTid) =>
        ['about:blank', null].map((pageUrl) =>
          write(channel, state, { merchantUid: 'order-1', pageUrl, providerTid, identity: null }),
        ),
      ),
    );
    expect(findStrays(written, UNCERTIFIED)).toEqual([]);
  });

  it('of a test host that returned no birthday has that of nobody', () => {
    const [identity] = combine(IDENTITY);
    if (identity === undefined) throw new Error('there is nobody');
    const details = { merchantUid: 'order-1', pageUrl: null, providerTid: 'tid' };
    const written = write(CHANNEL, 'certified', { ...details, identity: { ...identity, birthday: '' } });
    expect(written).toMatchObject({ certified: true, birth: 0, birthday: null, name: '홍길동' });
  });

  it.each([
    { phone: null },
    { carrier: null },
    { carrier: 'LGU+' },
    { unique_key: null },
    { pg_tid: null },
    { certified_at: 0.5 },
    { birthday: '19691231' },
    { phone: '0101234567' },
    { certified: false },
    { nickname: '길동' },
  ])('would not fit with %j', (change) => {
    const [identity] = combine(IDENTITY);
    if (identity === undefined) throw new Error('there is nobody');
    const channel: Channel = { ...CHANNEL, provider: 'kcp_v2' };
    const right = write(channel, 'certified', {
      merchantUid: 'order-1',
      pageUrl: null,
      providerTid: 'tid',
      identity,
    });
    expect(findStrays([right], CERTIFIED)).toEqual([]);
    expect(v.is(CERTIFICATION, { ...(right as object), ...change })).toBe(false);
  });
});
