const { Client } = require('bonin/client');
const { startBonin } = require('bonin/testing');

/* For Jest without flags, and for node:test, which has the same words. */
const { after, before, test } = typeof jest === 'undefined' ? require('node:test') : jestWords();
const assert = require('node:assert/strict');

function jestWords() {
  return { after: afterAll, before: beforeAll, test: it };
}

let bonin;
let client;

before(async () => {
  bonin = await startBonin({ randomOtp: true });
  const { impKey, impSecret, url: baseUrl } = bonin;
  client = new Client({ impKey, impSecret, baseUrl });
});
after(() => bonin.close());

const FORM = { name: '심청', phone: '01000000005', birth: '040229', gender_digit: '4', carrier: 'KT' };

test('reads a certification', async () => {
  const found = await client.getCertification(await bonin.certify({ name: '심청' }));
  assert.equal(found.name, '심청');
});

test('types the code of a message', async () => {
  const impUid = await client.requestOtp(FORM);
  const { otp } = await bonin.messages.next({ phone: FORM.phone });
  await client.confirmOtp(impUid, otp);
  assert.equal((await client.getCertification(impUid)).certified, true);
});

test('is told what the server refuses', async () => {
  await assert.rejects(client.getCertification('imp_000000009999'), { status: 404 });
  await bonin.faults.set([{ route: null, status: 503 }]);
  await assert.rejects(client.getCertification('imp_000000000001'), { status: 503 });
  await bonin.faults.clear();
  await assert.rejects(bonin.certify({ birthday: 'yesterday' }), /birthday/);
});

test('lets a token expire by the clock of the sandbox', async () => {
  await bonin.clock.advance(7200);
  assert.equal((await client.getCertification('imp_000000000001')).name, '홍길동');
  await bonin.clock.reset();
});
