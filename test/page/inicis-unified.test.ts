import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { InicisSimulator } from '../../src/simulators/inicis-unified/index.ts';
import { Client } from '../support/client.ts';
import {
  adapterFor,
  CANARY,
  CANARY_TRACES,
  OTHER_PERSON,
  TEST_MERCHANT,
  TEST_SETTINGS,
} from '../support/inicis.ts';
import { launchBrowser } from './browser.ts';
import { IPHONE } from './stage.ts';

const KEY = { impKey: 'key_of_a_shop_1', impSecret: 'kV7dQ2mXw9RzT4bNs8HpLc3YfJ6gAe5U' };
const SHOP_CHANNEL = {
  adapter: 'inicis-unified',
  provider: 'inicis_unified',
  providerMerchantId: TEST_MERCHANT.mid,
  carrierApproval: false,
  foreignerAddOn: false,
  minimumAge: null,
} as const;

/** A server by the rules of production, with the agency's simulator, whose people are invented. */
async function openWorld() {
  const agency = await InicisSimulator.open({ merchants: [TEST_MERCHANT], people: [CANARY, OTHER_PERSON] });
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => lines.push(line) });
  const tools = {
    fetch,
    log: (level: 'info' | 'warn', ...line: [object, string]) => log[level](...(line as [never, string])),
  };
  const app = await createApp({
    policy: { ...SERVE_POLICY, keepsInvented: true },
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log,
    limits: { phone: [], phoneEverywhere: [], merchant: [], address: [] },
    providers: { 'inicis-unified': adapterFor(agency, tools) },
  });
  const { url } = await app.listen(0, '127.0.0.1');
  const shop = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="ko"><title>가상상점</title><h1>가상상점</h1>
      <script src="${url}/v1/iamport.js"></script><script>
        window.results = [];
        window.certify = (param) => {
          IMP.init('imp00000001');
          IMP.certification(param, (result) => window.results.push(result));
        };
      </script></html>`);
  });
  await new Promise<void>((resolve) => shop.listen(0, 'localhost', resolve));
  const shopHost = `localhost:${(shop.address() as AddressInfo).port}`;
  await app.merchants.save({
    name: '가상상점',
    userCode: 'imp00000001',
    isTest: true,
    keys: [KEY],
    pageRules: { returnHosts: [shopHost], returnSchemes: [], origins: null, nullOrigin: true },
    channels: [
      { channelKey: 'identity', settings: TEST_SETTINGS, ...SHOP_CHANNEL },
      { channelKey: 'simple', settings: { ...TEST_SETTINGS, service: '01' }, ...SHOP_CHANNEL },
      { channelKey: 'with-di', settings: { ...TEST_SETTINGS, return_di: true }, ...SHOP_CHANNEL },
    ],
  });
  return { app, agency, lines, url, shop, shopUrl: `http://${shopHost}` };
}

describe('a person in the window of Inicis', () => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  let browser: Browser;
  let client: Client;
  beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(), launchBrowser()]);
    client = new Client(world.url);
  });
  afterAll(async () => {
    await browser.close();
    client.close();
    const { app, agency, shop } = world;
    shop.closeAllConnections();
    await new Promise((resolve) => (shop as Server).close(resolve));
    await app.close();
    await agency.close();
  });

  const visit = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const addresses: string[] = [];
    context.on('request', (request) => addresses.push(request.url()));
    await page.goto(world.shopUrl);
    return { page, addresses };
  };
  const lookup = async (impUid: unknown) => {
    const { token } = await client.token(KEY.impKey, KEY.impSecret);
    return (await client.lookup(token, String(impUid))).response;
  };
  /** Clicks through the agency's window as a person does. */
  const choose = async (page: Page, button: string, agency = 'TOSS') => {
    await page.getByRole('heading', { name: '통합인증 (모의)' }).waitFor();
    await page.locator('select[name=agency]').selectOption(agency);
    await page.getByLabel(CANARY.name).check();
    await page.getByRole('button', { name: button }).click();
  };
  const inPopup = async (channel_key: string, button: string, agency?: string) => {
    const { page, addresses } = await visit();
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate(`certify({ channel_key: '${channel_key}' })`),
    ]);
    await choose(popup, button, agency);
    await page.waitForFunction('results.length > 0');
    const results = (await page.evaluate('results')) as Record<string, unknown>[];
    expect(results).toHaveLength(1);
    expect(addresses.join('\n')).not.toMatch(CANARY_TRACES);
    return results[0] ?? {};
  };

  const PERSON = {
    certified: true,
    name: CANARY.name,
    birthday: '1991-02-03',
    gender: 'female',
    foreigner: true,
    foreigner_v2: true,
    phone: CANARY.phone,
    unique_key: CANARY.ci,
    unique_in_site: null,
    pg_provider: 'inicis_unified',
    pg_tid: expect.stringMatching(/^INISA_INIiasTest\d{24}$/),
  };

  it('is certified in a popup, and the lookup has the shape of inicis_unified', async () => {
    const { success, imp_uid } = await inPopup('identity', '인증 완료');
    expect(success).toBe(true);
    const certification = await lookup(imp_uid);
    expect(certification).toMatchObject(PERSON);
    expect(certification).not.toHaveProperty('carrier');
  });

  it('is certified in service 01 without sex, and with a DI where the settings show it', async () => {
    const simple = await inPopup('simple', '인증 완료', 'NAVER');
    expect(await lookup(simple['imp_uid'])).toMatchObject({
      ...PERSON,
      gender: null,
      foreigner: false,
      foreigner_v2: null,
    });
    const { imp_uid } = await inPopup('with-di', '인증 완료');
    expect(await lookup(imp_uid)).toMatchObject({ ...PERSON, unique_in_site: CANARY.di });
  });

  it.each([
    ['취소', '9999'],
    ['실패', '9001'],
  ])('is not certified after %s, and the shop hears the code', async (button, error_code) => {
    const result = await inPopup('identity', button);
    expect(result).toMatchObject({ success: false, error_code, error_reason: 'PROVIDER_ERROR' });
    expect(await lookup(result['imp_uid'])).toMatchObject({ certified: false, name: null });
  });

  it('goes back to the shop by a redirect on a phone, and a reload asks nothing again', async () => {
    const { page, addresses } = await visit({
      userAgent: IPHONE,
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    const before = world.agency.asked;
    await page.evaluate(`certify({ channel_key: 'identity', m_redirect_url: '${world.shopUrl}/done' })`);
    await choose(page, '인증 완료');
    await page.waitForURL(`${world.shopUrl}/done?*`);
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('success')).toBe('true');
    expect(await lookup(searchParams.get('imp_uid'))).toMatchObject(PERSON);
    const end = addresses.find((each) => each.endsWith('/end')) ?? '';
    expect((await fetch(end)).status).toBe(200);
    expect(world.agency.asked - before).toBe(1);
    expect(addresses.join('\n')).not.toMatch(CANARY_TRACES);
  });

  it('leaves no trace in the log', () => {
    const text = world.lines.join('');
    expect(text).toContain('inicis-unified');
    expect(text).not.toMatch(CANARY_TRACES);
    for (const secret of [TEST_MERCHANT.apiKey, TEST_MERCHANT.iv]) expect(text).not.toContain(secret);
  });
});
