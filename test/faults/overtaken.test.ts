import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, Client } from '../support/client.ts';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { Shop } from '../support/shop.ts';

const LATE = '인증번호 유효시간이 지났습니다. 다시 요청해주세요.';
const SENT_AGAIN = '새 인증번호가 발송되었습니다. 새 인증번호를 입력해주세요.';
const REFUSED = '본인인증 기관에서 인증을 거절하였습니다.';
const FAILED = '실패한 인증입니다. 다시 요청해주세요.';
const ABSENT = '인증결과가 존재하지 않습니다.';

describe('a confirmation that is overtaken', () => {
  let app: RunningDevApp;
  let shop: Shop;

  beforeEach(async () => {
    app = await startDevApp();
    const client = new Client(app.url);
    shop = new Shop(client, (await client.token()).token);
  });
  afterEach(async () => {
    shop.client.close();
    await app.close();
  });

  /** Does something just before the store would end a certification, once. */
  function overtakeEnd(something: () => Promise<unknown>): void {
    const end = app.store.endOtp.bind(app.store);
    Object.assign(app.store, {
      endOtp: async (...given: Parameters<typeof end>) => {
        Object.assign(app.store, { endOtp: end });
        await something();
        return end(...given);
      },
    });
  }

  const isLate = () => shop.client.call('PUT', '/sandbox/clock', { json: { advance: 180 } });
  const isTurnedDown = (impUid: string) =>
    shop.client.call('POST', '/sandbox/approvals', { json: { imp_uid: impUid, approve: false } });
  const APP = { channel_key: 'channel-kcp', verification_method: 'APP' };

  it('says of a late code that a new one was sent, when that came first', async () => {
    const impUid = await shop.impUid();
    await isLate();
    overtakeEnd(() => shop.request());
    expect((await shop.confirm(impUid)).message).toBe(SENT_AGAIN);
    expect((await shop.confirm(impUid)).message).toBe(SENT_AGAIN);
  });

  it('says of a late code that the certification is gone, when it was deleted first', async () => {
    const impUid = await shop.impUid();
    await isLate();
    overtakeEnd(() => shop.erase(impUid));
    expect((await shop.confirm(impUid)).message).toBe(ABSENT);
  });

  it('says late to both of two late confirmations', async () => {
    const impUid = await shop.impUid();
    await isLate();
    overtakeEnd(() => shop.confirm(impUid));
    expect((await shop.confirm(impUid)).message).toBe(LATE);
  });

  it('says of a request turned down that a new one was made, when that came first', async () => {
    const impUid = await shop.impUid(APP);
    await isTurnedDown(impUid);
    overtakeEnd(() => shop.request(APP));
    expect((await shop.confirm(impUid)).message).toBe(SENT_AGAIN);
  });

  it('says once that a request was turned down, and to the other that it has failed', async () => {
    const impUid = await shop.impUid(APP);
    await isTurnedDown(impUid);
    // It waits for the one that asked the provider.
    const waiting: Promise<Answer>[] = [];
    overtakeEnd(async () => {
      waiting.push(shop.confirm(impUid));
    });
    const asked = await shop.confirm(impUid);
    expect([asked.message, (await waiting[0])?.message]).toEqual([REFUSED, FAILED]);
  });
});
