import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { FAILURES, type FailureReason } from '../../src/page/failure.ts';
import { eventually } from '../support/eventually.ts';
import { launchBrowser } from './browser.ts';
import { IMP_UID, type ScriptedPageServer, startScriptedPageServer } from './scripted-page-server.ts';

export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

export type Result = Record<string, unknown>;

/** How long one callback too many is waited for, in milliseconds. */
const A_MOMENT = 60;

const START = Date.UTC(2026, 0, 2);
const HOUR = 3_600_000;

/**
 * Counts the requests whose answers have not been read and worked on yet, and those that were given up. Keeps the
 * window that was opened last.
 */
const COUNT_REQUESTS = `window.flying = window.givenUp = 0;
const send = window.fetch;
const land = (error) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    flying -= 1;
    if (error && error.name === 'AbortError') givenUp += 1;
  };
  port2.postMessage(null);
};
window.fetch = async (...args) => {
  flying += 1;
  try {
    const response = await send(...args);
    const read = response.json.bind(response);
    response.json = () => read().finally(() => land());
    return response;
  } catch (error) {
    land(error);
    throw error;
  }
};
const open = window.open;
window.open = (...args) => window.lastOpened = open.apply(window, args);`;

const ALWAYS = ['imp_success', 'merchant_uid', 'pg_type', 'success'];
const OF_FAILURES = ['error_code', 'error_msg', 'error_reason'];
const OF_SERVER = ['imp_uid', 'pg_provider'];

export interface VisitOptions {
  readonly userAgent?: string;
  /** Runs before the page's own scripts. */
  readonly before?: string;
  /** Time stands still but for what the test lets pass. */
  readonly stopsClock?: boolean;
}

/** A merchant's page, opened in a browser of its own. */
export class Visit {
  readonly page: Page;
  /** What went wrong without anybody catching it. */
  readonly errors: string[] = [];
  readonly console: string[] = [];
  readonly #unanswered: () => number;

  /** `unanswered`: how many requests the server keeps waiting, because the test wants it to. */
  constructor(page: Page, unanswered: () => number) {
    this.page = page;
    this.#unanswered = unanswered;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => this.console.push(`${message.type()} ${message.text()}`));
  }

  /** Calls `IMP.certification`; true when it returned nothing. */
  verify(param: unknown, userCode?: unknown): Promise<unknown> {
    const code = userCode === undefined ? 'undefined' : JSON.stringify(userCode);
    return this.page.evaluate(`verify(${JSON.stringify(param)}, ${code})`);
  }

  /** Calls it, and waits for the page inside the popup that it opens. */
  async verifyInPopup(param: unknown = {}): Promise<Page> {
    const [popup] = await Promise.all([this.page.waitForEvent('popup'), this.verify(param)]);
    await popup.waitForURL('**/page/ticket');
    await popup.waitForFunction('typeof say === "function"');
    return popup;
  }

  /** Calls it, and waits for the page inside the layer. */
  async verifyInLayer(param: unknown = {}): Promise<Frame> {
    await this.verify(param);
    return this.frame();
  }

  async frame(): Promise<Frame> {
    let found: Frame | undefined;
    await eventually(() => {
      found = this.page.frames().find((frame) => frame.url().endsWith('/page/ticket'));
      return found !== undefined;
    });
    await found?.waitForFunction('typeof say === "function"');
    return found as Frame;
  }

  /** Lets time pass in a page whose clock stands; what is asked meanwhile is answered before it goes on. */
  async pass(milliseconds: number, step = 250): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += step) {
      await this.page.clock.runFor(step);
      const isSettled = async () => (await this.page.evaluate('flying + givenUp')) === this.#unanswered();
      expect(await eventually(isSettled, undefined, 5)).toBe(true);
    }
  }

  /** Closes a popup as a person does, in a page whose clock stands; ends when that page sees it. */
  async shut(popup: Page): Promise<void> {
    await popup.close();
    expect(await eventually(() => this.page.evaluate('lastOpened.closed'))).toBe(true);
  }

  /** The results so far. */
  results(): Promise<Result[]> {
    return this.page.evaluate('results');
  }

  /** Waits for that many results, and a moment longer for one too many. */
  async allResults(count: number): Promise<Result[]> {
    await eventually(async () => (await this.results()).length >= count, undefined, 15);
    await this.page.waitForTimeout(A_MOMENT);
    const results = await this.results();
    expect(results).toHaveLength(count);
    for (const result of results) expectShape(result);
    expect(this.errors).toEqual([]);
    return results;
  }

  async theResult(): Promise<Result> {
    return (await this.allResults(1))[0] ?? {};
  }

  /** Waits for exactly one callback, with this word; `known` when the server had given the attempt a number. */
  async fails(word: FailureReason, known = true): Promise<void> {
    const result = await this.theResult();
    expect(result).toMatchObject({
      success: false,
      error_code: word,
      error_reason: word,
      error_msg: FAILURES[word],
    });
    expect(result['imp_uid']).toBe(known ? IMP_UID : undefined);
    await this.prints(`error [IMP] ${word} ${FAILURES[word]}`);
  }

  async succeeds(): Promise<void> {
    expect(await this.theResult()).toEqual({
      success: true,
      imp_success: true,
      imp_uid: IMP_UID,
      merchant_uid: 'order-1',
      pg_provider: 'danal',
      pg_type: 'certification',
    });
  }

  /** What the page prints is told some time after it has happened. */
  async prints(line: string): Promise<void> {
    await eventually(() => this.console.includes(line));
    expect(this.console).toContain(line);
  }

  /** Nothing of the layer is left. */
  async isClean(): Promise<void> {
    expect(await this.page.locator('.imp-dialog').count()).toBe(0);
    expect(await this.page.locator('iframe').count()).toBe(0);
    expect(await this.page.evaluate('document.body.className')).toBe('');
  }
}

/** Exactly the keys of the contract, and none of them null, undefined or empty. */
function expectShape(result: Result): void {
  const keys = Object.keys(result).sort();
  expect(typeof result['success']).toBe('boolean');
  expect(result['imp_success']).toBe(result['success']);
  const wanted = [...ALWAYS, ...(result['success'] === true ? ['imp_uid'] : OF_FAILURES)];
  expect(keys).toEqual(expect.arrayContaining(wanted));
  expect([...wanted, ...OF_SERVER]).toEqual(expect.arrayContaining(keys));
  for (const value of Object.values(result)) expect(['string', 'boolean']).toContain(typeof value);
  expect(Object.values(result)).not.toContain('');
  expect(result['pg_type']).toBe('certification');
}

/** Opens visits. Pages are kept for visits of the same kind, since a new one costs most of a test's time. */
export class Visitor {
  readonly #browser: Browser;
  readonly #unanswered: () => number;
  readonly #kept = new Map<string, Page>();
  readonly #contexts = new Set<BrowserContext>();

  constructor(browser: Browser, unanswered: () => number) {
    this.#browser = browser;
    this.#unanswered = unanswered;
  }

  async visit(address: string, options: VisitOptions = {}): Promise<Visit> {
    const kind = JSON.stringify(options);
    const page = this.#kept.get(kind) ?? (await this.#newPage(options));
    if (options.stopsClock !== true) this.#kept.set(kind, page);
    const visit = new Visit(page, this.#unanswered);
    await page.goto(address);
    if (options.stopsClock === true) await page.clock.pauseAt(START + HOUR);
    return visit;
  }

  async #newPage({ userAgent, before, stopsClock }: VisitOptions): Promise<Page> {
    const context = await this.#browser.newContext(userAgent === undefined ? {} : { userAgent });
    this.#contexts.add(context);
    const page = await context.newPage();
    if (stopsClock) {
      await page.clock.install({ time: START });
      await page.addInitScript(COUNT_REQUESTS);
    }
    if (before !== undefined) await page.addInitScript(before);
    return page;
  }

  /** Closes everything but the kept pages. */
  async leave(): Promise<void> {
    const kept = new Set(this.#kept.values());
    for (const page of kept) page.removeAllListeners();
    for (const context of this.#contexts) {
      const pages = context.pages();
      if (!pages.some((page) => kept.has(page))) {
        this.#contexts.delete(context);
        await context.close();
      } else for (const page of pages) if (!kept.has(page)) await page.close();
    }
  }
}

/** A browser and a server for the tests of one file, in their first state for each of them. */
export async function setUp(): Promise<{
  readonly server: ScriptedPageServer;
  readonly visitor: Visitor;
  /** What the last start asked for. */
  startBody(): Record<string, unknown>;
}> {
  const [browser, server] = await Promise.all([launchBrowser(), startScriptedPageServer()]);
  const visitor = new Visitor(browser, () => server.unanswered());
  afterEach(async () => {
    await visitor.leave();
    server.reset();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  const startBody = () => server.asked.filter(({ path }) => path === 'start').at(-1)?.body ?? {};
  return { server, visitor, startBody };
}

/** What a page is made to say. */
export function say(message: object): string {
  return `say(${JSON.stringify(message)})`;
}

/** What the page says to the script. */
export function done(result: object, impUid: string = IMP_UID): object {
  return { bonin: 1, type: 'done', imp_uid: impUid, result };
}

/** A browser that opens no popups. */
export const NO_POPUPS = 'window.open = () => null';
