import { Client } from 'bonin/client';
import { startBonin } from 'bonin/testing';
import { expect, test } from 'vitest';

test('reads a certification', async () => {
  const bonin = await startBonin();
  const { impKey, impSecret, url: baseUrl } = bonin;
  const client = new Client({ impKey, impSecret, baseUrl });
  expect((await client.getCertification(await bonin.certify({ name: '심청' }))).name).toBe('심청');
  await bonin.close();
});
