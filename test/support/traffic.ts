import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from '../page/shop.ts';
import { Client, KEY_A, SECRET_A } from './client.ts';
import { Shop } from './shop.ts';

/**
 * A little of everything that a merchant and a person do: tokens, lookups that find and do not, OTPs right, wrong,
 * spent and superseded, the page with a wrong code, a right one, and a cancellation. Gives the ids that took part.
 */
export async function makeTraffic(url: string): Promise<readonly string[]> {
  const client = new Client(url);
  await client.token(KEY_A, SECRET_A);
  const { token } = await client.token(KEY_A, SECRET_A);
  await client.call('POST', '/users/getToken', { json: { imp_key: KEY_A, imp_secret: 'no' } });
  const shop = new Shop(client, token);

  const certified = await shop.impUid();
  await shop.confirm(certified, '000000');
  await shop.confirm(certified);
  await shop.confirm(certified);
  const superseded = await shop.impUid();
  const spent = await shop.impUid();
  await shop.confirm(superseded);
  for (let count = 0; count < 5; count++) await shop.confirm(spent, '000000');

  await shop.lookup(certified);
  await shop.lookup('imp_999999999999');
  await client.lookup('0'.repeat(40), certified);
  await client.call('GET', '/nothing/here');
  await client.call('GET', '/readyz');
  client.close();

  const pageShop = shopOf({ url });
  const visitor = new Visitor();
  const walked = await pageShop.start();
  await visitor.open(walked.url);
  for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
    await visitor.send(form);
  await visitor.send({ otp: '000000' });
  await visitor.send({ otp: '123456' });
  if (visitor.screen !== 'success') throw new Error(`the visit ended on ${visitor.screen}`);
  const left = await pageShop.start();
  await pageShop.close(left.handle);
  return [certified, superseded, spent, walked.imp_uid, left.imp_uid];
}
