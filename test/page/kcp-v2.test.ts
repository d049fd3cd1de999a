import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CANARY, KCP_SHOP, openKcpWorld } from '../support/kcp-world.ts';
import { launchBrowser } from './browser.ts';

/** Opens the page in a popup or a frame, and waits for what it tells the shop. */
const HEAR = `([way, url]) => new Promise((resolve) => {
  addEventListener('message', ({ data }) => JSON.parse(data).type === 'done' && resolve(JSON.parse(data).result));
  if (way === 'popup') return void window.open(url, 'popup', 'width=410,height=500');
  const frame = document.createElement('iframe');
  frame.src = url;
  document.body.append(frame);
})`;

describe('a browser in the window of KCP', () => {
  let world: Awaited<ReturnType<typeof openKcpWorld>>;
  let browser: Browser;
  let shopServer: Server;
  let shopUrl: string;
  beforeAll(async () => {
    [world, browser] = await Promise.all([openKcpWorld(), launchBrowser()]);
    shopServer = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>shop</title><h1>shop</h1>');
    });
    await new Promise<void>((resolve) => shopServer.listen(0, 'localhost', resolve));
    shopUrl = `http://localhost:${(shopServer.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser.close();
    shopServer.closeAllConnections();
    await new Promise((resolve) => shopServer.close(resolve));
    await world.close();
  });

  const start = (more: object) => world.shop.start({ user_code: 'imp00000001', ...more }, shopUrl);
  const press = (page: Pick<Page, 'locator'>, does: string) => page.locator(`button[value=${does}]`).click();
  const CERTIFIED = {
    certified: true,
    name: CANARY.name,
    birthday: '1991-02-03',
    phone: CANARY.phone,
    carrier: 'KT_MVNO',
    unique_key: CANARY.ci,
    unique_in_site: CANARY.di,
    pg_provider: 'kcp_v2',
  };

  it.each([
    ['approve', { success: true }],
    ['cancel', { success: false, error_code: '9999' }],
    ['fail', { success: false, error_code: 'CS12' }],
  ])('comes back in a popup after %s, and the shop hears of it', async (does, result) => {
    const started = await start({ window: 'popup' });
    const page = await (await browser.newContext()).newPage();
    await page.goto(shopUrl);
    const [popup, heard] = await Promise.all([
      page.waitForEvent('popup').then(async (opened) => {
        await press(opened, does);
        return opened;
      }),
      page.evaluate(`(${HEAR})(${JSON.stringify(['popup', started.url])})`),
    ]);
    expect(heard).toMatchObject({ ...result, imp_uid: started.imp_uid });
    expect(await world.lookUp(started)).toMatchObject(result.success ? CERTIFIED : { certified: false });
    if (result.success && !popup.isClosed()) await popup.waitForEvent('close');
  });

  it('comes back in a layer', async () => {
    const started = await start({ window: 'layer' });
    const page = await (await browser.newContext()).newPage();
    await page.goto(shopUrl);
    const heard = page.evaluate(`(${HEAR})(${JSON.stringify(['layer', started.url])})`);
    await press(page.frameLocator('iframe'), 'approve');
    expect(await heard).toMatchObject({ success: true, imp_uid: started.imp_uid });
    expect(await world.lookUp(started)).toMatchObject(CERTIFIED);
  });

  it('goes back to the shop by a redirect, without a script too', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const started = await start({ window: 'redirect', m_redirect_url: `${KCP_SHOP}/done` });
      const context = await browser.newContext({ javaScriptEnabled });
      await context.route(`${KCP_SHOP}/**`, (route) => route.fulfill({ body: 'shop' }));
      const page = await context.newPage();
      await page.goto(started.url);
      if (!javaScriptEnabled) await page.getByRole('button', { name: '인증기관으로 가기' }).click();
      await page.getByRole('button', { name: '인증 완료' }).click();
      if (!javaScriptEnabled) await page.getByRole('button', { name: '돌아가기' }).click();
      await page.waitForURL(`${KCP_SHOP}/done?*`);
      expect(new URL(page.url()).searchParams.get('imp_uid')).toBe(started.imp_uid);
      expect(new URL(page.url()).searchParams.get('success')).toBe('true');
      expect(page.url()).not.toMatch(/Canary|7531|%EA%B9%8C/);
      expect(await world.lookUp(started)).toMatchObject(CERTIFIED);
      await context.close();
    }
  });
});
