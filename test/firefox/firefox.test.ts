import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type Frame, launch, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';

/*
 * The ways in and out in a second browser engine. Firefox does not come as a package, so these tests stand apart
 * from those of `npm test`; `npm run test:firefox` runs them where it is installed, and fails where not.
 */
const FIREFOX = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148';
const SIMCHEONG = { name: '심청', birth: '040229', gender_digit: '4', phone: '01000000005' };
const PATIENCE = { timeout: 30_000 };

const CUT = { 'Cross-Origin-Opener-Policy': 'same-origin' };

/** A window of the page, or the frame of a layer. */
type Place = Pick<Page | Frame, 'waitForSelector' | 'click' | 'type'>;

async function walk(place: Place, until: 'consent' | 'success'): Promise<void> {
  const stand = (screen: string) => place.waitForSelector(`body[data-screen=${screen}]`, PATIENCE);
  const next = () => place.click('button[name=do][value=next]');
  await stand('carrier');
  await place.click('input[name=carrier][value=KT]');
  await next();
  await stand('consent');
  if (until === 'consent') return;
  await place.click('input[name=agree_all]');
  await next();
  await stand('method');
  await place.click('input[name=method][value=SMS]');
  await next();
  await stand('person');
  for (const [name, value] of Object.entries(SIMCHEONG)) await place.type(`input[name=${name}]`, value);
  await next();
  await stand('code');
  await place.type('input[name=otp]', '123456');
  await next();
}

describe('a person in Firefox', () => {
  let app: RunningDevApp;
  let browser: Browser;
  let shop: Server;
  let shopUrl = '';

  beforeAll(async () => {
    const executablePath = FIREFOX.find((path) => existsSync(path));
    if (executablePath === undefined) throw new Error('Firefox is not installed');
    app = await startDevApp();
    browser = await launch({ browser: 'firefox', executablePath, headless: true });
    shop = createServer((request, response) => {
      // What an address asks for after `?` are headers.
      for (const [name, value] of new URL(request.url ?? '/', 'http://shop').searchParams)
        if (name.startsWith('Cross-Origin-')) response.setHeader(name, value);
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><title>shop</title><button onclick="verify()">go</button>
<script src="${app.url}/v1/iamport.js"></script>
<script>
  window.results = [];
  window.param = {};
  window.verify = () => { IMP.init('imp00000000'); IMP.certification(param, (result) => results.push(result)); };
</script>`);
    });
    await new Promise<void>((resolve) => shop.listen(0, 'localhost', resolve));
    shopUrl = `http://localhost:${(shop.address() as AddressInfo).port}/join`;
  });
  afterAll(async () => {
    await browser?.close();
    shop?.close();
    await app?.close();
  });

  async function visit(headers: Readonly<Record<string, string>> = {}, userAgent = ''): Promise<Page> {
    const page = await browser.newPage();
    if (userAgent !== '') await page.setUserAgent({ userAgent });
    await page.goto(`${shopUrl}?${new URLSearchParams(headers)}`);
    return page;
  }

  async function openPopup(page: Page): Promise<Page> {
    const opened = new Promise<Page>((resolve) => {
      browser.once('targetcreated', async (target) => resolve((await target.page()) as Page));
    });
    await page.click('button');
    return opened;
  }

  async function onlyResult(page: Page): Promise<Readonly<Record<string, unknown>>> {
    await page.waitForFunction('results.length > 0', PATIENCE);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const results = (await page.evaluate('results')) as Readonly<Record<string, unknown>>[];
    expect(results).toHaveLength(1);
    return results[0] ?? {};
  }

  it('verifies in a popup', async () => {
    const page = await visit();
    await walk(await openPopup(page), 'success');
    expect(await onlyResult(page)).toMatchObject({ success: true, imp_success: true });
  });

  it('cancels in a popup', async () => {
    const page = await visit();
    const popup = await openPopup(page);
    await walk(popup, 'consent');
    await popup.click('button[value=cancel]');
    expect(await onlyResult(page)).toMatchObject({ success: false, error_code: 'USER_CANCEL' });
  });

  it('closes the popup', async () => {
    const page = await visit();
    const popup = await openPopup(page);
    await walk(popup, 'consent');
    await popup.close();
    expect(await onlyResult(page)).toMatchObject({ success: false, error_code: 'USER_CANCEL' });
  });

  it('has popups blocked, and verifies in a layer', async () => {
    const page = await visit();
    await page.evaluate('window.open = () => null');
    await page.click('button');
    const element = await page.waitForSelector('.imp-dialog iframe', PATIENCE);
    await walk((await element?.contentFrame()) as Frame, 'success');
    expect(await onlyResult(page)).toMatchObject({ success: true });
    expect(await page.$('.imp-dialog')).toBeNull();
  });

  /** Until the script has found its window closed, and heard that it is there. */
  async function isAsked(page: Page): Promise<void> {
    const answer = await page.waitForResponse(
      (response) => response.url().endsWith('/page/close') && response.request().method() === 'POST',
      PATIENCE,
    );
    expect(await answer.json()).toEqual({ state: 'pending', wait: true });
  }

  it('is cut off from the shop by its policy, reloads, and verifies all the same', async () => {
    const page = await visit(CUT);
    const asked = isAsked(page);
    const popup = await openPopup(page);
    await asked;
    await popup.waitForSelector('body[data-screen=carrier]', PATIENCE);
    await popup.reload();
    await isAsked(page);
    await walk(popup, 'success');
    expect(await onlyResult(page)).toMatchObject({ success: true });
  });

  it('closes a popup that the shop is cut off from', async () => {
    const page = await visit(CUT);
    const asked = isAsked(page);
    const popup = await openPopup(page);
    await asked;
    await walk(popup, 'consent');
    await popup.close();
    expect(await onlyResult(page)).toMatchObject({ success: false, error_code: 'USER_CANCEL' });
  });

  it.each(['require-corp', 'credentialless'])(
    'verifies in a layer of a page with Cross-Origin-Embedder-Policy %s',
    async (policy) => {
      const page = await visit({ 'Cross-Origin-Embedder-Policy': policy }, IPHONE);
      await page.click('button');
      const element = await page.waitForSelector('.imp-dialog iframe', PATIENCE);
      await walk((await element?.contentFrame()) as Frame, 'success');
      expect(await onlyResult(page)).toMatchObject({ success: true });
      expect(await page.$('.imp-dialog')).toBeNull();
    },
  );

  it('comes by phone and is sent back', async () => {
    const page = await browser.newPage();
    await page.setUserAgent({ userAgent: IPHONE });
    await page.goto(shopUrl);
    await page.evaluate(`param = { m_redirect_url: '${shopUrl}?keep=1' }`);
    await page.click('button');
    await walk(page, 'success');
    await page.waitForFunction('location.search.includes("imp_uid")', PATIENCE);
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toMatchObject({
      keep: '1',
      success: 'true',
      imp_success: 'true',
    });
  });
});
