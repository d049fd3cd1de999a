import { existsSync } from 'node:fs';
import bundledChromium from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Where a system has its own Chromium. */
const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The system's Chromium, else the one that comes along as a package (Linux, x64). */
export async function findChromium(): Promise<string> {
  return SYSTEM.find((path) => existsSync(path)) ?? (await bundledChromium.executablePath());
}

/** A browser that talks to this machine only, with more switches. Close it when done. */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: await findChromium(),
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      // Else pages without an origin may not ask a loopback address, as they may ask any server on the net.
      '--disable-features=LocalNetworkAccessChecks',
      ...args,
    ],
  });
}
