import { findChromium } from './browser.ts';

/** Before any test: a browser that comes packed is unpacked once, and not by several workers at the same time. */
export async function setup(): Promise<void> {
  await findChromium();
}
