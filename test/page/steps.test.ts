import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderScreen } from '../../src/page/render.ts';
import type { ScreenContext } from '../../src/page/screen.ts';
import { FRAME, PANEL, SCREENS } from './samples.ts';
import { SANDBOX, type Stage, startStage } from './screen-stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(() => stage.stop());

describe('the screen of the carrier', () => {
  it('shows the networks when a budget carrier is chosen, and always where :has is unknown', async () => {
    await stage.open(SCREENS.carrier, FRAME, async (page) => {
      expect(await page.locator('.network').isVisible()).toBe(false);
      await page.getByText('알뜰폰', { exact: true }).click();
      expect(await page.locator('.network').isVisible()).toBe(true);
    });
    expect(renderScreen(SCREENS.carrier, FRAME)).toMatch(
      /@supports selector\(:has\(\*\)\) \{[^@]*\.network \{\s*display: none;/,
    );
  });

  it('works without a script, and says what is missing', async () => {
    await stage.open(
      SCREENS['carrier-mvno'],
      FRAME,
      async (page) => {
        await page.getByLabel('LG U+').last().check();
        await page.getByRole('button', { name: '다음' }).click();
        expect(stage.posted).toEqual(['/page/s/sample?lang=ko step=3&carrier=MVNO&network=LGT&do=next']);
        expect(await page.getByRole('alert').textContent()).toContain(
          '알뜰폰이 사용하는 통신망을 선택해 주세요.',
        );
        await expect.poll(() => page.locator('#f-network:focus').count()).toBe(1);
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
    await stage.open(SCREENS.person, FRAME, async (page) => {
      await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('H1');
      expect(await walk(page)).toEqual(['name', 'birth', 'gender_digit', 'phone', 'next', 'cancel']);
    });
    await stage.open(SCREENS['consent-problems'], { ...FRAME, language: 'en' }, async (page) => {
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
    const frame: ScreenContext = { ...FRAME, sandbox: PANEL };
    await stage.open({ ...SCREENS.code, resendIn: 0 }, frame, async (page) => {
      await expect.poll(() => page.locator('#f-otp:focus').count()).toBe(1);
      const names = await walk(page);
      expect(names).toEqual([
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
      await expect.poll(() => stage.posted).toEqual(['/page/s/sample?lang=ko step=3&do=outcome%3Ablocked']);
    });
  });

  it('goes on with Enter in a field, and never cancels', async () => {
    await stage.open(SCREENS.code, SANDBOX, async (page) => {
      await page.getByLabel('인증번호 6자리').fill('123 456');
      await page.keyboard.press('Enter');
      await expect.poll(() => stage.posted).toEqual(['/page/s/sample?lang=ko step=3&otp=123+456&do=next']);
    });
  });
});

describe('the screen of the consents', () => {
  it('ticks all at once with a script, and has no such box without', async () => {
    await stage.open(SCREENS.consent, FRAME, async (page) => {
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
    await stage.open(
      SCREENS.consent,
      FRAME,
      async (page) => expect(await page.getByLabel('모두 동의합니다').isVisible()).toBe(false),
      { script: false },
    );
  });
});

describe('the time of a code', () => {
  it('counts down, is announced at 60, 30 and 10 seconds only, and says when it is over', async () => {
    await stage.open(
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
    await stage.open(
      SCREENS.code,
      FRAME,
      async (page) => {
        expect(await page.getByRole('timer').textContent()).toBe('3:00');
        await page.locator('[value=resend]').click();
        expect(stage.posted).toEqual(['/page/s/sample?lang=ko step=3&otp=&do=resend']);
      },
      { script: false },
    );
  });
});

describe('the sandbox', () => {
  it('fills in a person with one click, and shows a list without a script', async () => {
    await stage.open(SCREENS['person-empty'], SANDBOX, async (page) => {
      await page.getByRole('button', { name: 'ANNA KIM (외국인)' }).click();
      await page.locator('.primary').click();
      await expect
        .poll(() => stage.posted)
        .toEqual([
          '/page/s/sample?lang=ko step=3&name=ANNA+KIM&birth=880505&gender_digit=6&phone=01000000004&do=next',
        ]);
    });
    await stage.open(
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
    const frame: ScreenContext = { ...FRAME, sandbox: { ...PANEL, auto: 50 } };
    await stage.open(screen, frame, async (page) => {
      if (sent === null) await page.waitForTimeout(300);
      else await expect.poll(() => stage.posted[0]).toContain(`lang=ko step=3&${sent}`);
      if (sent === null) expect(stage.posted).toEqual([]);
    });
  });
});
