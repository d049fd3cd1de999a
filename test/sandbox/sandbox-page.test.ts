import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { launchBrowser } from '../page/browser.ts';
import { KEY_A, SIMCHEONG, startDevApp } from '../support/dev-app.ts';
import { startSeverableProxy } from '../support/severable-proxy.ts';

const SEEDED = 'imp_000000000001';
/** An APP request can only be made on this channel. */
const IN_THE_APP = { verification_method: 'APP', channel_key: 'channel-kcp' };

let browser: Browser;
/** Most tests use the same one, each with a server of its own. */
let tab: Page;
beforeAll(async () => {
  browser = await launchBrowser();
  tab = await openTab();
});
afterAll(() => browser.close());

async function openTab(bypassCSP = false): Promise<Page> {
  const context = await browser.newContext({
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    bypassCSP,
  });
  return context.newPage();
}

/** A sandbox with calls of the merchant's code, and the page open in a browser. What the page complains of fails. */
async function start({ query = '', bypassCSP = false } = {}) {
  const app = await startDevApp();
  onTestFinished(() => app.close());
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(app.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { response } = (await answer.json()) as { response: Record<string, unknown> };
    return response;
  };
  const authorization = String((await call('POST', '/users/getToken', KEY_A))['access_token']);
  const open = async (url = app.url): Promise<Page> => {
    const page = bypassCSP ? await openTab(true) : tab;
    await page.setViewportSize({ width: 1280, height: 800 });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    onTestFinished(async () => {
      page.removeAllListeners();
      await page.unrouteAll();
      await page.goto('about:blank');
      if (page !== tab) await page.context().close();
      expect(complaints).toEqual([]);
    });
    await page.goto(`${url}/sandbox${query}`);
    await page.locator('.connected').waitFor();
    // The clock is told last of what stood there before: whatever comes from now on is new to the page.
    await page.locator('#clock-state:not(:empty)').waitFor();
    return page;
  };
  return {
    app,
    call,
    open,
    authorization,
    async requestOtp(more: object = {}) {
      const asked = await call(
        'POST',
        '/certifications/otp/request',
        { ...SIMCHEONG, ...more },
        { authorization },
      );
      return String(asked?.['imp_uid']);
    },
    clipboard: (page: Page) => page.evaluate<string>('navigator.clipboard.readText()'),
  };
}

const messages = (page: Page) => page.locator('#messages > li');
const card = (page: Page, id: string) => page.locator(`#${id}`);

describe('the page of the sandbox', () => {
  test('shows a message as it arrives, has it read out, and copies its code', async () => {
    const { open, requestOtp, clipboard } = await start();
    const page = await open();
    expect(await page.locator('#no-messages').isVisible()).toBe(true);
    const first = await requestOtp();
    await messages(page).waitFor();
    expect(await messages(page).textContent()).toContain('[가상상점] 인증번호는 123456 입니다.');
    expect(await messages(page).textContent()).toContain('010-0000-0005');
    expect(await page.locator('#no-messages').isVisible()).toBe(false);
    expect(await page.locator('#arrived').textContent()).toBe('새 문자, 010-0000-0005, 인증번호 1 2 3 4 5 6');

    await page.getByRole('button', { name: '인증번호 123456 복사' }).click();
    await page.getByText('복사했습니다: 123456').waitFor();
    expect(await clipboard(page)).toBe('123456');
    await messages(page)
      .getByRole('button', { name: `imp_uid ${first} 복사` })
      .click();
    await page.getByText(`복사했습니다: ${first}`).waitFor();
    expect(await clipboard(page)).toBe(first);
  });

  test('keeps the newest message in view, and brings the one that the address names', async () => {
    const { open, requestOtp, app } = await start();
    const page = await open();
    const ids: string[] = [];
    for (let count = 0; count < 8; count++) ids.push(await requestOtp());
    await expect.poll(() => messages(page).count()).toBe(8);
    const inView = (id = '') =>
      page.evaluate<boolean>(`{
        const thread = document.querySelector('#thread').getBoundingClientRect();
        const rows = [...document.querySelectorAll('#messages > li')];
        const row = rows.find((li) => li.textContent.includes('${id}')).getBoundingClientRect();
        row.top >= thread.top - 1 && row.bottom <= thread.bottom + 1;
      }`);
    await expect.poll(() => inView(ids[7])).toBe(true);
    expect(await inView(ids[0])).toBe(false);
    await page.goto('about:blank');
    await page.goto(`${app.url}/sandbox#${ids[1]}`);
    await page.locator('.sought').waitFor();
    await expect.poll(() => inView(ids[1])).toBe(true);
  });

  test('goes on after the connection was lost, with nothing lost or twice', async () => {
    const { app, open, requestOtp } = await start();
    const proxy = await startSeverableProxy(Number(new URL(app.url).port));
    onTestFinished(() => proxy.close());
    const page = await open(proxy.url);
    await requestOtp();
    await messages(page).waitFor();
    // A browser writes into its console that a connection broke off.
    page.removeAllListeners('console');
    proxy.shut();
    await page.locator('.disconnected').waitFor();
    await requestOtp();
    proxy.open();
    await page.locator('.connected').waitFor();
    await expect.poll(() => messages(page).count()).toBe(2);
    await expect.poll(() => page.locator('#request-list > li').count()).toBe(3);
    await expect.poll(() => page.locator('#certification-list > li').count()).toBe(12);
  });

  test('moves the clock, stops it and lets it go', async () => {
    const { open, call } = await start();
    const page = await open();
    const ahead = async () => Number((await call('GET', '/sandbox/clock'))['now']) - Date.now() / 1000;
    const state = card(page, 'clock').locator('#clock-state');
    expect(await state.textContent()).toBe('실제 시간');
    for (const [name, total] of [
      ['+30초', 30],
      ['+3분', 210],
      ['+30분', 2010],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click();
      await expect.poll(async () => Math.abs((await ahead()) - total) < 5).toBe(true);
    }
    await expect.poll(() => state.textContent()).toBe('실제보다 33분 30초 빠름');
    await page.getByLabel('앞으로 옮길 초').fill('90');
    await page.keyboard.press('Enter');
    await expect.poll(() => state.textContent()).toBe('실제보다 35분 빠름');
    await page.getByRole('button', { name: '멈춤' }).click();
    await expect.poll(() => state.textContent()).toContain('멈춰 있음');
    const standing = (await call('GET', '/sandbox/clock'))['now'];
    await page.waitForTimeout(1_100);
    expect((await call('GET', '/sandbox/clock'))['now']).toBe(standing);
    await page.getByRole('button', { name: '실제 시간으로' }).click();
    await expect.poll(() => state.textContent()).toBe('실제 시간');
    await expect.poll(async () => Math.abs(await ahead())).toBeLessThan(5);
  });

  test('adds faults, removes one, clears them, and follows their count', async () => {
    const { open, call } = await start();
    const page = await open();
    const rules = () => call('GET', '/sandbox/faults');
    const faults = card(page, 'faults');
    await faults.getByLabel('경로').selectOption('/users/getToken');
    await faults.getByLabel('결과').selectOption('503');
    await faults.getByLabel('횟수').fill('2');
    await faults.getByRole('button', { name: '추가' }).click();
    await faults.getByText('2번 남음').waitFor();
    await faults.getByLabel('결과').selectOption('연결 끊기');
    await faults.getByLabel('횟수').fill('');
    await faults.getByRole('button', { name: '추가' }).click();
    await faults.getByText('매번').waitFor();
    expect(await rules()).toMatchObject([
      { route: '/users/getToken', status: 503, times: 2 },
      { route: '/users/getToken', abort: true, times: null },
    ]);
    await call('POST', '/users/getToken', KEY_A);
    await faults.getByText('1번 남음').waitFor();
    await faults.getByRole('button', { name: '지우기 503 /users/getToken' }).click();
    await expect.poll(rules).toMatchObject([{ abort: true }]);
    await faults.getByRole('button', { name: '모두 지우기' }).click();
    await expect.poll(rules).toEqual([]);
    await faults.getByText('걸어 둔 오류가 없습니다.').waitFor();
  });

  test('plays the person in the app, who approves or turns down', async () => {
    const { open, call, requestOtp, authorization } = await start();
    const page = await open();
    const confirm = (impUid: string) =>
      call('POST', `/certifications/otp/confirm/${impUid}`, {}, { authorization });
    const approved = await requestOtp(IN_THE_APP);
    await messages(page).waitFor();
    expect(await messages(page).textContent()).toContain('심*');
    expect(await confirm(approved)).toBe(null);
    await page.getByRole('button', { name: `승인 ${approved}` }).click();
    await messages(page).getByText('승인함').waitFor();
    expect(await confirm(approved)).toMatchObject({ certified: true });
    await messages(page).getByText('완료').waitFor();
    await card(page, 'certifications').getByText('완료').waitFor();

    const turnedDown = await requestOtp(IN_THE_APP);
    await page.getByRole('button', { name: `거절 ${turnedDown}` }).click();
    await messages(page).getByText('거절함').waitFor();
    expect(await confirm(turnedDown)).toBe(null);
    await card(page, 'certifications').getByText('거절함').waitFor();
  });

  test('makes a certification that can be looked up', async () => {
    const { open, call, authorization, clipboard } = await start();
    const page = await open();
    await page.getByLabel('사람').selectOption('이몽룡 · 1988-07-01');
    await page.getByLabel('채널').selectOption('channel-danal-approved · 가상상점');
    await page.getByRole('button', { name: '만들기', exact: true }).click();
    await page.locator('#made').getByRole('button').click();
    await page.getByText('복사했습니다').waitFor();
    const impUid = await clipboard(page);
    const made = await call('GET', `/certifications/${impUid}`, undefined, { authorization });
    expect(made).toMatchObject({
      name: '이몽룡',
      birthday: '1988-07-01',
      phone: '01000000004',
      carrier: 'KT',
    });
    await card(page, 'certifications').getByText(impUid).waitFor();
  });

  test('starts over: nothing but the seed is left', async () => {
    const { open, call, requestOtp } = await start();
    const page = await open();
    await requestOtp();
    await requestOtp(IN_THE_APP);
    await call('PUT', '/sandbox/faults', [{ status: 500, route: '/users/pg/{userCode}' }]);
    await call('PUT', '/sandbox/clock', { advance: 600 });
    await expect.poll(() => messages(page).count()).toBe(2);
    await expect.poll(() => page.locator('#certification-list > li').count()).toBe(12);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: '처음 상태로' }).click();
    await page.getByText('처음 상태로 돌아왔습니다.').waitFor();
    for (const list of ['messages', 'request-list', 'fault-list'])
      await expect.poll(() => page.locator(`#${list} > li`).count()).toBe(0);
    await expect.poll(() => page.locator('#certification-list > li').count()).toBe(10);
    await expect.poll(() => page.locator('#clock-state').textContent()).toBe('실제 시간');
    expect(await call('GET', '/sandbox/messages')).toEqual([]);
  });

  test('empties the inbox, but not of what waits in the app', async () => {
    const { open, call, requestOtp } = await start();
    const page = await open();
    await requestOtp();
    await messages(page).waitFor();
    await page.getByRole('button', { name: '비우기' }).click();
    await expect.poll(() => call('GET', '/sandbox/messages')).toEqual([]);
    await page.locator('#no-messages').waitFor();
    const waiting = await requestOtp(IN_THE_APP);
    await requestOtp();
    await expect.poll(() => messages(page).count()).toBe(2);
    await page.getByRole('button', { name: '비우기' }).click();
    await expect.poll(() => messages(page).count()).toBe(1);
    expect(await messages(page).textContent()).toContain(waiting);
  });

  test('lists requests as they come, masked', async () => {
    const { open, call, authorization } = await start();
    const page = await open();
    const canary = { name: '카나리아', phone: '01000007531', birth: '19900131', merchant_uid: 'canary-uid' };
    await call('POST', '/certifications/otp/request?_token=canary-query', canary);
    await call('GET', `/certifications/${SEEDED}`, undefined, { authorization: `Bearer ${authorization}` });
    await call('GET', '/no/such/route');
    const list = page.locator('#request-list > li');
    await expect.poll(() => list.count()).toBe(4);
    expect(await list.nth(0).textContent()).toContain('/no/such/route');
    expect(await list.nth(1).textContent()).toMatch(/GET.*imp_000000000001.*200/);
    await list.nth(2).locator('summary').click();
    expect(await list.nth(2).textContent()).toContain('카**아');
    const whole = await page.content();
    for (const secret of [...Object.values(canary), '010-0000-7531', 'canary-query', authorization])
      expect(whole).not.toContain(secret);
  });

  test('speaks English on request, and leads from one language to the other', async () => {
    const { open, requestOtp } = await start({ query: '?lang=en' });
    const page = await open();
    await requestOtp();
    await messages(page).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.title()).toBe('Bonin sandbox');
    expect(await page.locator('#arrived').textContent()).toBe('New message, 010-0000-0005, code 1 2 3 4 5 6');
    const korean = String(await page.locator('main').textContent()).replaceAll(/\[가상상점\].*|가상\S+/g, '');
    const names = (await page.locator('#people-list b').allTextContents()).concat('심*');
    expect(names.reduce((rest, name) => rest.replaceAll(name, ''), korean)).not.toMatch(/\p{Script=Hangul}/u);
    await page.getByRole('link', { name: '한국어' }).click();
    await page.getByRole('heading', { name: '문자함' }).waitFor();
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Messages' }).waitFor();
  });

  test('shows markup in what comes from outside as text', async () => {
    const { open, call, requestOtp } = await start();
    const page = await open();
    const evil = '<img src=x onerror=1>';
    await requestOtp({ company: evil });
    await requestOtp({ ...IN_THE_APP, company: evil });
    await call('POST', '/sandbox/certifications', { name: evil });
    await call('GET', `/${encodeURIComponent(evil)}/<script>`);
    await call('POST', '/users/getToken', { [evil]: evil });
    const route = '/certifications/<iframe>';
    await call('PUT', '/sandbox/faults', [{ route, status: 500 }]);
    await expect.poll(() => messages(page).count()).toBe(2);
    await page.locator('#fault-list').getByText(route).waitFor();
    expect(await messages(page).first().textContent()).toContain('[<img src=x onerror=1');
    expect(await page.locator('img, main script, iframe').count()).toBe(0);
  });

  test('says when a route failed', async () => {
    const page = await (await start()).open();
    await page.route('**/sandbox/messages', (route) => route.fulfill({ body: 'no JSON' }));
    await page.getByRole('button', { name: '비우기' }).click();
    await page.getByText('하지 못했습니다').waitFor();
  });

  test('can be walked with the keyboard', async () => {
    const { open, requestOtp, clipboard } = await start();
    const page = await open();
    await requestOtp();
    await messages(page).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    let copied = '';
    const stops = new Set<string>();
    for (let count = 0; count < 120; count++) {
      const stop = await page.evaluate<string | null>(`{
        const stop = document.activeElement;
        const name = stop.ariaLabel || stop.id || stop.textContent;
        stop === document.body ? null : name + (getComputedStyle(stop).outlineStyle === 'none' ? ' INVISIBLE' : '');
      }`);
      if (stop === null) break;
      stops.add(stop);
      if (stop === '인증번호 123456 복사') {
        await page.keyboard.press('Enter');
        await page.getByText('복사했습니다').waitFor();
        copied = await clipboard(page);
      }
      await page.keyboard.press('Tab');
    }
    expect([...stops].filter((stop) => stop.includes('INVISIBLE'))).toEqual([]);
    for (const stop of 'reset empty 문자함 stop seconds person request-list route times'.split(' '))
      expect([...stops]).toContain(stop);
    expect(copied).toBe('123456');
  });

  test('has no accessibility problem, in light and dark, wide and narrow', async () => {
    const { open, call, requestOtp } = await start({ bypassCSP: true });
    await requestOtp();
    const turnedDown = await requestOtp({ ...IN_THE_APP, phone: '01000000006' });
    await requestOtp(IN_THE_APP);
    await call('POST', '/sandbox/approvals', { imp_uid: turnedDown, approve: false });
    await call('POST', '/sandbox/certifications', {});
    await call('GET', '/nowhere');
    await call('PUT', '/sandbox/faults', [{ status: 503 }]);
    const page = await open();
    await page.locator('summary').first().click();
    await messages(page).first().getByRole('button').first().click();
    for (const [colorScheme, width, rules] of [
      ['light', 1280, ['color-contrast']],
      ['dark', 1280, ['color-contrast']],
      ['light', 390, ['color-contrast']],
      ['dark', 320, null],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      const axe = new AxeBuilder({ page });
      const { violations } = await (rules === null ? axe : axe.withRules([...rules])).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      const found = await page.evaluate(`({
        sideways: document.documentElement.scrollWidth > innerWidth,
        small: [...document.querySelectorAll('button, a:not(.skip), input, select, summary')]
          .filter((element) => element.checkVisibility())
          .map((element) => ({ box: element.getBoundingClientRect(), html: element.outerHTML }))
          .filter(({ box }) => box.width < 44 || box.height < 44)
          .map(({ html }) => html),
      })`);
      expect(found).toEqual({ sideways: false, small: [] });
    }
  });
});
