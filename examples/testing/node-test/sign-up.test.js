import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Client } from 'bonin/client';
import { startBonin } from 'bonin/testing';
import { SignUp } from '../sign-up.js';

let bonin;
let signUp;

before(async () => {
  bonin = await startBonin();
  const { url: baseUrl, impKey, impSecret } = bonin;
  signUp = new SignUp(new Client({ baseUrl, impKey, impSecret }));
});
after(() => bonin.close());
beforeEach(() => bonin.reset());

test('takes a verified adult in', async () => {
  const impUid = await bonin.certify({ merchant_uid: 'visit-1' });
  assert.deepEqual(await signUp.join(impUid, 'visit-1'), { ok: true, name: '홍길동' });
});

test('asks the service once for the person, with a token', async () => {
  const impUid = await bonin.certify({ birthday: '2015-05-05', merchant_uid: 'visit-1' });
  assert.deepEqual(await signUp.join(impUid, 'visit-1'), { ok: false, why: 'too young' });
  const asked = (await bonin.requests()).map(({ method, route }) => `${method} ${route}`);
  assert.equal(asked.filter((one) => one === 'GET /certifications/{imp_uid}').length, 1);
});
