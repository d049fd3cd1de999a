/**
 * Takes the pictures of the readme and of `docs/sandbox.md`: `node test/docs/pictures.ts [folder]`. It starts
 * `bonin dev` and the example shop, and goes through a sign-up in a browser as a person would. The machine needs a
 * Korean font, as in Debian's package `fonts-noto-cjk`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../page/browser.ts';
import { startExampleShop } from '../page/example-shop.ts';
import { printedUrl, spawnBonin } from '../support/child-bonin.ts';

const FOLDER = process.argv[2] ?? join(import.meta.dirname, '../../docs/images');
const PERSON = '홍길동';
const PHONE = {
  locale: 'ko-KR',
  userAgent:
    'Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
};
const DESKTOP = {
  locale: 'ko-KR',
  viewport: { width: 1280, height: 800 },
  reducedMotion: 'reduce',
} as const;

/** Without a font every syllable is the same empty box. */
async function requireKoreanFont(browser: Browser): Promise<void> {
  const page = await browser.newPage();
  const draw = async (syllable: string): Promise<string> => {
    await page.setContent(`<body style="font-size: 40px">${syllable}`);
    return (await page.screenshot()).toString('base64');
  };
  if ((await draw('가')) === (await draw('힣')))
    throw new Error('this machine has no Korean font; on Debian: apt-get install fonts-noto-cjk');
  await page.close();
}

/** Signs up at the shop on a phone, and returns what was on the screen at each step that is worth a look. */
async function signUp(browser: Browser, shopUrl: string): Promise<readonly Buffer[]> {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  const next = () => page.click('button[name=do][value=next]');
  const pictures: Buffer[] = [];
  const take = async () => pictures.push(await page.screenshot());

  await page.goto(shopUrl);
  await page.click('#certify');
  await page.check('[name=carrier][value=SKT]');
  await take();
  await next();
  await page.check('[name=agree_all]');
  await next();
  await page.check('[name=method][value=SMS]');
  await next();
  await page.locator('button', { hasText: PERSON }).first().click();
  await take();
  await next();
  await page.waitForSelector('[name=otp]');
  await page.fill('[name=otp]', '123456');
  await take();
  await next();
  await page.waitForSelector('#join');
  await take();
  await context.close();
  return pictures;
}

/** The screens side by side, as one picture. */
async function arrange(browser: Browser, screens: readonly Buffer[], path: string): Promise<void> {
  const gap = 24;
  const { width, height } = PHONE.viewport;
  const page = await browser.newPage({
    viewport: { width: screens.length * (width + gap) + gap, height: height + 2 * gap },
  });
  const images = screens.map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`);
  await page.setContent(
    `<style>body { display: flex; gap: ${gap}px; margin: ${gap}px; background: #e6e9ec } ` +
      `img { width: ${width}px; height: ${height}px; border-radius: 12px }</style>${images.join('')}`,
  );
  await page.screenshot({ path });
  await page.close();
}

/** What the sandbox shows of the sign-up that has just taken place. */
async function takeSandbox(browser: Browser, boninUrl: string, path: string): Promise<void> {
  const page = await browser.newPage(DESKTOP);
  await page.goto(`${boninUrl}/sandbox`);
  await page.getByText('/users/getToken').first().waitFor();
  await page.getByText('123456').first().waitFor();
  await page.screenshot({ path });
  await page.close();
}

mkdirSync(FOLDER, { recursive: true });
const run = spawnBonin(['dev', '--memory', '--port', '0'], {});
const boninUrl = await printedUrl(run, {});
const browser = await launchBrowser();
try {
  await requireKoreanFont(browser);
  const shop = await startExampleShop(boninUrl);
  try {
    await arrange(browser, await signUp(browser, shop.url), join(FOLDER, 'flow.png'));
    await takeSandbox(browser, boninUrl, join(FOLDER, 'sandbox.png'));
  } finally {
    await shop.stop();
  }
} finally {
  await browser.close();
  run.child.kill();
  await run.exited;
}
