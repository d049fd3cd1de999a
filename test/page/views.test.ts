import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderScreen } from '../../src/page/render.ts';
import type { Frame, Language, Screen } from '../../src/page/screen.ts';
import { launchBrowser } from './browser.ts';
import { FRAME, PANEL, SAMPLES, type Sample, SCREENS } from './samples.ts';

const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 800 };
const SANDBOX: Frame = { ...FRAME, sandbox: { ...PANEL, picker: 'open' } };

/** The checker that comes along with its driver; put into a page before the page's own policy counts. */
const AXE = createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright')).resolve(
  'axe-core/axe.min.js',
);

let browser: Browser;
let server: Server;
let origin: string;
/** What the server shows next, and the forms it has got. */
let shown = '';
let posted: string[] = [];

/** The policy that the real server sends with each screen. */
const POLICY = [
  "default-src 'none'",
  `script-src 'nonce-${FRAME.nonce}'`,
  `style-src 'nonce-${FRAME.nonce}'`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

beforeAll(async () => {
  browser = await launchBrowser();
  server = createServer((request, response) => {
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    const [path = ''] = (request.url ?? '').split('?');
    if (!path.startsWith('/page/')) {
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<title>shop</title>');
    }
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
    });
    if (request.method !== 'POST') return response.end(shown);
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      posted.push(`${request.url} ${body}`);
      response.end(shown);
    });
    return response;
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await browser.close();
  server.close();
});

interface Options {
  readonly width?: number;
  readonly script?: boolean;
  readonly clock?: boolean;
}

/** Opens a screen under the policy; at the end nothing may have been said on the console. */
async function open(
  screen: Screen,
  frame: Frame,
  look: (page: Page) => Promise<void>,
  { width = PHONE.width, script = true, clock = false }: Options = {},
): Promise<void> {
  const context = await browser.newContext({
    viewport: { ...PHONE, width },
    javaScriptEnabled: script,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  posted = [];
  shown = renderScreen(screen, frame);
  if (clock) await page.clock.install();
  await page.goto(`${origin}${FRAME.action}`);
  await look(page);
  await context.close();
  expect(complaints).toEqual([]);
}

/** How much wider the page is than the window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/** Visible targets smaller than 44 by 44, of a field the label around it. */
const SMALL_TARGETS = `[...document.querySelectorAll('a, button, input:not([type=hidden]), summary')]
  .map((element) => element.closest('label') ?? element)
  .map((element) => ({ text: element.textContent + element.outerHTML.slice(0, 60), box: element.getBoundingClientRect() }))
  .filter(({ box }) => box.width > 0 && (box.width < 43.9 || box.height < 43.9))
  .map(({ text, box }) => text + ' ' + box.width + 'x' + box.height)`;

/** Every rule small and light, and large and dark; the rules about colours also the other way round. */
const LOOKS = [
  [PHONE, 'light', '{}'],
  [PHONE, 'dark', '{ runOnly: ["color-contrast"] }'],
  [DESKTOP, 'light', '{ runOnly: ["color-contrast"] }'],
  [DESKTOP, 'dark', '{}'],
] as const;

describe.each(['ko', 'en'] as const)('every screen in %s', (language: Language) => {
  /** Shows the screens one by one, with everything unfolded. Leaving is another test. */
  async function tour(page: Page, frame: Frame, look: (sample: Sample) => Promise<void>): Promise<void> {
    await page.addInitScript('window.close = () => {}');
    for (const sample of SAMPLES.filter((each) => each !== 'success-return')) {
      shown = renderScreen(SCREENS[sample], { ...frame, language });
      await page.goto(`${origin}${FRAME.action}`);
      await page.evaluate(`document.querySelectorAll('details').forEach((each) => { each.open = true; })`);
      await look(sample);
    }
  }

  it.each([
    ['outside of a sandbox', FRAME, LOOKS.slice(0, 1)],
    ['in a sandbox', SANDBOX, LOOKS],
  ] as const)(
    'has nothing that axe objects to, small and large, light and dark, %s',
    async (_, frame, looks) => {
      const page = await browser.newPage({ reducedMotion: 'reduce' });
      await page.addInitScript({ path: AXE });
      const found: string[] = [];
      await tour(page, frame, async (sample) => {
        for (const [viewport, colorScheme, rules] of looks) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme });
          const violations = await page.evaluate<string[]>(
            `axe.run(${rules}).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
          );
          found.push(...violations.map((text) => `${sample} ${viewport.width} ${colorScheme}: ${text}`));
        }
      });
      await page.close();
      expect(found).toEqual([]);
    },
  );

  it('fits into 320 px and into 360 px with text of twice the size, with targets a thumb can hit', async () => {
    const page = await browser.newPage({ viewport: PHONE });
    const found: string[] = [];
    const frame = { ...SANDBOX, serviceName: 'Verylongname'.repeat(9), merchantName: '가'.repeat(90) };
    await tour(page, frame, async (sample) => {
      await page.setViewportSize({ width: 320, height: 640 });
      if ((await overflow(page)) > 0) found.push(`${sample} at 320 px`);
      found.push(...(await page.evaluate<string[]>(SMALL_TARGETS)).map((text) => `${sample}: ${text}`));
      await page.setViewportSize(PHONE);
      // What a browser's setting of the text size does to lengths in rem.
      await page.evaluate(`document.documentElement.style.setProperty('font-size', '200%')`);
      if ((await overflow(page)) > 0) found.push(`${sample} with text of twice the size`);
    });
    await page.close();
    expect(found).toEqual([]);
  });
});

describe('the screen of the carrier', () => {
  it('shows the networks when a budget carrier is chosen, and always where :has is unknown', async () => {
    await open(SCREENS.carrier, FRAME, async (page) => {
      expect(await page.locator('.network').isVisible()).toBe(false);
      await page.getByText('알뜰폰', { exact: true }).click();
      expect(await page.locator('.network').isVisible()).toBe(true);
    });
    expect(renderScreen(SCREENS.carrier, FRAME)).toMatch(
      /@supports selector\(:has\(\*\)\)\{[^@]*\.network\{display:none\}/,
    );
  });

  it('works without a script, and says what is missing', async () => {
    await open(
      SCREENS['carrier-mvno'],
      FRAME,
      async (page) => {
        await page.getByLabel('LG U+').last().check();
        await page.getByRole('button', { name: '다음' }).click();
        expect(posted).toEqual(['/page/s/sample?lang=ko step=3&carrier=MVNO&network=LGT&do=next']);
        expect(await page.getByRole('alert').textContent()).toContain(
          '알뜰폰이 사용하는 통신망을 선택해 주세요.',
        );
        expect(await page.locator('#f-network:focus').count()).toBe(1);
      },
      { script: false },
    );
  });
});

describe('the keyboard', () => {
  /** Presses Tab through the page and names what has the focus. */
  async function walk(page: Page): Promise<string[]> {
    const names: string[] = [];
    await expect.poll(() => page.evaluate('document.activeElement !== document.body')).toBe(true);
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate<string>(
        `(() => { const e = document.activeElement; return e === document.body || e.matches('html') ? '' : e.name === 'do' || e.name === '' || e.name === undefined ? (e.value || e.innerText).trim() : e.name; })()`,
      );
      if (name === '') break;
      names.push(name);
    }
    return names;
  }

  it('reaches everything in the order of reading, from the heading on', async () => {
    await open(SCREENS.person, FRAME, async (page) => {
      await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('H1');
      expect(await walk(page)).toEqual(['name', 'birth', 'gender_digit', 'phone', 'next', 'cancel']);
    });
    await open(SCREENS['consent-problems'], { ...FRAME, language: 'en' }, async (page) => {
      await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('agree_unique_id');
      expect((await walk(page)).filter((name) => !name.startsWith('Read'))).toEqual([
        'agree_carrier',
        'agree_service',
        'next',
        'cancel',
      ]);
    });
  });

  it('reaches the outcome picker and every button in it', async () => {
    const frame: Frame = { ...FRAME, sandbox: PANEL };
    await open({ ...SCREENS.code, resendIn: 0 }, frame, async (page) => {
      const names = await walk(page);
      expect(names).toEqual([
        'otp',
        '입력하기',
        '문자함 (새 창)',
        'next',
        'resend',
        'other_number',
        'cancel',
        '결과 골라서 끝내기',
      ]);
      await page.locator('.picker summary').focus();
      await page.keyboard.press('Enter');
      expect((await walk(page)).length).toBe(PANEL.outcomes.length);
      await page.locator('[data-outcome=blocked]').press('Enter');
      await expect.poll(() => posted).toEqual(['/page/s/sample?lang=ko step=3&do=outcome%3Ablocked']);
    });
  });

  it('goes on with Enter in a field, and never cancels', async () => {
    await open(SCREENS.code, SANDBOX, async (page) => {
      await page.getByLabel('인증번호 6자리').fill('123 456');
      await page.keyboard.press('Enter');
      await expect.poll(() => posted).toEqual(['/page/s/sample?lang=ko step=3&otp=123+456&do=next']);
    });
  });
});

describe('the screen of the consents', () => {
  it('ticks all at once with a script, and has no such box without', async () => {
    await open(SCREENS.consent, FRAME, async (page) => {
      const every = page.getByLabel('모두 동의합니다');
      await every.check();
      expect(await page.locator('.consents :checked').count()).toBe(4);
      await page.locator('[name=agree_carrier]').uncheck();
      expect(await every.isChecked()).toBe(false);
      await page.locator('[name=agree_carrier]').check();
      expect(await every.isChecked()).toBe(true);
      await page.getByText('내용 보기').first().click();
      expect(await page.locator('.terms').first().isVisible()).toBe(true);
    });
    await open(
      SCREENS.consent,
      FRAME,
      async (page) => expect(await page.getByLabel('모두 동의합니다').isVisible()).toBe(false),
      { script: false },
    );
  });
});

describe('the time of a code', () => {
  it('counts down, is announced at 60, 30 and 10 seconds only, and says when it is over', async () => {
    await open(
      { ...SCREENS.code, secondsLeft: 65 },
      FRAME,
      async (page) => {
        const timer = page.getByRole('timer');
        const resend = page.locator('[value=resend]');
        await page.evaluate(
          `window.said = []; new MutationObserver(() => said.push(document.querySelector('#say').textContent))
            .observe(document.querySelector('#say'), { childList: true, characterData: true, subtree: true })`,
        );
        expect(await timer.textContent()).toBe('1:05');
        expect(await resend.isDisabled()).toBe(true);
        expect(await resend.textContent()).toMatch(/인증번호 다시 받기\s*30초 후 가능/);
        await page.clock.runFor(4_000);
        expect(await timer.textContent()).toBe('1:01');
        expect(await page.evaluate('said')).toEqual([]);
        for (let second = 0; second < 60; second += 5) await page.clock.runFor(5_000);
        expect(await timer.textContent()).toBe('0:01');
        expect(await resend.isEnabled()).toBe(true);
        expect(await page.locator('#over').isVisible()).toBe(false);
        await page.clock.runFor(10_000);
        expect(await timer.textContent()).toBe('0:00');
        expect(await page.locator('#over').isVisible()).toBe(true);
        expect(await page.evaluate('said')).toEqual([
          '60초 남았습니다',
          '30초 남았습니다',
          '10초 남았습니다',
        ]);
      },
      { clock: true },
    );
  });

  it('stands there without a script, and another code can be asked for', async () => {
    await open(
      SCREENS.code,
      FRAME,
      async (page) => {
        expect(await page.getByRole('timer').textContent()).toBe('3:00');
        await page.locator('[value=resend]').click();
        expect(posted).toEqual(['/page/s/sample?lang=ko step=3&otp=&do=resend']);
      },
      { script: false },
    );
  });
});

describe('the sandbox', () => {
  it('fills in a person with one click, and shows a list without a script', async () => {
    await open(SCREENS['person-empty'], SANDBOX, async (page) => {
      await page.getByRole('button', { name: 'ANNA KIM (외국인)' }).click();
      await page.locator('.primary').click();
      await expect
        .poll(() => posted)
        .toEqual([
          '/page/s/sample?lang=ko step=3&name=ANNA+KIM&birth=880505&gender_digit=6&phone=01000000004&do=next',
        ]);
    });
    await open(
      SCREENS['person-empty'],
      SANDBOX,
      async (page) => {
        expect(await page.locator('[data-person]').first().isVisible()).toBe(false);
        expect(await page.locator('.chips').first().textContent()).toContain('심청, 950815-2, 01000000002');
      },
      { script: false },
    );
  });

  it.each([
    [SCREENS.carrier, 'carrier=SKT&do=next'],
    [SCREENS['carrier-mvno'], null],
    [{ ...SCREENS['carrier-mvno'], problems: [] }, 'carrier=MVNO&network=SKT&do=next'],
    [
      SCREENS.consent,
      'agree_all=1&agree_personal=1&agree_unique_id=1&agree_carrier=1&agree_service=1&do=next',
    ],
    [SCREENS.method, 'method=SMS&do=next'],
    [
      SCREENS['person-empty'],
      'name=%EC%8B%AC%EC%B2%AD&birth=950815&gender_digit=2&phone=01000000002&do=next',
    ],
    [SCREENS.code, 'otp=123456&do=next'],
    [SCREENS.app, 'do=play_approval'],
  ] as const)('walks on by itself when asked to, and stops at an error (%#)', async (screen, sent) => {
    const frame: Frame = { ...FRAME, sandbox: { ...PANEL, auto: 50 } };
    await open(screen, frame, async (page) => {
      if (sent === null) await page.waitForTimeout(300);
      else await expect.poll(() => posted[0]).toContain(`lang=ko step=3&${sent}`);
      if (sent === null) expect(posted).toEqual([]);
    });
  });
});

describe('the end', () => {
  const messageTo = (to: 'opener' | 'parent', targetOrigin: string): Screen => ({
    kind: 'success',
    finish: { way: 'message', to, message: '{"bonin":1}', targetOrigin },
  });
  /** A page of the shop, at the same server but without the policy of the page. */
  async function openShop(): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${origin}/shop`);
    await page.evaluate(
      'window.got = []; addEventListener("message", (event) => got.push(event.data)); undefined',
    );
    return page;
  }

  it('tells the window that opened it, and closes', async () => {
    const shop = await openShop();
    shown = renderScreen(messageTo('opener', origin), FRAME);
    const popup = shop.waitForEvent('popup');
    await shop.evaluate('void window.open("/page/s/sample")');
    await (await popup).waitForEvent('close', { timeout: 3_000 });
    expect(await shop.evaluate('got')).toEqual(['{"bonin":1}']);
    await shop.close();
  });

  it('tells nothing to a window of another origin', async () => {
    const shop = await openShop();
    shown = renderScreen(messageTo('opener', 'https://shop.example'), FRAME);
    const popup = shop.waitForEvent('popup');
    await shop.evaluate('void window.open("/page/s/sample")');
    await (await popup).waitForEvent('close', { timeout: 3_000 });
    expect(await shop.evaluate('got')).toEqual([]);
    await shop.close();
  });

  it('tells the page around its frame, and again with the button', async () => {
    const shop = await openShop();
    shown = renderScreen(messageTo('parent', '*'), FRAME);
    await shop.evaluate(
      'const frame = document.createElement("iframe"); frame.src = "/page/s/sample"; document.body.append(frame)',
    );
    await expect.poll(() => shop.evaluate('got')).toEqual(['{"bonin":1}']);
    await shop.frameLocator('iframe').getByRole('button', { name: '창 닫기' }).click();
    await expect.poll(() => shop.evaluate('got')).toEqual(['{"bonin":1}', '{"bonin":1}']);
    await shop.close();
  });

  it.each([true, false])('goes back to the shop (script: %s)', async (script) => {
    const finish = { way: 'return', address: `${origin}/shop?imp_uid=imp_1&success=true` } as const;
    await open(
      { kind: 'success', finish },
      FRAME,
      async (page) => {
        await page.waitForURL(finish.address, { timeout: 3_000 });
        expect(await page.title()).toBe('shop');
      },
      { script },
    );
  });

  it('goes back by the link at once', async () => {
    const finish = { way: 'return', address: `${origin}/shop?success=false` } as const;
    await open({ ...SCREENS.failure, finish }, FRAME, async (page) => {
      await page.getByRole('link', { name: '서비스로 돌아가기' }).click();
      await page.waitForURL(finish.address, { timeout: 700 });
    });
  });

  it('stays silent when told to, and says so when a window cannot close itself', async () => {
    await open(SCREENS['success-silent'], FRAME, async (page) => {
      await page.waitForTimeout(1_000);
      expect(await page.locator('[data-stuck]').isVisible()).toBe(false);
    });
    // A browser may warn on its console that a window which no script has opened is not closed by one.
    const page = await browser.newPage();
    shown = renderScreen(SCREENS.success, FRAME);
    await page.goto(`${origin}/page/s/sample`);
    await page.addInitScript('window.close = () => {}');
    await page.reload();
    await page.locator('[data-stuck]').waitFor({ state: 'visible', timeout: 3_000 });
    await page.close();
  });
});
