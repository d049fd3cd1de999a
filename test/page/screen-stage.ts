import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { renderScreen } from '../../src/page/render.ts';
import type { Screen, ScreenContext } from '../../src/page/screen.ts';
import { launchBrowser } from './browser.ts';
import { FRAME, PANEL } from './samples.ts';

export const PHONE = { width: 360, height: 740 };
export const SANDBOX: ScreenContext = { ...FRAME, sandbox: { ...PANEL, picker: 'open' } };

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

/** A browser, and a server that shows one screen under `/page/` and an empty page of a shop elsewhere. */
export interface Stage {
  readonly browser: Browser;
  readonly origin: string;
  /** The forms that came in since a screen was last shown. */
  readonly posted: string[];
  /** From now on the server answers with this screen. */
  show(screen: Screen, frame: ScreenContext): void;
  /** Opens a screen under the policy; at the end nothing may have been said on the console. */
  open(
    screen: Screen,
    frame: ScreenContext,
    look: (page: Page) => Promise<void>,
    options?: {
      readonly script?: boolean;
      /** Stops the page's clock: it goes when it is moved, and no further. */
      readonly clock?: boolean;
    },
  ): Promise<void>;
  stop(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const browser = await launchBrowser();
  const posted: string[] = [];
  let shown = '';
  const server = createServer((request, response) => {
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    if (!request.url?.startsWith('/page/'))
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<title>shop</title>');
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
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function show(screen: Screen, frame: ScreenContext): void {
    posted.length = 0;
    shown = renderScreen(screen, frame);
  }

  return {
    browser,
    origin,
    posted,
    show,
    async open(screen, frame, look, { script = true, clock = false } = {}) {
      const context = await browser.newContext({
        viewport: PHONE,
        javaScriptEnabled: script,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      show(screen, frame);
      if (clock) {
        await page.clock.install({ time: 0 });
        // Else it goes on with real time, besides being moved.
        await page.clock.pauseAt(1_000);
      }
      await page.goto(`${origin}${FRAME.action}`);
      await look(page);
      await context.close();
      expect(complaints).toEqual([]);
    },
    async stop() {
      await browser.close();
      server.close();
    },
  };
}
