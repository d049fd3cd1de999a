import { expect, it, onTestFinished } from 'vitest';
import { KcpSimulator } from '../../src/simulators/kcp-v2/simulator.ts';
import { certificateFor } from '../support/agency-certificate.ts';
import { Client } from '../support/client.ts';
import { CANARY, KCP_SETTINGS } from '../support/kcp-world.ts';
import { bringMerchants, newSite } from '../support/production.ts';
import { startBonin } from '../support/start-bonin.ts';
import { launchBrowser } from './browser.ts';
import { shopOf } from './shop.ts';

const HOST = 'cert.kcp.co.kr';
const KEY = { imp_key: 'key_of_a_shop_1', imp_secret: 'kV7dQ2mXw9RzT4bNs8HpLc3YfJ6gAe5U' };

it('bonin serve reaches KCP under its real host name, by https with a verified certificate', async () => {
  const { file, cert, key } = certificateFor([HOST]);
  const site = { code: KCP_SETTINGS.site_cd, encryptionKey: KCP_SETTINGS.enc_key };
  const kcp = await KcpSimulator.open({ sites: [site], people: [CANARY], tls: { cert, key } });
  onTestFinished(() => kcp.close());
  const { port } = new URL(kcp.url);

  const place = newSite();
  const channel = {
    channel_key: 'kcp',
    pg_provider: 'kcp_v2',
    pg_id: site.code,
    adapter: 'kcp-v2',
    settings: KCP_SETTINGS,
  };
  const page = { return_hosts: ['shop.example'] };
  const merchants = [{ user_code: 'imp00000001', ...KEY, channels: [channel], page }];
  const wrong = { ...channel, settings: { ...KCP_SETTINGS, site_cd: 'AO7F3' } };
  const refused = await bringMerchants(place, { merchants: [{ ...merchants[0], channels: [wrong] }] });
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('channel kcp: settings.site_cd is the one published for tests'),
  });
  expect(refused.stdout + refused.stderr).not.toContain(KCP_SETTINGS.enc_key);
  expect(await bringMerchants(place, { merchants })).toMatchObject({ code: 0 });
  const preload = new URL('../support/agency-hosts.ts', import.meta.url).href;
  const serve = (trusts: Readonly<Record<string, string>>) =>
    startBonin(place.words, {
      command: 'serve',
      env: {
        ...place.env,
        ...trusts,
        NODE_OPTIONS: `--import ${preload}`,
        TEST_AGENCY_PORTS: JSON.stringify({ [HOST]: Number(port) }),
      },
    });
  const start = ({ url }: { readonly url: string }) =>
    shopOf({ url }).start({
      user_code: 'imp00000001',
      window: 'redirect',
      m_redirect_url: 'https://shop.example/done',
    });

  const trusting = await serve({ NODE_EXTRA_CA_CERTS: file });
  const browser = await launchBrowser([`--host-resolver-rules=MAP ${HOST}:443 127.0.0.1:${port}`]);
  onTestFinished(() => browser.close());
  const window = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await window.route('https://shop.example/**', (route) => route.fulfill({ body: 'shop' }));
  const started = await start(trusting);
  await window.goto(started.url);
  await window.waitForURL(`https://${HOST}/kcp_cert/certGateway.do`);
  await window.getByRole('button', { name: '인증 완료' }).click();
  await window.waitForURL('https://shop.example/done?*');
  const client = new Client(trusting.url);
  onTestFinished(() => client.close());
  const { token } = await client.token(KEY.imp_key, KEY.imp_secret);
  expect((await client.lookup(token, started.imp_uid)).response).toMatchObject({
    certified: true,
    name: CANARY.name,
    birthday: '1991-02-03',
    carrier: 'KT_MVNO',
    unique_key: CANARY.ci,
    unique_in_site: CANARY.di,
    pg_provider: 'kcp_v2',
  });
  const steps = kcp.requests.map(({ path }) => path);
  expect(steps.filter((path) => path.startsWith('/api/'))).toEqual([
    '/api/reg/certDataReg.do',
    '/api/query/getCertData.do',
  ]);
  for (const secret of [CANARY.name, '7531', '1991-02-03', 'Canary', KCP_SETTINGS.enc_key])
    expect(trusting.stderr().includes(secret), secret).toBe(false);
  await trusting.stop();

  // Without the authority nothing is asked.
  const wary = await serve({});
  const { handle, url } = await start(wary);
  await fetch(url);
  expect(await shopOf(wary).result(handle)).toMatchObject({
    result: { success: false, error_reason: 'PROVIDER_UNAVAILABLE' },
  });
  expect(kcp.requests).toHaveLength(steps.length);
});
