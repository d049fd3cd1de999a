import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONSENT, SIMCHEONG_FORM, Visitor } from './shop.ts';
import { IPHONE, Stage } from './stage.ts';

/** A phone some years old in a train: slow 4G, a quarter of this processor. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 95_000 };
const SLOWER = 4;
const LIMIT = 30 * 1024;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

it('weighs at most 30 KB on every screen of the walk, with everything in it', async () => {
  const { url } = await stage.call.start();
  const visitor = new Visitor();
  await visitor.open(url);
  const weights: [string, number][] = [];
  const weigh = () => weights.push([visitor.screen, Buffer.byteLength(visitor.html)]);
  weigh();
  for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM, { otp: '123456' }]) {
    await visitor.send(form);
    weigh();
  }
  expect(weights.map(([screen]) => screen)).toEqual([
    'carrier',
    'consent',
    'method',
    'person',
    'code',
    'success',
  ]);
  for (const [, bytes] of weights) expect(bytes).toBeLessThanOrEqual(LIMIT);
  expect(visitor.html).not.toMatch(/<(?:link|img|iframe)|src=|@import|url\(/);
  process.stdout.write(
    `bytes of the screens: ${weights.map(([screen, bytes]) => `${screen} ${bytes}`).join(', ')}\n`,
  );
});

it('can be used within moments on a slow phone', async () => {
  const { url } = await stage.call.start({ window: 'redirect', m_redirect_url: `${stage.shopUrl}/done` });
  const context = await stage.browser.newContext({
    userAgent: IPHONE,
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', NETWORK);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.goto(url);
  const [interactive, loaded] = (await page.evaluate(`(() => {
    const [entry] = performance.getEntriesByType('navigation');
    return [entry.domInteractive, entry.loadEventEnd || entry.domComplete];
  })()`)) as [number, number];
  process.stdout.write(
    `first screen on a slow phone: interactive after ${Math.round(interactive)} ms, complete after ${Math.round(loaded)} ms\n`,
  );
  // Said, not judged: a busy machine has other times. That it can be used at all is what is tested.
  await page.locator('input[name=carrier][value=KT]').check();
  await page.locator('button[value=next]').click();
  await page.locator('body[data-screen=consent]').waitFor();
  await context.close();
});
