import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { openDevAuthority } from '../../src/server/dev.ts';
import { KEY_A, startDevApp } from '../support/dev-app.ts';
import { launchBrowser } from './browser.ts';
import { walkTo } from './stage.ts';

/*
 * Front ends that load the script from the real service's hosts, unchanged. The browser finds this machine under those
 * names, as it would by its hosts file; that the certificate is good for them is tested with the clients.
 */

const SCRIPTS = [
  'https://cdn.iamport.kr/v1/iamport.js',
  'https://service.iamport.kr/js/iamport.payment-1.1.8.js',
];

const shop = createServer((request, response) => {
  const script = SCRIPTS[Number(request.url?.slice(1))];
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>shop</title><script src="${script}"></script>
<button onclick="IMP.init('imp00000000'); IMP.certification({}, (result) => { window.result = result; })">go</button>`);
});
let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.close();
});

async function openStage() {
  const authority = await openDevAuthority(null);
  const app = await startDevApp({ tls: authority.issue(), plainPort: 0 });
  const { port } = new URL(app.url);
  const names = ['cdn', 'service'].map((name) => `MAP ${name}.iamport.kr:443 127.0.0.1:${port}`);
  const browser = await launchBrowser([`--host-resolver-rules=${names.join(', ')}`]);
  await new Promise<void>((resolve) => shop.listen(0, 'localhost', resolve));
  return {
    browser,
    client: new Client({ impKey: KEY_A.imp_key, impSecret: KEY_A.imp_secret, baseUrl: app.plainUrl ?? '' }),
    url: `http://localhost:${(shop.address() as AddressInfo).port}`,
    async close() {
      await browser.close();
      shop.closeAllConnections();
      shop.close();
      await app.close();
      authority.close();
    },
  };
}

test.for([...SCRIPTS.entries()])('a front end with %s runs unchanged', async ([at, script]) => {
  const context = await stage.browser.newContext({ ignoreHTTPSErrors: true });
  const asked = new Set<string>();
  context.on('request', (request) => void asked.add(new URL(request.url()).origin));
  const page = await context.newPage();
  await page.goto(`${stage.url}/${at}`);
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('button')]);
  await popup.locator('body[data-screen]').waitFor();
  await walkTo(popup, 'success');
  await page.waitForFunction('window.result');
  const { success, imp_uid: impUid } = await page.evaluate<Record<string, unknown>>('window.result');
  expect(success).toBe(true);
  expect(await stage.client.getCertification(String(impUid))).toMatchObject({
    certified: true,
    name: '심청',
  });
  expect([...asked].toSorted()).toEqual([stage.url, new URL(script).origin].toSorted());
  await context.close();
});
