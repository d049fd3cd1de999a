import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Headers, type Shop, Stage, screenOf, walkTo } from './stage.ts';

/*
 * Shops whose browser cuts their page off from the popup: to the page it looks closed while somebody types into it.
 * Whatever happens, there is exactly one callback.
 */

/** This machine's clock, moved on by tests: silence is not waited for. */
let ahead = 0;
const clock = { now: () => Date.now() + ahead };

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(undefined, { clock });
});
afterAll(() => stage.close());
afterEach(() => {
  ahead = 0;
});

const CUT: Headers = { 'Cross-Origin-Opener-Policy': 'same-origin' };
const ISOLATED: Headers = { ...CUT, 'Cross-Origin-Embedder-Policy': 'require-corp' };
const SHOPS: readonly [name: string, headers: Headers, isCut: boolean][] = [
  ['COOP same-origin', CUT, true],
  ['COOP same-origin and COEP', ISOLATED, true],
  ['COOP same-origin-allow-popups', { 'Cross-Origin-Opener-Policy': 'same-origin-allow-popups' }, false],
  ['COEP require-corp', { 'Cross-Origin-Embedder-Policy': 'require-corp' }, false],
  ['COEP credentialless', { 'Cross-Origin-Embedder-Policy': 'credentialless' }, false],
  ['no such policy', {}, false],
];

/** Opens the popup; ends when the shop's page takes it for what it will take it for. */
async function open(headers: Headers, isCut: boolean): Promise<{ shop: Shop; popup: Page }> {
  const shop = await stage.visit({}, headers);
  await shop.page.evaluate(
    'const open = window.open; window.open = (...args) => window.opened = open(...args)',
  );
  const popup = await shop.certifyInPopup();
  await shop.page.waitForFunction(`opened.closed === ${isCut}`);
  return { shop, popup };
}

/** Until the script has asked whether the popup has gone, and heard that it has not. */
async function isAsked(shop: Shop): Promise<void> {
  const answer = await shop.page.waitForResponse((response) => response.url().endsWith('/page/close'));
  expect(await answer.json()).toEqual({ state: 'pending', wait: true });
}

const success = { success: true };
const cancelled = { success: false, error_code: 'USER_CANCEL' };

describe.each(SHOPS)('a shop with %s', (_name, headers, isCut) => {
  it('gets one callback of a verification', async () => {
    const { shop, popup } = await open(headers, isCut);
    if (isCut) await isAsked(shop);
    await walkTo(popup, 'success');
    expect(await shop.result()).toMatchObject(success);
    await shop[Symbol.asyncDispose]();
  });

  it('gets one of a person who reloads on every screen', async () => {
    const { shop, popup } = await open(headers, isCut);
    const screens = [];
    for (const until of ['consent', 'method', 'person', 'code'] as const) {
      await popup.reload();
      const { screen } = await step(popup);
      screens.push(screen);
      await screenOf(popup, until).waitFor();
      await popup.reload();
      if (isCut) await isAsked(shop);
    }
    await popup.locator('input[name=otp]').fill('123456');
    await popup.locator('button[value=next]').click();
    expect(await shop.result()).toMatchObject(success);
    expect(screens).toEqual(['carrier', 'consent', 'method', 'person']);
    await shop[Symbol.asyncDispose]();
  });

  it('gets one of a person who cancels', async () => {
    const { shop, popup } = await open(headers, isCut);
    await popup.locator('button[value=cancel]').click();
    expect(await shop.result()).toMatchObject(cancelled);
    await shop[Symbol.asyncDispose]();
  });

  it('gets one of a person who closes the window, as soon as that says so', async () => {
    const { shop, popup } = await open(headers, isCut);
    if (isCut) await isAsked(shop);
    let asked = 0;
    shop.page.on('request', (request) => {
      if (request.url().endsWith('/page/close')) asked++;
    });
    await popup.close();
    expect(await shop.result()).toMatchObject(cancelled);
    // Once every two seconds; the first time the window's word may be on its way.
    expect(asked).toBeLessThanOrEqual(2);
    await shop[Symbol.asyncDispose]();
  });

  it('gets one of IMP.close(), and another one of a second call', async () => {
    const { shop, popup } = await open(headers, isCut);
    if (isCut) await isAsked(shop);
    await shop.page.evaluate('IMP.close()');
    expect(await shop.result()).toMatchObject(cancelled);
    if (isCut) await screenOf(popup, 'failure').waitFor();
    else await expect.poll(() => popup.isClosed()).toBe(true);
    const next = await shop.certifyInPopup();
    await walkTo(next, 'success');
    await shop.page.waitForFunction('results.length > 1');
    expect(await shop.results()).toMatchObject([cancelled, success]);
    await shop[Symbol.asyncDispose]();
  });
});

describe('a window that the shop’s page is cut off from', () => {
  it('is there while it is covered, however long it is silent', async () => {
    const { shop, popup } = await open(CUT, true);
    await cover(popup);
    ahead += 60_000;
    await isAsked(shop);
    await isAsked(shop);
    await uncover(popup);
    await walkTo(popup, 'success');
    expect(await shop.result()).toMatchObject(success);
    await shop[Symbol.asyncDispose]();
  });

  it('is there while it says so, however long the person takes', async () => {
    const { shop, popup } = await open(CUT, true);
    for (let round = 0; round < 3; round++) {
      const word = popup.waitForRequest((request) => request.url().endsWith('/presence'));
      await word;
      ahead += 5_000;
      await isAsked(shop);
    }
    await walkTo(popup, 'success');
    expect(await shop.result()).toMatchObject(success);
    await shop[Symbol.asyncDispose]();
  });

  it('has gone when it was seen and the last report is lost', async () => {
    const { shop, popup } = await open(CUT, true);
    await isAsked(shop);
    await popup.evaluate('navigator.sendBeacon = () => true; window.fetch = () => new Promise(() => {})');
    await popup.close();
    await isAsked(shop);
    ahead += 10_000;
    expect(await shop.result()).toMatchObject(cancelled);
    await shop[Symbol.asyncDispose]();
  });

  it('ends at the deadline when it is covered and never heard of again', async () => {
    const { shop, popup } = await open(CUT, true);
    await cover(popup);
    await isAsked(shop);
    await stage.call.advance(900);
    expect(await shop.result()).toMatchObject({ success: false, error_code: 'EXPIRED' });
    await stage.call.resetTime();
    await shop[Symbol.asyncDispose]();
  });

  it('is not taken for silent when a sandbox moves its clock', async () => {
    const { shop, popup } = await open(CUT, true);
    await stage.call.advance(600);
    await isAsked(shop);
    await isAsked(shop);
    await walkTo(popup, 'success');
    expect(await shop.result()).toMatchObject(success);
    await stage.call.resetTime();
    await shop[Symbol.asyncDispose]();
  });
});

describe('a shop or browser that gives no window handle', () => {
  it.each([
    ['noopener, so that a blank window is left over', `args[2] + ',noopener'`, true],
    ['an opener that is taken from the popup', 'args[2]', false],
  ])('gets one callback with %s', async (_name, features, isLayer) => {
    const shop = await stage.visit();
    await shop.page.evaluate(`
      const open = window.open;
      window.open = (...args) => {
        const opened = open.call(window, args[0], args[1], ${features});
        if (opened) opened.opener = null;
        return opened;
      };`);
    if (isLayer) await shop.certify();
    const place = isLayer ? shop.page.frameLocator('.imp-dialog iframe') : await shop.certifyInPopup();
    await walkTo(place, 'success');
    expect(await shop.result()).toMatchObject(success);
    await shop[Symbol.asyncDispose]();
  });
});

/** Fills in the screen that stands there and goes on. */
async function step(popup: Page): Promise<{ screen: string }> {
  const screen = String(await popup.locator('body').getAttribute('data-screen'));
  const fill: Record<string, () => Promise<unknown>> = {
    carrier: () => popup.locator('input[name=carrier][value=KT]').check(),
    consent: () => popup.locator('input[name=agree_all]').check(),
    method: () => popup.locator('input[name=method][value=SMS]').check(),
    person: async () => {
      for (const [name, value] of Object.entries({
        name: '심청',
        birth: '040229',
        gender_digit: '4',
        phone: '01000000005',
      }))
        await popup.locator(`input[name=${name}]`).fill(value);
    },
  };
  await fill[screen]?.();
  await popup.locator('button[name=do][value=next]').click();
  return { screen };
}

/** What a browser does to a page whose window lies behind another one. */
async function cover(popup: Page): Promise<void> {
  const word = popup.waitForResponse((response) => response.url().endsWith('/presence'));
  await setVisibility(popup, 'hidden');
  await word;
}

async function uncover(popup: Page): Promise<void> {
  await setVisibility(popup, 'visible');
}

async function setVisibility(popup: Page, state: string): Promise<void> {
  await popup.evaluate(`
    Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
    Object.defineProperty(document, 'hidden', { value: ${state === 'hidden'}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));`);
}
