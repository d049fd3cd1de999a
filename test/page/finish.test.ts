import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Screen } from '../../src/page/screen.ts';
import { FRAME, SCREENS } from './samples.ts';
import { type Stage, startStage } from './screen-stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(() => stage.stop());

describe('the end', () => {
  const messageTo = (to: 'opener' | 'parent', targetOrigin: string): Screen => ({
    kind: 'success',
    finish: { way: 'message', to, message: '{"bonin":1}', targetOrigin },
  });
  /** A page of the shop, at the same server but without the policy of the page. */
  async function openShop(): Promise<Page> {
    const page = await stage.browser.newPage();
    await page.goto(`${stage.origin}/shop`);
    await page.evaluate(
      'window.got = []; addEventListener("message", (event) => got.push(event.data)); undefined',
    );
    return page;
  }

  /** Opens the page as a popup, which closes itself: on a slow machine before anybody could wait for that. */
  async function openAndClose(shop: Page): Promise<void> {
    const popup = shop.waitForEvent('popup');
    await shop.evaluate('void window.open("/page/s/sample")');
    const opened = await popup;
    await expect.poll(() => opened.isClosed()).toBe(true);
  }

  it('tells the window that opened it, and closes', async () => {
    const shop = await openShop();
    stage.show(messageTo('opener', stage.origin), FRAME);
    await openAndClose(shop);
    await expect.poll(() => shop.evaluate('got')).toEqual(['{"bonin":1}']);
    await shop.close();
  });

  it('tells nothing to a window of another origin', async () => {
    const shop = await openShop();
    stage.show(messageTo('opener', 'https://shop.example'), FRAME);
    await openAndClose(shop);
    expect(await shop.evaluate('got')).toEqual([]);
    await shop.close();
  });

  it('tells the page around its frame, and again with the button', async () => {
    const shop = await openShop();
    stage.show(messageTo('parent', '*'), FRAME);
    await shop.evaluate(
      'const frame = document.createElement("iframe"); frame.src = "/page/s/sample"; document.body.append(frame)',
    );
    await expect.poll(() => shop.evaluate('got')).toEqual(['{"bonin":1}']);
    await shop.frameLocator('iframe').getByRole('button', { name: '창 닫기' }).click();
    await expect.poll(() => shop.evaluate('got')).toEqual(['{"bonin":1}', '{"bonin":1}']);
    await shop.close();
  });

  it.each([true, false])('goes back to the shop (script: %s)', async (script) => {
    const finish = { way: 'return', address: `${stage.origin}/shop?imp_uid=imp_1&success=true` } as const;
    await stage.open(
      { kind: 'success', finish },
      FRAME,
      async (page) => {
        await page.waitForURL(finish.address);
        expect(await page.title()).toBe('shop');
      },
      { script },
    );
  });

  it('goes back by the link at once', async () => {
    const finish = { way: 'return', address: `${stage.origin}/shop?success=false` } as const;
    // A screen that goes nowhere, so that the time stands still before the one that does is there.
    await stage.open(SCREENS['success-silent'], FRAME, async (page) => {
      // With the time standing still, nothing but the link goes there.
      await page.clock.install();
      await page.clock.pauseAt(Date.now() + 60_000);
      stage.show({ ...SCREENS.failure, finish }, FRAME);
      await page.goto(`${stage.origin}${FRAME.action}`);
      await page.getByRole('link', { name: '서비스로 돌아가기' }).click();
      await page.waitForURL(finish.address);
    });
  });

  it('stays silent when told to, and says so when a window cannot close itself', async () => {
    await stage.open(
      SCREENS['success-silent'],
      FRAME,
      async (page) => {
        await page.clock.runFor(10_000);
        expect(await page.locator('[data-stuck]').isVisible()).toBe(false);
      },
      { clock: true },
    );
    // A browser may warn on its console that a window which no script has opened is not closed by one.
    const page = await stage.browser.newPage();
    stage.show(SCREENS.success, FRAME);
    await page.goto(`${stage.origin}/page/s/sample`);
    await page.addInitScript('window.close = () => {}');
    await page.reload();
    await page.locator('[data-stuck]').waitFor({ state: 'visible' });
    await page.close();
  });
});
