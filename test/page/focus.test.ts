import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRAME, LEAVING, SAMPLES, type Sample, SCREENS } from './samples.ts';
import { SANDBOX, type Stage, startStage } from './screen-stage.ts';
import { Stage as ShopStage, screenOf } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

/** Names what has the focus. */
const FOCUSED = `(() => { const e = document.activeElement;
  return e.id || e.name || e.className || e.tagName; })()`;

/** The first error, else the first empty field, else the heading. */
const EXPECTED: Readonly<Record<Sample, string>> = {
  carrier: 'f-carrier',
  'carrier-mvno': 'f-network',
  consent: 'agree_all',
  'consent-problems': 'f-agree_unique_id',
  method: 'f-method',
  'method-problems': 'f-method',
  person: 'H1',
  'person-empty': 'f-name',
  'person-problems': 'f-name',
  'person-refused': 'problems',
  code: 'f-otp',
  'code-problems': 'f-otp',
  'code-over': 'f-otp',
  app: 'H1',
  'app-problems': 'problems',
  'hand-over': 'H1',
  'hand-over-link': 'H1',
  waiting: 'H1',
  success: 'H1',
  'success-return': 'H1',
  'success-silent': 'H1',
  failure: 'H1',
  'failure-cancel': 'H1',
  dead: 'H1',
};
const isWrong = (sample: Sample) => {
  const screen = SCREENS[sample];
  return 'problems' in screen && screen.problems.length > 0;
};
const SHOWN = SAMPLES.filter((each) => !LEAVING.includes(each));

describe.each(['ko', 'en'] as const)('every screen in %s', (language) => {
  it('has its language, a title of its own and one heading', async () => {
    const titles = new Map<string, Set<string>>();
    for (const sample of SHOWN)
      await stage.open(SCREENS[sample], { ...FRAME, language }, async (page) => {
        expect(await page.evaluate('document.documentElement.lang')).toBe(language);
        expect(await page.locator('h1').count()).toBe(1);
        expect(((await page.locator('h1').textContent()) ?? '').trim()).not.toBe('');
        const title = await page.title();
        expect(title).not.toBe('');
        titles.set(title, (titles.get(title) ?? new Set()).add(SCREENS[sample].kind));
      });
    for (const [title, kinds] of titles) expect([title, kinds.size]).toEqual([title, 1]);
  });

  it.each([true, false])('puts the focus where the person goes on (with a script: %s)', async (script) => {
    const found: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const sample of SHOWN)
      await stage.open(
        SCREENS[sample],
        { ...SANDBOX, language },
        async (page) => {
          // Without a script the heading of a screen without errors has it.
          const due = script || isWrong(sample) ? EXPECTED[sample] : 'H1';
          expected[sample] = due;
          await expect.poll(() => page.evaluate(FOCUSED)).toBe(due);
          found[sample] = String(await page.evaluate(FOCUSED));
        },
        { script },
      );
    expect(found).toEqual(expected);
  });
});

describe('the focus', () => {
  it.each([
    ['a carrier that is chosen', { ...SCREENS.carrier, chosen: 'KT' }, 'H1'],
    ['a budget carrier without its network', { ...SCREENS.carrier, chosen: 'MVNO' }, 'f-network'],
    ['a budget carrier with its network', { ...SCREENS.carrier, chosen: 'MVNO', network: 'KT' }, 'H1'],
    [
      'a name that is filled in',
      { ...SCREENS.person, fields: { ...SCREENS.person.fields, birth: '' } },
      'f-birth',
    ],
    [
      'a number that is missing',
      { ...SCREENS.person, fields: { ...SCREENS.person.fields, phone: '' } },
      'f-phone',
    ],
    [
      'errors that were found in another order',
      {
        ...SCREENS['person-problems'],
        problems: [
          { field: 'birth', sentence: 'registration_number' },
          { field: 'name', sentence: 'name_invalid' },
        ],
      },
      'f-name',
    ],
    [
      'an error of the whole form and one of a field',
      {
        ...SCREENS['person-problems'],
        problems: [
          { field: 'phone', sentence: 'phone_invalid' },
          { field: 'form', sentence: 'person_refused' },
        ],
      },
      'problems',
    ],
  ] as const)('is right with %s', async (_name, screen, focused) => {
    await stage.open(screen, FRAME, async (page) => {
      await expect.poll(() => page.evaluate(FOCUSED)).toBe(focused);
    });
  });

  it.each(['popup', 'layer'])('goes along through all screens of a %s', async (window) => {
    const shops = await ShopStage.open();
    await using shop = await shops.visit();
    if (window === 'layer') await shop.page.evaluate('window.open = () => null');
    await (window === 'layer' ? shop.certify() : shop.certifyInPopup());
    const place =
      window === 'layer'
        ? shop.page.frameLocator('.imp-dialog iframe')
        : (shop.context.pages().at(-1) ?? shop.page);
    await screenOf(place, 'carrier').waitFor();
    await place.locator('#f-carrier:focus').waitFor();
    // Typed with nothing but what has the focus: the page and its frame both let it through.
    const keyboard = ('keyboard' in place ? place : shop.page).keyboard;
    await keyboard.press('Space');
    await keyboard.press('Enter');
    await place.locator('[name=agree_all]:focus').waitFor();
    await keyboard.press('Space');
    await keyboard.press('Enter');
    await place.locator('#f-method:focus').waitFor();
    await keyboard.press('Space');
    await keyboard.press('Enter');
    await place.locator('#f-name:focus').waitFor();
    await keyboard.press('Enter');
    await place.getByRole('alert').waitFor();
    await place.locator('#f-name:focus').waitFor();
    await keyboard.type('심청');
    await keyboard.press('Enter');
    await place.locator('#f-birth:focus').waitFor();
    for (const [name, value] of [
      ['birth', '040229'],
      ['gender_digit', '4'],
      ['phone', '01000000005'],
    ] as const)
      await place.locator(`input[name=${name}]`).fill(value);
    await keyboard.press('Enter');
    await place.locator('#f-otp:focus').waitFor();
    await keyboard.type('123456');
    await keyboard.press('Enter');
    expect(await shop.result()).toMatchObject({ success: true });
    await shops.close();
  });
});
