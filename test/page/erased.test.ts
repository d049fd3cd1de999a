import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { KEY_A, startDevApp } from '../support/dev-app.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from './shop.ts';

it('is gone, and no failure, when it is erased while somebody looks at the result', async () => {
  const app = await startDevApp();
  onTestFinished(() => app.close());
  const client = new Client({ impKey: KEY_A.imp_key, impSecret: KEY_A.imp_secret, baseUrl: app.url });
  const shop = shopOf(app);
  const find = app.store.findCertification.bind(app.store);
  let turns = 0;
  // SQLite answers at once; a database elsewhere lets others come in between.
  const slow: typeof find = async (...given) => {
    for (let left = turns; left > 0; left--) await turn();
    return find(...given);
  };
  Object.defineProperty(app.store, 'findCertification', { value: slow });

  const gone: boolean[] = [];
  for (let round = 0; round < 12; round++) {
    turns = 0;
    const { url, handle, imp_uid } = await shop.start();
    const visitor = new Visitor();
    await visitor.open(url);
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM, { otp: '123456' }])
      await visitor.send(form);
    expect(visitor.screen).toBe('success');

    turns = 1 + round * 4;
    const [shown, result, closed] = await Promise.all([
      fetch(visitor.address),
      shop.result(handle),
      shop.close(handle),
      client.deleteCertification(imp_uid),
    ]);
    expect([200, 410]).toContain(shown.status);
    for (const { status } of [result, closed]) expect([200, 404]).toContain(status);
    gone.push(shown.status === 410 || result.status === 404 || closed.status === 404);
  }
  expect(gone).toContain(true);
});
