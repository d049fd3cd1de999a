import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { eventually } from '../support/eventually.ts';
import { launchBrowser } from './browser.ts';
import {
  Customer,
  EXAMPLE_SHOP,
  type ExampleShop,
  lastClick,
  startExampleShop,
  walk,
} from './example-shop.ts';

const HONG = { name: '홍길동', birth: '900131', gender_digit: '1', phone: '01000000001' };
/** What belongs into no log, no address and no storage of a browser. */
const PRIVATE =
  /홍길동|장화|900131|1990|01000000001|moon@example|달토끼|SANDBOX|imp_\d|%ED%99%8D|%EB%8B%AC|moon%40/i;
/** Where a server of this machine stands; the number of a port may look like a year. */
const PLACE = /^http:\/\/(?:localhost|127\.0\.0\.1):\d+/;
const PHONE = {
  userAgent:
    'Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
};

describe('the example shop', { timeout: 120_000 }, () => {
  let app: RunningDevApp;
  let client: Client;
  let browser: Browser;
  let shop: ExampleShop;
  const inside: Customer[] = [];

  beforeAll(async () => {
    [app, browser] = await Promise.all([startDevApp(), launchBrowser()]);
    client = new Client({ impKey: KEY_A.imp_key, impSecret: KEY_A.imp_secret, baseUrl: app.url });
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });
  beforeEach(async () => {
    shop = await startExampleShop(app.url);
  });
  afterEach(async () => {
    await Promise.all(inside.splice(0).map((customer) => customer.leave()));
    await control('PUT', 'faults', []);
    await control('PUT', 'clock', {});
    await shop.stop();
    expect(shop.output().replaceAll(shop.url, '')).not.toMatch(PRIVATE);
  });

  async function enter(options = {}, where = shop) {
    const customer = await Customer.enter(browser, where, options);
    inside.push(customer);
    return customer;
  }
  async function control(method: string, route: string, body: unknown): Promise<{ imp_uid: string }> {
    const answer = await fetch(`${app.url}/sandbox/${route}`, { method, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { response: { imp_uid: string } }).response;
  }
  /** A finished certification that stands ready at Bonin. */
  const certified = async (more: object) => (await control('POST', 'certifications', more)).imp_uid;
  const isGone = (impUid: string) =>
    eventually(async () => {
      const found = await client.getCertification(impUid).catch((error: { status?: number }) => error);
      return 'status' in found && found.status === 404;
      // The shop's pauses grow: it has waited about as long as the test took before it tries again.
    }, 60_000);
  async function members(): Promise<string[]> {
    const text = await (await fetch(`${shop.url}/members`)).text();
    return [...text.matchAll(/<li>([^<]*)<\/li>/g)].map(([, name = '']) => name);
  }

  it('makes a member of whoever goes through the popup, and has the result destroyed', async () => {
    const customer = await enter();
    const popup = await customer.openPopup();
    const impUid = customer.page
      .waitForRequest((request) => request.method() === 'POST' && request.url() === `${shop.url}/verified`, {
        timeout: 90_000,
      })
      .then((request) => new URLSearchParams(request.postData() ?? '').get('imp_uid') ?? '');
    await walk(popup, HONG);
    await customer.page.waitForSelector('#join');
    await customer.join('Moon@example.com', '달토끼');
    expect(await customer.heading()).toContain('달토끼');
    expect(await members()).toEqual(['달토끼']);
    expect(await isGone(await impUid)).toBe(true);
    expect(customer.addresses.length).toBeGreaterThan(10);
    const targets = customer.addresses.map((address) => address.replace(PLACE, ''));
    expect(targets.filter((target) => PRIVATE.test(target))).toEqual([]);
    expect(
      await customer.page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]'),
    ).toEqual([0, 0, '']);
  });

  it('takes a person in once, whatever the phone and the browser', async () => {
    const first = await enter();
    await first.forge(await certified({ merchant_uid: await first.merchantUid() }));
    await first.join('moon@example.com', '달토끼');

    const second = await enter();
    await walk(await second.openPopup(), { ...HONG, carrier: 'KT', phone: '010-0000-0099' });
    await second.page.waitForSelector('[data-word]');
    expect(await second.word()).toBe('already_member');
    expect(await members()).toEqual(['달토끼']);
  });

  it('refuses somebody under 19, also when the browser has left out the age', async () => {
    const child = await enter();
    await child.certifyBySandbox({ person: '장화' });
    expect(await child.word()).toBe('UNDER_AGE');
    await child.page.reload();
    await child.certifyBySandbox({ person: '장화' }, { min_age: null });
    expect(await child.word()).toBe('under_age');
    expect(await child.page.textContent('[data-word]')).toContain('만 19세부터');
    expect(await child.page.locator('#join').count()).toBe(0);
  });

  it('says kindly that the verification was cancelled, and another try works', async () => {
    const customer = await enter();
    const popup = await customer.openPopup();
    await Promise.all([customer.page.waitForSelector('[data-word]'), lastClick(popup, 'cancel')]);
    expect(await customer.word()).toBe('USER_CANCEL');
    expect(await customer.page.textContent('[data-word]')).toContain('취소하셨습니다');
    // The browser moves the focus some time after the element is there.
    const focused = () => customer.page.evaluate('document.activeElement.dataset.word');
    expect(await eventually(async () => (await focused()) === 'USER_CANCEL')).toBe(true);
    await customer.certifyBySandbox({ person: '홍길동' });
    expect(await customer.heading()).toContain('회원 정보');
    expect(await customer.word()).toBeNull();
  });

  it('believes no imp_uid that a browser makes up, and leaves what is not its own alone', async () => {
    const forger = await enter();
    const other = await enter();
    const foreign = await certified({ merchant_uid: await other.merchantUid() });
    const without = await certified({});
    for (const impUid of [
      foreign,
      without,
      'imp_000000000010',
      'imp_999999999999',
      '../users/getToken',
      '',
    ]) {
      await forger.forge(impUid);
      expect(await forger.word(), impUid).toBe('not_yours');
    }
    const started = await certified({ merchant_uid: await forger.merchantUid(), certified: false });
    await forger.forge(started);
    expect(await forger.word()).toBe('not_certified');
    for (const impUid of [foreign, without])
      expect(await client.getCertification(impUid)).toMatchObject({ certified: true });
    await other.forge(foreign);
    expect(await other.word()).toBeNull();
  });

  it('takes an imp_uid once, even while Bonin still has it', async () => {
    await control('PUT', 'faults', [{ route: 'DELETE /certifications/{imp_uid}', status: 503 }]);
    const customer = await enter();
    const impUid = await certified({ merchant_uid: await customer.merchantUid() });
    await customer.forge(impUid);
    const elsewhere = await enter();
    await elsewhere.forge(impUid);
    expect(await elsewhere.word()).toBe('not_yours');
    await customer.join('moon@example.com', '달토끼');
    for (const who of [customer, elsewhere]) {
      await who.page.goto(`${shop.url}/verified?imp_uid=${impUid}&success=true`);
      expect(await who.word()).toBe('not_yours');
    }
    expect(await client.getCertification(impUid)).toMatchObject({ certified: true });
    expect(await members()).toEqual(['달토끼']);
    // What could not be destroyed is tried again.
    await control('PUT', 'faults', []);
    expect(await isGone(impUid)).toBe(true);
  });

  it('refuses a verification of long ago, of the future, and of nobody in particular', async () => {
    for (const seconds of [-700, 200]) {
      const customer = await enter();
      await control('PUT', 'clock', { now: Math.floor(Date.now() / 1000) + seconds });
      const impUid = await certified({ merchant_uid: await customer.merchantUid() });
      await control('PUT', 'clock', {});
      await customer.forge(impUid);
      expect(await customer.word(), String(seconds)).toBe('too_old');
    }
    const customer = await enter();
    await customer.certifyBySandbox({ outcome: 'no_ci' }, { channelKey: 'channel-inicis' });
    expect(await customer.word()).toBe('no_ci');
  });

  it('works on a phone by leaving the page and coming back', async () => {
    const customer = await enter(PHONE);
    await customer.page.click('#certify');
    await customer.page.waitForSelector('[name=carrier]');
    await Promise.all([customer.page.waitForSelector('[data-word]'), lastClick(customer.page, 'cancel')]);
    expect(await customer.word()).toBe('USER_CANCEL');
    // Before Bonin's script has come, a click only says that it has not.
    await customer.page.waitForLoadState();
    await customer.page.click('#certify');
    await walk(customer.page, HONG);
    await customer.page.waitForSelector('#join');
    expect(customer.page.url()).toBe(`${shop.url}/`);
    await customer.join('moon@example.com', '달토끼');
    expect(await members()).toEqual(['달토끼']);
  });

  it('works in a layer when the browser blocks the popup', async () => {
    const customer = await enter();
    await customer.page.evaluate('window.open = () => null');
    await customer.certifyBySandbox({ person: '홍길동' });
    expect(await customer.heading()).toContain('회원 정보');
  });

  it.each([
    ['answers 503', { status: 503 }, 10_000],
    ['cuts the line', { abort: true }, 10_000],
    ['refuses the key', { route: '/users/getToken', status: 401 }, 10_000],
    ['is too slow', { delay_ms: 20_000 }, 5_000],
  ])('keeps the verification for another try when Bonin %s', async (_, fault, patience) => {
    const hasty = await startExampleShop(app.url, { BONIN_PATIENCE_MS: String(patience) });
    try {
      const customer = await enter({}, hasty);
      const impUid = await certified({ merchant_uid: await customer.merchantUid() });
      await control('PUT', 'faults', [{ route: 'GET /certifications/{imp_uid}', ...fault }]);
      await customer.forge(impUid);
      expect(await customer.word()).toBe('no_answer');
      await control('PUT', 'faults', []);
      await customer.press('#again');
      expect(await customer.heading()).toContain('회원 정보');
      expect(hasty.output()).not.toContain(impUid);
    } finally {
      await hasty.stop();
    }
  });

  it('says so when Bonin is not there at all', async () => {
    const alone = await startExampleShop('http://127.0.0.1:9');
    try {
      const customer = await enter({}, alone);
      await customer.page.click('#certify');
      expect(await customer.page.isVisible('#unreachable')).toBe(true);
      await customer.forge('imp_000000000001');
      expect(await customer.word()).toBe('no_answer');
    } finally {
      await alone.stop();
    }
  });

  it('makes one member of a form that is sent many times at once, and of one person in two browsers', async () => {
    const [left, right] = [await enter(), await enter()];
    for (const customer of [left, right])
      await customer.forge(await certified({ merchant_uid: await customer.merchantUid() }));
    const forms = await Promise.all([left, right].map((customer) => customer.credentials()));
    const send = ({ cookie, csrf }: { cookie: string; csrf: string }) =>
      fetch(`${shop.url}/members`, {
        method: 'POST',
        headers: { cookie },
        body: new URLSearchParams({ csrf, email: 'moon@example.com', nickname: '달토끼' }),
      });
    const answers = await Promise.all([...forms, ...forms, ...forms].map(send));
    const pages = await Promise.all(answers.map((answer) => answer.text()));
    const welcomes = pages.filter((page) => page.includes('축하합니다'));
    expect(welcomes).toHaveLength(3);
    expect(welcomes.filter((page) => page.includes('data-word'))).toEqual([]);
    expect(await members()).toEqual(['달토끼']);
  });

  it('takes no form of another site', async () => {
    const customer = await enter();
    await customer.forge(await certified({ merchant_uid: await customer.merchantUid() }));
    const { cookie, csrf } = await customer.credentials();
    const values = { email: 'moon@example.com', nickname: '달토끼' };
    for (const forged of ['', csrf.toLowerCase(), `${csrf}=`]) {
      const body = new URLSearchParams({ csrf: forged, ...values });
      const answer = await fetch(`${shop.url}/members`, { method: 'POST', headers: { cookie }, body });
      expect(await answer.text()).toContain('data-word="form_expired"');
    }
    expect(await members()).toEqual([]);
    await customer.join('nobody@example', '<b>달토끼</b>');
    expect(await customer.page.locator('[aria-invalid]').count()).toBe(2);
    await customer.join(values.email, values.nickname);
    expect(await members()).toEqual(['달토끼']);
  });

  it.each(['light', 'dark'] as const)('has no barrier that axe knows, in %s colours', async (colorScheme) => {
    const customer = await enter({ colorScheme, viewport: { width: 320, height: 640 } });
    const check = async () => {
      const { violations } = await new AxeBuilder({ page: customer.page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      expect(await customer.page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    };
    await check();
    await customer.forge('imp_999999999999');
    await check();
    await customer.forge(await certified({ merchant_uid: await customer.merchantUid() }));
    await customer.join('a@example', '달');
    await check();
    await customer.join('moon@example.com', '달토끼');
    await check();
    await customer.page.goto(`${shop.url}/members`);
    await check();
  });

  it('needs nothing but a keyboard', async () => {
    const customer = await enter();
    const { keyboard } = customer.page;
    const press = async (until: string) => {
      for (let presses = 0; presses < 10; presses += 1) {
        await keyboard.press('Tab');
        if ((await customer.page.evaluate('document.activeElement.id')) === until) return;
      }
      expect.fail(`${until} is not reached`);
    };
    await press('certify');
    const opened = customer.page.waitForEvent('popup');
    await keyboard.press('Enter');
    await walk(await opened, HONG);
    await customer.page.waitForSelector('#join');
    await press('email');
    await keyboard.type('moon@example.com');
    await press('nickname');
    await keyboard.insertText('달토끼');
    await keyboard.press('Enter');
    await customer.page.waitForSelector('[href="/members"].button');
    expect(await members()).toEqual(['달토끼']);
  });
});

describe('the age that the example shop counts', () => {
  it('is that of the calendar in Seoul, for every birthday around every midnight', async () => {
    const { ageInSeoul } = (await import(join(EXAMPLE_SHOP, 'age.js'))) as {
      ageInSeoul(birthday: string, now: number): number | null;
    };
    const day = 86_400_000;
    for (const year of [1960, 2004, 2007, 2008])
      for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += day) {
        const birthday = new Date(at).toISOString().slice(0, 10);
        // Midnight in Seoul on the 19th birthday, which for 29 February is 1 March: 15:00 of the day before in UTC.
        const adult =
          Date.UTC(year + 19, Number(birthday.slice(5, 7)) - 1, Number(birthday.slice(8))) - 9 * 3_600_000;
        expect([birthday, ageInSeoul(birthday, adult - 1), ageInSeoul(birthday, adult)]).toEqual([
          birthday,
          18,
          19,
        ]);
      }
    for (const none of ['', '900131', '1990-1-31']) expect(ageInSeoul(none, 0)).toBeNull();
  });
});
