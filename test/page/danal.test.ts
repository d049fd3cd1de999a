import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, FrameLocator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../src/simulators/danal/people.ts';
import { type DanalWorld, openDanalWorld } from '../support/danal-world.ts';
import { launchBrowser } from './browser.ts';
import { IPHONE } from './stage.ts';

const PHONE = { userAgent: IPHONE, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

describe('a shop’s page with the script, and the window of Danal', () => {
  let world: DanalWorld;
  let browser: Browser;
  let shop: Server;
  let shopUrl: string;
  beforeAll(async () => {
    shop = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(request.url?.startsWith('/done') ? '<!doctype html><h1>done</h1>' : shopPage(world.url));
    });
    await new Promise<void>((resolve) => shop.listen(0, 'localhost', resolve));
    const host = `localhost:${(shop.address() as AddressInfo).port}`;
    shopUrl = `http://${host}`;
    [world, browser] = await Promise.all([openDanalWorld({ returnHosts: [host] }), launchBrowser()]);
  });
  afterEach(() => world.simulator.clearScript());
  afterAll(async () => {
    await browser.close();
    shop.closeAllConnections();
    await new Promise((resolve) => shop.close(resolve));
    await world.close();
  });

  async function visit(options: BrowserContextOptions = {}, more: object = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    await page.goto(`${shopUrl}/join?${new URLSearchParams({ param: JSON.stringify(more) })}`);
    return page;
  }
  const act = async (window: Pick<Page | FrameLocator, 'locator'>, button: string, person = '심청') => {
    const value = String(PEOPLE.findIndex(({ name }) => name === person));
    await window.locator('select[name=person]').selectOption(value);
    await window.locator(`button[value=${button}]`).click();
  };
  const resultsOf = async (page: Page) => {
    await page.waitForFunction('results.length > 0');
    const results = await page.evaluate<Record<string, unknown>[]>('results');
    expect(results).toHaveLength(1);
    return results[0] ?? {};
  };

  it('comes back in a popup, with one callback', async () => {
    const page = await visit();
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.locator('#go').click()]);
    await act(popup, 'approve', '김뷁똠');
    const result = await resultsOf(page);
    expect(result).toMatchObject({ success: true, pg_provider: 'danal' });
    expect(await world.lookUp(String(result['imp_uid']))).toMatchObject({
      certified: true,
      name: '김뷁똠',
      pg_provider: 'danal',
      gender: 'female',
      foreigner: false,
      foreigner_v2: null,
    });
    await expect.poll(() => popup.isClosed()).toBe(true);
  });

  it('is cancelled in a popup, and tells a code that Danal gives', async () => {
    for (const [button, told] of [
      ['cancel', { error_reason: 'USER_CANCEL' }],
      ['fail', { error_reason: 'PROVIDER_ERROR', error_code: '2374' }],
    ] as const) {
      const page = await visit();
      const [popup] = await Promise.all([page.waitForEvent('popup'), page.locator('#go').click()]);
      await act(popup, button);
      expect(await resultsOf(page)).toMatchObject({ success: false, ...told });
    }
  });

  it('comes back in a layer', async () => {
    const page = await visit(PHONE);
    await page.locator('#go').tap();
    await act(page.frameLocator('iframe'), 'approve');
    const result = await resultsOf(page);
    expect(result).toMatchObject({ success: true });
    expect(await world.lookUp(String(result['imp_uid']))).toMatchObject({ certified: true, name: '심청' });
  });

  it('goes back to the shop by a redirect', async () => {
    const page = await visit(PHONE, { m_redirect_url: `${shopUrl}/done` });
    await page.locator('#go').tap();
    await act(page, 'approve', '홍칭홍');
    await page.waitForURL(`${shopUrl}/done?*`);
    const query = new URL(page.url()).searchParams;
    expect(query.get('success')).toBe('true');
    expect(await world.lookUp(query.get('imp_uid') ?? '')).toMatchObject({ certified: true, name: '홍칭홍' });
  });
});

function shopPage(bonin: string): string {
  return `<!doctype html><html lang="ko"><title>shop</title><meta name="viewport" content="width=device-width">
<script src="${bonin}/v1/iamport.js"></script><button id="go">본인인증</button><script>
var results = [];
IMP.init('imp00000001');
document.getElementById('go').onclick = function () {
  var param = JSON.parse(new URLSearchParams(location.search).get('param'));
  IMP.certification(param, function (result) { results.push(result); });
};
</script></html>`;
}
