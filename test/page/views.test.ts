import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Language } from '../../src/html/language.ts';
import { renderScreen } from '../../src/page/render.ts';
import type { ScreenContext } from '../../src/page/screen.ts';
import { FRAME, LEAVING, SAMPLES, type Sample, SCREENS } from './samples.ts';
import { PHONE, SANDBOX, type Stage, startStage } from './screen-stage.ts';

const DESKTOP = { width: 1280, height: 800 };

/** The checker that comes along with its driver; put into a page before the page's own policy counts. */
const AXE = createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright')).resolve(
  'axe-core/axe.min.js',
);

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(() => stage.stop());

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

// In a sandbox each screen is checked in four looks: a slow machine takes its time.
describe.each(['ko', 'en'] as const)('every screen in %s', { timeout: 180_000 }, (language: Language) => {
  /** Shows the screens one by one, with everything unfolded. Leaving is another test. */
  async function tour(
    page: Page,
    frame: ScreenContext,
    look: (sample: Sample) => Promise<void>,
  ): Promise<void> {
    await page.addInitScript('window.close = () => {}');
    for (const sample of SAMPLES.filter((each) => !LEAVING.includes(each))) {
      stage.show(SCREENS[sample], { ...frame, language });
      await page.goto(`${stage.origin}${FRAME.action}`);
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
      const page = await stage.browser.newPage({ reducedMotion: 'reduce' });
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

  it('is as good where it leaves by itself, or asks again', async () => {
    const page = await stage.browser.newPage({ viewport: PHONE, reducedMotion: 'reduce' });
    const found: string[] = [];
    for (const sample of LEAVING)
      for (const [viewport, colorScheme, rules] of LOOKS) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        const text = renderScreen(SCREENS[sample], { ...FRAME, language });
        // Without what makes it leave.
        await page.setContent(
          text.replaceAll(/<script[\s\S]*?<\/script>|<meta http-equiv="refresh"[^>]*>/g, ''),
        );
        await page.addScriptTag({ path: AXE });
        const violations = await page.evaluate<string[]>(
          `axe.run(${rules}).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
        );
        found.push(...violations.map((each) => `${sample} ${viewport.width} ${colorScheme}: ${each}`));
        if ((await overflow(page)) > 0) found.push(`${sample} at ${viewport.width} px`);
        found.push(...(await page.evaluate<string[]>(SMALL_TARGETS)).map((each) => `${sample}: ${each}`));
      }
    await page.close();
    expect(found).toEqual([]);
  });

  it('fits into 320 px and into 360 px with text of twice the size, with targets a thumb can hit', async () => {
    const page = await stage.browser.newPage({ viewport: PHONE });
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
