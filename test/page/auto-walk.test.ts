import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const NOBODY = { name: '아무개', phone: '01077778888' };

/** Who is certified when the page walks by itself; `birthday` tells whose the rest is. */
const CALLS: readonly [param: object, certified: object][] = [
  [{}, { name: '홍길동', birthday: '1990-01-31' }],
  [{ name: '심청' }, { name: '심청', birthday: '2004-02-29', phone: '01000000005' }],
  [{ phone: '010-0000-0005' }, { name: '심청', birthday: '2004-02-29', phone: '01000000005' }],
  [
    { name: '심청', phone: 1000000005 },
    { name: '심청', birthday: '2004-02-29', phone: '01000000005' },
  ],
  // The name goes before the number, which may be a new one.
  [
    { name: '심청', phone: '01000000003' },
    { name: '심청', birthday: '2004-02-29', phone: '01000000003' },
  ],
  [{ name: NOBODY.name }, { name: NOBODY.name, birthday: '1990-01-31', phone: '01000000001' }],
  [{ phone: NOBODY.phone }, { name: '홍길동', birthday: '1990-01-31', phone: NOBODY.phone }],
  [NOBODY, { ...NOBODY, birthday: '1990-01-31' }],
  [
    { ...NOBODY, carrier: 'LGT' },
    { ...NOBODY, carrier: 'LGT' },
  ],
  // Unreadable: not filled in at all.
  [{ name: '심청 040229-4000000', phone: '02-000' }, { name: '홍길동' }],
  [{ carrier: 'KTF' }, { carrier: 'KT' }],
  [{ carrier: 'MVNO' }, { carrier: 'SKT_MVNO' }],
  [{ carrier: 'LGM' }, { carrier: 'LGT_MVNO' }],
  [{ carrier: 'LGT;KTF' }, { carrier: 'KT' }],
  [{ carrier: 'MVNO;SKM' }, { carrier: 'SKT_MVNO' }],
  [{ carrier: 'FAX' }, { carrier: 'SKT' }],
  // Who is chosen goes before what the shop's page has of somebody else.
  [
    { ...NOBODY, sandbox: { person: '성춘향', auto: true } },
    { name: '성춘향', birthday: '2001-12-25', phone: '01000000003' },
  ],
];

describe('a page that walks by itself', () => {
  it.each(CALLS)('comes to an end with %j', async (param, certified) => {
    await using shop = await stage.visit();
    await shop.certify({ channelKey: 'channel-danal-approved', sandbox: { auto: true }, ...param });
    const { imp_uid, success } = await shop.result();
    expect(success).toBe(true);
    expect(await stage.client.getCertification(String(imp_uid))).toMatchObject(certified);
  });

  it('takes the provider’s code of a number that is filled in', async () => {
    await using shop = await stage.visit();
    await shop.certify({ phone: '010-9999-0086', sandbox: { auto: true } });
    expect(await shop.result()).toMatchObject({ error_code: '0086', error_reason: 'BLOCKED' });
  });

  it('ends as chosen with somebody filled in', async () => {
    await using shop = await stage.visit();
    await shop.certify({ ...NOBODY, sandbox: { auto: true, outcome: 'wrong_code' } });
    expect(await shop.result()).toMatchObject({ error_code: 'OTP_LIMIT' });
  });
});
