/** Makes the pictures of the page in `docs/images`: `node test/page/screenshots.ts [folder]`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { renderScreen } from '../../src/page/render.ts';
import type { ScreenContext } from '../../src/page/screen.ts';
import { launchBrowser } from './browser.ts';
import { FRAME, PANEL, type Sample, SCREENS } from './samples.ts';

const FOLDER = process.argv[2] ?? join(import.meta.dirname, '../../docs/images');
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } } as const;
const SANDBOX: ScreenContext = { ...FRAME, sandbox: PANEL };
const ENGLISH: ScreenContext = { ...FRAME, language: 'en' };

interface Picture {
  readonly name: string;
  readonly screen: Sample;
  readonly frame: ScreenContext;
  readonly dark?: boolean;
}

const PICTURES: readonly Picture[] = [
  { name: 'carrier', screen: 'carrier', frame: FRAME },
  { name: 'carrier-mvno', screen: 'carrier-mvno', frame: FRAME },
  { name: 'consent', screen: 'consent', frame: FRAME },
  { name: 'method', screen: 'method', frame: FRAME },
  { name: 'person', screen: 'person-empty', frame: FRAME },
  { name: 'person-problems', screen: 'person-problems', frame: FRAME },
  { name: 'code', screen: 'code', frame: FRAME },
  { name: 'app', screen: 'app', frame: FRAME },
  { name: 'hand-over', screen: 'hand-over', frame: FRAME },
  { name: 'waiting', screen: 'waiting', frame: FRAME },
  { name: 'success', screen: 'success', frame: FRAME },
  { name: 'failure', screen: 'failure', frame: FRAME },
  { name: 'dead', screen: 'dead', frame: FRAME },
  { name: 'sandbox-person', screen: 'person-empty', frame: SANDBOX },
  { name: 'sandbox-code', screen: 'code', frame: { ...SANDBOX, sandbox: { ...PANEL, picker: 'open' } } },
  { name: 'sandbox-app', screen: 'app', frame: SANDBOX },
  { name: 'carrier-en', screen: 'carrier', frame: ENGLISH },
  { name: 'consent-en', screen: 'consent-problems', frame: ENGLISH },
  { name: 'person-en', screen: 'person', frame: ENGLISH },
  { name: 'carrier-dark', screen: 'carrier-mvno', frame: FRAME, dark: true },
  { name: 'person-dark', screen: 'person-problems', frame: FRAME, dark: true },
  { name: 'sandbox-code-dark', screen: 'code-problems', frame: SANDBOX, dark: true },
];

mkdirSync(FOLDER, { recursive: true });
const browser = await launchBrowser();
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const { name, screen, frame, dark = false } of PICTURES) {
    const page = await browser.newPage({ viewport, colorScheme: dark ? 'dark' : 'light' });
    // The windows of these pictures stay open.
    await page.evaluate('window.close = () => {}');
    const text = renderScreen(SCREENS[screen], frame);
    // Screens that leave by themselves are shown without the script that makes them leave.
    const isLeaving = screen === 'hand-over' || screen === 'waiting';
    await page.setContent(isLeaving ? text.replaceAll(/<script[\s\S]*?<\/script>/g, '') : text);
    await page.screenshot({ path: join(FOLDER, `page-${name}-${size}.png`), fullPage: true });
    await page.close();
  }
}
await browser.close();
