import { expect, it, onTestFinished } from 'vitest';
import { InicisSimulator } from '../../src/simulators/inicis-unified/index.ts';
import { certificateFor } from '../support/agency-certificate.ts';
import { Client } from '../support/client.ts';
import { CANARY, CANARY_TRACES } from '../support/inicis.ts';
import { bringMerchants, newSite } from '../support/production.ts';
import { startBonin } from '../support/start-bonin.ts';
import { launchBrowser } from './browser.ts';
import { shopOf } from './shop.ts';

const HOSTS = ['sa.inicis.com', 'kssa.inicis.com'] as const;
const CONTRACT = { mid: 'CICbonin01', apiKey: 'QzVtZ1h2d1JrT2FwS2xQbTdyWnQ5UT09', iv: 'B0ninIvOfCIC0001' };
const KEY = { imp_key: 'key_of_a_shop_1', imp_secret: 'kV7dQ2mXw9RzT4bNs8HpLc3YfJ6gAe5U' };
/** A server of production takes nobody who is marked as invented. */
const PERSON = { ...CANARY, ci: `${'q7+/'.repeat(21)}Zw==`, di: `MC0GCCqGSIb3DQIJAyEA${'b'.repeat(43)}=` };

/** Three starts of a server and two of a browser's pages. */
const TIMEOUT = 240_000;

it(
  'bonin serve reaches Inicis under its real host names, by https with a verified certificate',
  async () => {
    const { file, cert, key } = certificateFor(HOSTS);
    const [, resultHost] = HOSTS;
    const agency = await InicisSimulator.open({
      merchants: [CONTRACT],
      people: [PERSON],
      tls: { cert, key },
      resultOrigin: `https://${resultHost}`,
    });
    onTestFinished(() => agency.close());
    const { port } = new URL(agency.url);

    const site = newSite();
    const { mid, apiKey: api_key, iv } = CONTRACT;
    const channel = {
      channel_key: 'inicis',
      pg_provider: 'inicis_unified',
      pg_id: mid,
      adapter: 'inicis-unified',
      settings: { environment: 'production', mid, api_key, iv },
    };
    const page = { return_hosts: ['shop.example'] };
    const merchants = [{ user_code: 'imp00000001', ...KEY, channels: [channel], page }];
    expect(await bringMerchants(site, { merchants })).toMatchObject({ code: 0 });
    const preload = new URL('../support/agency-hosts.ts', import.meta.url).href;
    const serve = (trusts: Readonly<Record<string, string>>) =>
      startBonin(site.words, {
        command: 'serve',
        env: {
          ...site.env,
          ...trusts,
          NODE_OPTIONS: `--import ${preload}`,
          TEST_AGENCY_PORTS: JSON.stringify({ [resultHost]: Number(port) }),
        },
      });

    const browser = await launchBrowser([`--host-resolver-rules=MAP sa.inicis.com:443 127.0.0.1:${port}`]);
    onTestFinished(() => browser.close());
    const visit = async (url: string) => {
      const started = await shopOf({ url }).start({
        user_code: 'imp00000001',
        window: 'redirect',
        m_redirect_url: 'https://shop.example/done',
      });
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const window = await context.newPage();
      await window.route('https://shop.example/**', (route) => route.fulfill({ body: 'shop' }));
      await window.goto(started.url);
      await window.waitForURL('https://sa.inicis.com/id/auth');
      await window.getByRole('button', { name: '인증 완료' }).click();
      await window.locator('body[data-screen]').waitFor();
      return { ...started, context, window };
    };

    const trusting = await serve({ NODE_EXTRA_CA_CERTS: file });
    const { window, imp_uid } = await visit(trusting.url);
    await window.waitForURL('https://shop.example/done?*');
    const client = new Client(trusting.url);
    onTestFinished(() => client.close());
    const { token } = await client.token(KEY.imp_key, KEY.imp_secret);
    expect((await client.lookup(token, imp_uid)).response).toMatchObject({
      certified: true,
      name: PERSON.name,
      birthday: '1991-02-03',
      unique_key: PERSON.ci,
      pg_provider: 'inicis_unified',
      pg_tid: expect.stringMatching(/^INISA_CICbonin01\d{24}$/),
    });
    expect(agency.asked).toBe(1);
    for (const value of [CANARY_TRACES, api_key, iv]) expect(trusting.stderr()).not.toMatch(value);
    await trusting.stop();

    // Without the authority nothing is asked.
    const wary = await serve({});
    const refused = await visit(wary.url);
    expect(await shopOf(wary).result(refused.handle)).toMatchObject({
      result: { success: false, error_reason: 'PROVIDER_UNAVAILABLE' },
    });
    expect(agency.asked).toBe(1);
  },
  TIMEOUT,
);
