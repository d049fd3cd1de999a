import { Client } from 'bonin/client';
import { startBonin } from 'bonin/testing';
import { SignUp } from '../sign-up.js';

describe('signing up after an OTP', () => {
  let bonin;
  let client;

  beforeAll(async () => {
    bonin = await startBonin({ randomOtp: true });
    const { url: baseUrl, impKey, impSecret } = bonin;
    client = new Client({ baseUrl, impKey, impSecret });
  });
  afterAll(() => bonin.close());
  beforeEach(() => bonin.reset());

  /** What the person typed into the shop's own form. */
  const form = {
    name: '심청',
    phone: '01000000005',
    birth: '040229',
    gender_digit: '4',
    carrier: 'KT',
    merchant_uid: 'visit-1',
  };

  test('takes in whoever types the code of the message', async () => {
    const impUid = await client.requestOtp(form);
    const { otp } = await bonin.messages.next({ phone: form.phone });
    await client.confirmOtp(impUid, otp);
    expect(await new SignUp(client).join(impUid, 'visit-1')).toEqual({ ok: true, name: '심청' });
  });

  test('refuses a code that comes too late', async () => {
    const impUid = await client.requestOtp(form);
    const { otp } = await bonin.messages.next({ phone: form.phone });
    await bonin.clock.advance(180);
    await expect(client.confirmOtp(impUid, otp)).rejects.toMatchObject({ status: 400 });
    expect(await new SignUp(client).join(impUid, 'visit-1')).toEqual({ ok: false, why: 'not certified' });
    await bonin.clock.reset();
  });
});
