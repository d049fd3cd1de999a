import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostcardAgency } from '../../examples/adapter/agency.ts';
import { createPostcard } from '../../examples/adapter/postcard.ts';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { serverOf } from '../support/callers.ts';
import { comeBack, press } from '../support/postcard-window.ts';
import { readCertification } from '../support/read-certification.ts';
import { launchBrowser } from './browser.ts';
import { shopOf, Visitor } from './shop.ts';

const SECRET = randomBytes(16).toString('hex');
const PERSON = {
  name: '까나리아',
  birthday: '1991-02-03',
  phone: '01000007531',
  ci: 'C'.repeat(88),
};
const SHOP = 'http://localhost:7000';

/** A server by the rules of production with one adapter, and its agency. */
async function openWorld() {
  const agency = await PostcardAgency.open(SECRET, PERSON);
  const lines: string[] = [];
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log: createLog('info', { write: (line: string) => lines.push(line) }),
    limits: { phone: [], phoneEverywhere: [], merchant: [], address: [] },
    providers: { postcard: createPostcard({ fetch, log: () => {} }) },
    metrics: { host: '127.0.0.1', port: 0 },
  });
  const merchant = await app.merchants.save({
    name: '가상상점',
    userCode: 'imp00000001',
    keys: [],
    pageRules: {
      returnHosts: ['localhost:*', 'localhost:7000'],
      returnSchemes: [],
      origins: null,
      nullOrigin: true,
    },
    channels: [
      {
        channelKey: 'channel',
        adapter: 'postcard',
        settings: { url: agency.url, secret: SECRET },
        provider: 'kcp_v2',
        providerMerchantId: 'S1',
        carrierApproval: false,
        foreignerAddOn: false,
        minimumAge: null,
      },
    ],
  });
  const { url } = await app.listen(0, '127.0.0.1');
  const close = async () => {
    await app.close();
    await agency.close();
  };
  return { ...app, url, agency, lines, merchant, close };
}

/** The address of the agency's window on the screen that leads there. */
function windowOf({ html }: Visitor): string {
  return /href="(http:\/\/127\.0\.0\.1:\d+\/window\/[^"]+)"/.exec(html)?.[1] ?? '';
}

describe('an attempt in the window of an agency', () => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  let shop: ReturnType<typeof shopOf>;
  beforeEach(async () => {
    world = await openWorld();
    shop = shopOf(world);
  });
  afterEach(() => world.close());

  const start = (more: object = {}) => shop.start({ user_code: 'imp00000001', ...more }, SHOP);
  /** An attempt whose person is about to go to the agency. */
  async function begin(more: object = {}) {
    const started = await start(more);
    const visitor = new Visitor();
    const opened = await fetch(started.url, { redirect: 'manual' });
    const session = new URL(opened.headers.get('location') ?? '', started.url).href;
    const shown = await fetch(session);
    visitor.address = session;
    visitor.html = await shown.text();
    const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? '';
    return { ...started, visitor, cookie, setCookie: shown.headers.get('set-cookie') ?? '' };
  }
  const stateOf = async (impUid: string) =>
    (await readCertification(world, serverOf(world.merchant.id), impUid)).state;
  const asks = () => world.agency.asked.filter((each) => each === 'POST /results').length;

  it('is certified by what the agency says to the server', async () => {
    const { visitor, handle, imp_uid } = await begin();
    expect(visitor.screen).toBe('hand_over');
    const answer = await comeBack(await press(windowOf(visitor), 'approved'));
    expect(await answer.text()).toContain('data-screen="success"');
    expect(await shop.result(handle)).toMatchObject({ state: 'done', result: { success: true, imp_uid } });
    const certification = await readCertification(world, serverOf(world.merchant.id), imp_uid);
    expect(certification.state).toBe('certified');
    expect(JSON.parse(certification.details.identity?.name ?? '')).toBe(PERSON.name);
    expect(asks()).toBe(1);
    expect(world.lines.join('')).not.toMatch(/까나리아|7531|1991-02-03/);
  });

  it.each([
    ['refused', 'PROVIDER_ERROR'],
    ['cancelled', 'USER_CANCEL'],
  ])('ends when the person is %s there', async (state, reason) => {
    const { visitor, handle, imp_uid } = await begin();
    await comeBack(await press(windowOf(visitor), state));
    expect(await shop.result(handle)).toMatchObject({ result: { success: false, error_reason: reason } });
    expect(await stateOf(imp_uid)).toBe('failed');
  });

  it('believes nothing that the browser brings back', async () => {
    const { visitor, handle } = await begin();
    const back = await press(windowOf(visitor), 'refused');
    await comeBack({ ...back, body: back.body.replace('result=refused', 'result=approved&state=approved') });
    expect(await shop.result(handle)).toMatchObject({ result: { success: false } });
  });

  it('keeps no return that names another visit: the attempt goes on', async () => {
    const { visitor, handle } = await begin();
    const back = await press(windowOf(visitor), 'approved');
    const other = await press(windowOf((await begin()).visitor), 'approved');
    for (const body of [other.body, '', `${back.body}&${back.body}`])
      expect((await comeBack({ ...back, body })).status).toBe(410);
    expect(await shop.result(handle)).toMatchObject({ state: 'pending' });
    expect(asks()).toBe(0);
    expect(await (await comeBack(back)).text()).toContain('data-screen="success"');
    const events = world.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => 'security' in line);
    expect(events).toEqual(
      Array.from({ length: 3 }, () =>
        expect.objectContaining({
          level: 40,
          security: 'contradicting_return',
          address: '127.0.0.1',
          adapter: 'postcard',
          attempt: expect.stringMatching(/^\w{20}$/),
          why: 'another visit',
        }),
      ),
    );
    const secret = back.address.split('/').at(-1) ?? '';
    expect(JSON.stringify(events)).not.toMatch(new RegExp(`${secret}|visit=`));
  });

  it('shows a screen that waits while the agency takes long, and asks once', async () => {
    let answer = () => {};
    world.agency.ready = new Promise((resolve) => {
      answer = resolve;
    });
    const { visitor, handle } = await begin();
    const back = await press(windowOf(visitor), 'approved');
    for (let count = 0; count < 2; count++)
      expect(await (await comeBack(back)).text()).toContain('data-screen="waiting"');
    expect(await shop.result(handle)).toMatchObject({ state: 'pending' });
    answer();
    await expect.poll(() => shop.result(handle)).toMatchObject({ result: { success: true } });
    expect(asks()).toBe(1);
  });

  it('is counted by adapter, question and outcome, and so is what is suspicious', async () => {
    const { visitor } = await begin();
    const back = await press(windowOf(visitor), 'refused');
    await comeBack({ ...back, body: '' });
    await comeBack(back);
    const text = (await world.metrics?.text()) ?? '';
    const question = (name: string) => `adapter="postcard",question="${name}"`;
    for (const line of [
      `bonin_agency_calls_total{${question('begin')},outcome="done"} 1`,
      `bonin_agency_calls_total{${question('complete')},outcome="provider_refused"} 1`,
      `bonin_agency_call_duration_seconds_count{${question('complete')}} 1`,
      'bonin_security_events_total{kind="contradicting_return"} 1',
      'bonin_security_events_total{kind="foreign_browser"} 0',
    ])
      expect(text).toContain(line);
    expect(text).toContain(`bonin_agency_last_success_timestamp_seconds{${question('begin')}} `);
    expect(text).not.toContain(`bonin_agency_last_success_timestamp_seconds{${question('complete')}}`);
  });

  it('asks the agency once, however often and by how many windows the browser comes back', async () => {
    const { visitor, handle } = await begin();
    const back = await press(windowOf(visitor), 'approved');
    const answers = await Promise.all(Array.from({ length: 50 }, () => comeBack(back)));
    for (const answer of answers) expect(await answer.text()).toMatch(/data-screen="(?:success|waiting)"/);
    expect(await (await comeBack(back)).text()).toContain('data-screen="success"');
    expect(await shop.result(handle)).toMatchObject({ result: { success: true } });
    expect(asks()).toBe(1);
  });

  it('asks nothing before the browser is back, and nobody for an address that is made up', async () => {
    const { visitor, handle } = await begin();
    const back = await press(windowOf(visitor), 'approved');
    const end = `${back.address}/end`;
    expect((await fetch(end)).status).toBe(410);
    const made = back.address.replace(/back\/.+/, `back/${randomBytes(16).toString('base64url')}`);
    expect((await comeBack({ ...back, address: made })).status).toBe(410);
    expect((await comeBack({ ...back, address: `${made}/back` })).status).toBe(410);
    for (const method of ['GET', 'HEAD'])
      for (const address of [back.address, `${back.address}/back`])
        expect((await fetch(address, { method, redirect: 'manual' })).status).toBe(405);
    expect((await fetch(end)).status).toBe(410);
    expect(asks()).toBe(0);
    expect(await shop.result(handle)).toMatchObject({ state: 'pending' });
  });

  it('refuses another browser that has a cookie of this attempt, and lets one without any finish', async () => {
    const { visitor, cookie, setCookie } = await begin();
    expect(setCookie).toMatch(
      /^bonin_imp_\d{12}=[\w-]{22}; Path=\/page\/back; Max-Age=900; HttpOnly; SameSite=Lax$/,
    );
    const back = await press(windowOf(visitor), 'approved');
    await comeBack(back, { redirect: 'manual' });
    const end = `${back.address}/end`;
    expect((await fetch(end, { method: 'HEAD' })).status).toBe(200);
    expect(asks()).toBe(0);
    const endWith = (value: string) => fetch(end, { headers: { cookie: value } });
    expect((await endWith(`${cookie.slice(0, -2)}AA`)).status).toBe(410);
    expect(asks()).toBe(0);
    expect((await endWith(`a=b; ${cookie}`)).status).toBe(200);
    expect(asks()).toBe(1);
    const other = await begin();
    expect(await (await comeBack(await press(windowOf(other.visitor), 'approved'))).text()).toContain(
      'success',
    );
  });

  it('refuses more than an agency sends, and keeps the attempt', async () => {
    const { visitor, handle } = await begin();
    const back = await press(windowOf(visitor), 'approved');
    const huge = await comeBack({ ...back, body: `x=${'y'.repeat(17_000)}` });
    expect(huge.status).toBe(413);
    expect((await comeBack({ ...back, body: 'x=%zz' })).status).toBe(400);
    expect(await (await comeBack(back)).text()).toContain('data-screen="success"');
    expect(await shop.result(handle)).toMatchObject({ result: { success: true } });
  });

  it('ends with the reason when the agency cannot be reached, before and after its window', async () => {
    world.agency.deviation = 'reset';
    const early = await begin();
    expect(early.visitor.screen).toBe('failure');
    expect(await shop.result(early.handle)).toMatchObject({
      result: { error_reason: 'PROVIDER_UNAVAILABLE' },
    });
    world.agency.deviation = null;
    const late = await begin();
    const back = await press(windowOf(late.visitor), 'approved');
    world.agency.deviation = 'reset';
    expect(await (await comeBack(back)).text()).toContain('data-screen="failure"');
    expect(await shop.result(late.handle)).toMatchObject({
      result: { error_reason: 'PROVIDER_UNAVAILABLE' },
    });
  });

  it('is refused to a person who is too young, by the birthday that the agency knows', async () => {
    const { visitor, handle } = await begin({ min_age: 100 });
    await comeBack(await press(windowOf(visitor), 'approved'));
    expect(await shop.result(handle)).toMatchObject({ result: { error_reason: 'UNDER_AGE' } });
  });

  it('is not ended because its popup reports nothing from the agency, but ends when the person cancels', async () => {
    const { visitor, handle } = await begin({ window: 'popup' });
    // As the screen reports when the browser leaves it for the agency.
    const number = String(Number(/data-report="(\d+)"/.exec(visitor.html)?.[1]) + 1);
    const left = await fetch(`${visitor.address}/presence`, {
      method: 'POST',
      body: new URLSearchParams({ state: 'gone', number }),
    });
    expect(left.status).toBe(204);
    expect(await shop.call('close', { handle })).toMatchObject({ state: 'pending', wait: true });
    await visitor.send({ do: 'cancel' });
    expect(await shop.result(handle)).toMatchObject({ result: { error_reason: 'USER_CANCEL' } });
    expect(asks()).toBe(0);
  });

  it('stands at one step: the session shows the same way to the agency again, and one visit is begun', async () => {
    const { visitor } = await begin();
    const first = windowOf(visitor);
    await Promise.all([visitor.reload(), fetch(visitor.address)]);
    expect(windowOf(visitor)).toBe(first);
    expect(world.agency.asked).toEqual(['POST /visits']);
  });
});

describe('a browser at an agency', () => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  let browser: Browser;
  let shopServer: Server;
  let shopUrl: string;
  beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(), launchBrowser()]);
    shopServer = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>shop</title><h1>shop</h1>');
    });
    await new Promise<void>((resolve) => shopServer.listen(0, 'localhost', resolve));
    shopUrl = `http://localhost:${(shopServer.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser.close();
    shopServer.closeAllConnections();
    await new Promise((resolve) => shopServer.close(resolve));
    await world.close();
  });

  const start = (more: object) => shopOf(world).start({ user_code: 'imp00000001', ...more }, shopUrl);
  const approve = (page: Pick<Page, 'locator'>) => page.locator('button[value=approved]').click();
  const HEAR = `(url) => new Promise((resolve) => {
    addEventListener('message', ({ data }) => JSON.parse(data).type === 'done' && resolve(JSON.parse(data).result));
    const frame = document.createElement('iframe');
    if (url.startsWith('popup:')) return void window.open(url.slice(6), 'popup', 'width=400,height=600');
    frame.src = url;
    document.body.append(frame);
  })`;

  it('comes back in a popup, and the shop hears of it', async () => {
    const { url, imp_uid } = await start({ window: 'popup' });
    const page = await (await browser.newContext()).newPage();
    await page.goto(shopUrl);
    const [popup, heard] = await Promise.all([
      page.waitForEvent('popup').then(async (opened) => {
        await approve(opened);
        return opened;
      }),
      page.evaluate(`(${HEAR})(${JSON.stringify(`popup:${url}`)})`),
    ]);
    expect(heard).toMatchObject({ success: true, imp_uid });
    if (!popup.isClosed()) await popup.waitForEvent('close');
  });

  it('comes back in a layer', async () => {
    const { url, imp_uid } = await start({ window: 'layer' });
    const page = await (await browser.newContext()).newPage();
    await page.goto(shopUrl);
    const heard = page.evaluate(`(${HEAR})(${JSON.stringify(url)})`);
    await page.frameLocator('iframe').locator('button[value=approved]').click();
    expect(await heard).toMatchObject({ success: true, imp_uid });
  });

  it('goes back to the shop by a redirect, without a script too', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { url, imp_uid } = await start({ window: 'redirect', m_redirect_url: `${SHOP}/done` });
      const context = await browser.newContext({ javaScriptEnabled });
      await context.route(`${SHOP}/**`, (route) => route.fulfill({ body: 'shop' }));
      const page = await context.newPage();
      await page.goto(url);
      if (!javaScriptEnabled) await page.getByRole('link', { name: '인증기관으로 가기' }).click();
      await approve(page);
      if (!javaScriptEnabled) await page.getByRole('button', { name: '돌아가기' }).click();
      await page.waitForURL(`${SHOP}/done?*`);
      expect(new URL(page.url()).searchParams.get('imp_uid')).toBe(imp_uid);
      expect(new URL(page.url()).searchParams.get('success')).toBe('true');
      await context.close();
    }
  });
});
