import { Client } from 'bonin/client';
import { startBonin } from 'bonin/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SignUp } from '../sign-up.js';

describe('signing up', () => {
  let bonin;
  let signUp;

  beforeAll(async () => {
    bonin = await startBonin();
  });
  afterAll(() => bonin.close());

  beforeEach(async () => {
    await bonin.reset();
    const { url: baseUrl, impKey, impSecret } = bonin;
    signUp = new SignUp(
      new Client({ baseUrl, impKey, impSecret }),
      () => new Date('2025-03-14T12:00:00+09:00'),
    );
  });

  it('takes a verified adult in, once, by any phone', async () => {
    const first = await bonin.certify({ name: '성춘향', birthday: '2001-12-25', merchant_uid: 'visit-1' });
    const second = await bonin.certify({
      name: '성춘향',
      birthday: '2001-12-25',
      phone: '01000009999',
      merchant_uid: 'visit-2',
    });
    expect(await signUp.join(first, 'visit-1')).toEqual({ ok: true, name: '성춘향' });
    expect(await signUp.join(second, 'visit-2')).toEqual({ ok: false, why: 'member already' });
  });

  it.each([
    ['2006-03-14', true],
    ['2006-03-15', false],
  ])('counts the years of somebody born on %s', async (birthday, ok) => {
    const impUid = await bonin.certify({ birthday, merchant_uid: 'visit-1' });
    expect((await signUp.join(impUid, 'visit-1')).ok).toBe(ok);
  });

  it('refuses what is not certified, not its own, or not there', async () => {
    const pending = await bonin.certify({ certified: false, merchant_uid: 'visit-1' });
    expect(await signUp.join(pending, 'visit-1')).toEqual({ ok: false, why: 'not certified' });
    const stolen = await bonin.certify({ merchant_uid: 'visit-2' });
    expect(await signUp.join(stolen, 'visit-1')).toEqual({ ok: false, why: 'not yours' });
    expect(await signUp.join('imp_999999999999', 'visit-1')).toEqual({ ok: false, why: 'not yours' });
  });

  it('lets a failure of the service through', async () => {
    const impUid = await bonin.certify({ merchant_uid: 'visit-1' });
    await bonin.faults.set([{ route: 'GET /certifications/{imp_uid}', status: 503 }]);
    await expect(signUp.join(impUid, 'visit-1')).rejects.toMatchObject({ status: 503 });
  });
});
