import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

export const EXAMPLE_SHOP = join(import.meta.dirname, '../../examples/shop');

/** The shop of `examples/shop` in a process of its own, on a free port. Stop it when done. */
export async function startExampleShop(boninUrl: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: EXAMPLE_SHOP,
    // A busy machine is no server that does not answer.
    env: { PORT: '0', BONIN_URL: boninUrl, BONIN_PATIENCE_MS: '30000', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = /^(http:\S+)\n/m.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
    child.on('error', reject);
    void exited.then(() => reject(new Error(`the shop ended before it answered: ${output}`)));
  });
  return {
    url,
    /** All that it has said, on both streams. */
    output: () => output,
    async stop() {
      child.kill();
      await exited;
    },
  };
}

export type ExampleShop = Awaited<ReturnType<typeof startExampleShop>>;

/** What somebody types on the verification page. */
export interface Typed {
  readonly carrier?: string;
  readonly name: string;
  readonly birth: string;
  readonly gender_digit: string;
  readonly phone: string;
}

/** Somebody in front of the shop, in a browser of their own. */
export class Customer {
  readonly page: Page;
  /** Every address that this browser has asked for, in all of its windows. */
  readonly addresses: string[] = [];
  readonly #context: BrowserContext;
  readonly #shop: string;

  private constructor(context: BrowserContext, page: Page, shop: string) {
    this.#context = context;
    this.page = page;
    this.#shop = shop;
    context.on('request', (request) => this.addresses.push(request.url()));
  }

  static async enter(browser: Browser, shop: ExampleShop, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ locale: 'ko-KR', ...options });
    const customer = new Customer(context, await context.newPage(), shop.url);
    await customer.page.goto(shop.url);
    return customer;
  }

  /** The number that the server gave to this session's verification. */
  async merchantUid(): Promise<string> {
    return (await this.page.getAttribute('#certify', 'data-merchant-uid')) ?? '';
  }

  /** Presses the button and answers the popup. */
  async openPopup(): Promise<Page> {
    const opened = this.page.waitForEvent('popup');
    await this.page.click('#certify');
    return opened;
  }

  /** Presses the button; the sandbox walks through the page by itself. */
  async certifyBySandbox(sandbox: object, more: object = {}): Promise<void> {
    await this.page.waitForFunction('window.IMP !== undefined');
    await this.page.evaluate(
      ([walk, rest]) => {
        const { IMP } = globalThis as unknown as { IMP: { certification(...all: unknown[]): void } };
        const original = IMP.certification;
        IMP.certification = (param, callback) =>
          original({ ...(param as object), ...rest, sandbox: { auto: true, ...walk } }, callback);
      },
      [sandbox, more] as const,
    );
    await this.press('#certify');
  }

  /** Presses what brings a new page of the shop, and waits for it. */
  async press(selector: string): Promise<void> {
    await this.page.waitForLoadState();
    await Promise.all([this.#arrival(), this.page.click(selector)]);
  }

  /** Sends a callback's result that nobody has given. */
  async forge(impUid: string): Promise<void> {
    await this.page.waitForLoadState();
    await Promise.all([
      this.#arrival(),
      this.page.evaluate(`{
        const { elements } = document.querySelector('#result');
        elements.imp_uid.value = ${JSON.stringify(impUid)};
        elements.success.value = 'true';
        document.querySelector('#result').submit();
      }`),
    ]);
  }

  async join(email: string, nickname: string): Promise<void> {
    await this.page.fill('#email', email);
    await this.page.fill('#nickname', nickname);
    await this.press('#join');
  }

  /** What a form of this session has to carry. */
  async credentials(): Promise<{ cookie: string; csrf: string }> {
    const [cookie] = await this.#context.cookies();
    const csrf = await this.page.inputValue('[name=csrf]');
    return { cookie: `${cookie?.name}=${cookie?.value}`, csrf };
  }

  /** The word of the message on top; null when there is none. */
  async word(): Promise<string | null> {
    const notice = this.page.locator('[data-word]');
    return (await notice.count()) === 0 ? null : notice.getAttribute('data-word');
  }

  async heading(): Promise<string> {
    return (await this.page.textContent('h1')) ?? '';
  }

  leave(): Promise<void> {
    return this.#context.close();
  }

  /** The next page of the shop that stands there, after its redirects; the one before must have loaded. */
  #arrival() {
    return this.page.waitForEvent('load', {
      predicate: (page) => page.url().startsWith(`${this.#shop}/`),
      timeout: 45_000,
    });
  }
}

/** Walks through every screen of the verification page, up to the code. */
export async function walk(page: Page, { carrier = 'SKT', ...fields }: Typed): Promise<void> {
  const next = () => page.click('button[name=do][value=next]');
  await page.check(`[name=carrier][value=${carrier}]`);
  await next();
  await page.check('[name=agree_all]');
  await next();
  await page.check('[name=method][value=SMS]');
  await next();
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
  await next();
  await page.fill('[name=otp]', '123456');
  await lastClick(page, 'next');
}

/** The click after which a popup is closed, perhaps before the click is over. */
export async function lastClick(page: Page, does: 'next' | 'cancel'): Promise<void> {
  await page.click(`button[name=do][value=${does}]`).catch((error: unknown) => {
    if (!page.isClosed()) throw error;
  });
}
