import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Client } from '../../src/client/index.ts';
import { KEY_A, startDevApp } from '../support/dev-app.ts';
import { launchBrowser } from './browser.ts';
import { shopOf } from './shop.ts';

export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

/** What the shop's callback got, oldest first. */
export type Results = readonly Readonly<Record<string, string | boolean>>[];

/** Headers that the shop's page comes with. */
export type Headers = Readonly<Record<string, string>>;

/** A shop's page with the script in it, on an origin of its own, in front of a real server and a real browser. */
export class Stage {
  readonly app: Awaited<ReturnType<typeof startDevApp>>;
  readonly browser: Browser;
  readonly client: Client;
  readonly call: ReturnType<typeof shopOf>;
  /** Where the shop's page is; its host name differs from the server's. */
  readonly shopUrl: string;
  readonly #shop: Server;

  private constructor(app: Stage['app'], browser: Browser, shop: Server) {
    this.app = app;
    this.browser = browser;
    this.#shop = shop;
    this.shopUrl = `http://localhost:${(shop.address() as AddressInfo).port}`;
    this.call = shopOf(app);
    this.client = new Client({ impKey: KEY_A.imp_key, impSecret: KEY_A.imp_secret, baseUrl: app.url });
  }

  /** `front` stands before the server and passes on to where it is told; browsers know its address alone. */
  static async open(
    front?: { readonly url: string; passTo(url: string): void },
    options: Parameters<typeof startDevApp>[0] = {},
  ): Promise<Stage> {
    const [app, browser] = await Promise.all([
      startDevApp({ ...options, publicUrl: front?.url }),
      launchBrowser(),
    ]);
    front?.passTo(app.url);
    const shop = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      // What an address asks for after `?` are headers.
      for (const [name, value] of new URL(request.url ?? '/', 'http://shop').searchParams)
        if (name.startsWith('Cross-Origin-')) response.setHeader(name, value);
      response.end(shopPage(front?.url ?? app.url, request.url ?? '/'));
    });
    await new Promise<void>((resolve) => shop.listen(0, 'localhost', resolve));
    return new Stage(app, browser, shop);
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.#shop.closeAllConnections();
    await new Promise((resolve) => this.#shop.close(resolve));
    await this.app.close();
  }

  /** A shop's page in a browser of its own. */
  async visit(options: Parameters<Browser['newContext']>[0] = {}, headers: Headers = {}): Promise<Shop> {
    const context = await this.browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    const page = await context.newPage();
    const query = String(new URLSearchParams(headers));
    await page.goto(`${this.shopUrl}/join${query && `?${query}`}`);
    return new Shop(context, page);
  }

  /** A phone: small, with touch, by its user agent. */
  visitByPhone(options: Parameters<Browser['newContext']>[0] = {}, headers: Headers = {}): Promise<Shop> {
    return this.visit(
      {
        ...options,
        userAgent: IPHONE,
        viewport: { width: 390, height: 844 },
        isMobile: true,
        hasTouch: true,
      },
      headers,
    );
  }
}

/** One person at the shop's page. */
export class Shop implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;

  constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
  }

  /** Calls `IMP.certification` and gives the window that opens. */
  async certifyInPopup(param: object = {}): Promise<Page> {
    const [popup] = await Promise.all([this.page.waitForEvent('popup'), this.certify(param)]);
    // The window opens blank, within the click, and gets its page a moment later.
    await popup.locator('body[data-screen]').waitFor();
    return popup;
  }

  async certify(param: object = {}): Promise<void> {
    await this.page.evaluate(`certify(${JSON.stringify(param)})`);
  }

  results(): Promise<Results> {
    return this.page.evaluate('results');
  }

  /** The one result of a call; waits for it, and makes sure that no second one comes. */
  async result(): Promise<Results[number]> {
    await this.page.waitForFunction('results.length > 0');
    // A second one would come with the next look at the window or message, within this time.
    await this.page.waitForTimeout(400);
    const [only, ...others] = await this.results();
    if (only === undefined || others.length > 0) throw new Error(`${1 + others.length} callbacks`);
    return only;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

/** Where forms of the page are filled in: a window, or the frame of a layer. */
type Place = Pick<Page, 'locator' | 'getByRole'>;

/** Which screen stands there. */
export function screenOf(place: Place, kind: string) {
  return place.locator(`body[data-screen=${kind}]`);
}

const PRIMARY = 'button[name=do][value=next]';
export const SIMCHEONG_TYPED = { name: '심청', birth: '040229', gender_digit: '4', phone: '01000000005' };

/**
 * Walks through the screens as a person would, up to one of them: `success` by the right code, `failure` by what the
 * provider says of the person.
 */
export async function walkTo(
  place: Place,
  until: 'consent' | 'method' | 'person' | 'code' | 'app' | 'success' | 'failure',
  typed: Readonly<Record<string, string>> = SIMCHEONG_TYPED,
): Promise<void> {
  const next = () => place.locator(PRIMARY).click();
  const steps = [
    ['consent', () => place.locator('input[name=carrier][value=KT]').check()],
    ['method', () => place.locator('input[name=agree_all]').check()],
    ['person', () => place.locator(`input[name=method][value=${until === 'app' ? 'APP' : 'SMS'}]`).check()],
    [
      until === 'app' ? 'app' : 'code',
      async () => {
        for (const [name, value] of Object.entries(typed))
          await place.locator(`input[name=${name}]`).fill(value);
      },
    ],
    ['success', () => place.locator('input[name=otp]').fill('123456')],
  ] as const;
  for (const [screen, fill] of steps) {
    await fill();
    await next();
    // A window with a result closes by itself within a moment; what counts is what the shop hears.
    if (screen === 'success' || (screen === 'code' && until === 'failure')) return;
    await screenOf(place, screen).waitFor();
    if (screen === until) return;
  }
}

function shopPage(boninUrl: string, path: string): string {
  const script = path.startsWith('/bare') ? '' : `<script src="${boninUrl}/v1/iamport.js"></script>`;
  return `<!doctype html><html lang="ko"><meta charset="utf-8"><title>가상상점</title>
<button id="go">본인인증</button>${script}
<script>
  window.results = [];
  window.certify = (param) => {
    if (!param.uninitialised) IMP.init(param.user_code || 'imp00000000');
    IMP.certification(param, param.without_callback ? undefined : (result) => {
      window.results.push(result);
      if (param.throws) throw new Error('the shop is broken');
    });
  };
</script></html>`;
}
