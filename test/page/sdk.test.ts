import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { failure, IMP_UID, refusal, started, success } from './scripted-page-server.ts';
import { done, IPHONE, NO_POPUPS, say, setUp } from './sdk-visit.ts';

const { server, visitor, startBody } = await setUp();

describe('on a computer', () => {
  it.each([undefined, null, true, false, 'true', 'false', '', 0, 1])(
    'opens a popup with popup: %j',
    async (popup) => {
      const visit = await visitor.visit(server.shop);
      const opened = await visit.verifyInPopup({ popup, m_redirect_url: 'https://shop.example/done' });
      expect(startBody()['window']).toBe('popup');
      expect(await visit.page.locator('.imp-dialog').count()).toBe(0);
      const closed = opened.waitForEvent('close');
      await opened.evaluate(say(done(success())));
      await closed;
      await visit.succeeds();
    },
  );

  it('opens the popup inside the call, blank, under a new name, with its opener, in the right size', async () => {
    const visit = await visitor.visit(server.shop, {
      before: `window.opens = []; const open = window.open;
        window.open = (...args) => { opens.push([inside, ...args]); return open.apply(window, args); };`,
    });
    const first = await visit.verifyInPopup();
    expect(await first.evaluate('[typeof opener, innerWidth <= 440, innerHeight <= 800]')).toEqual([
      'object',
      true,
      true,
    ]);
    await first.evaluate(say(done(success())));
    await visit.theResult();
    await visit.verifyInPopup();
    const opens = (await visit.page.evaluate('opens')) as [boolean, string, string, string][];
    expect(opens.map(([inside, address]) => [inside, address])).toEqual([
      [true, ''],
      [true, ''],
    ]);
    expect(opens[0]?.[2]).not.toBe(opens[1]?.[2]);
    expect(opens[0]?.[3]).toMatch(/width=440,height=(800|7\d\d|6\d\d)/);
    expect(opens[0]?.[3]).not.toContain('noopener');
  });

  it.each([
    ['gives nothing', NO_POPUPS],
    ['throws', 'window.open = () => { throw new Error("no") }'],
    ['gives a closed window', 'window.open = () => ({ closed: true })'],
  ])('falls back to the layer when window.open %s', async (_name, before) => {
    const visit = await visitor.visit(server.shop, { before });
    const frame = await visit.verifyInLayer();
    expect(startBody()['window']).toBe('layer');
    const box = await visit.page.locator('.imp-dialog.pc').boundingBox();
    expect(box).toMatchObject({ width: 410, height: 660 });
    await frame.evaluate(say(done(success())));
    await visit.succeeds();
    await visit.isClean();
  });

  it('goes to the return address when there is no callback, with the query of the contract', async () => {
    const visit = await visitor.visit(server.shop);
    const back = `${server.shop}/back?a=1&imp_uid=old&error_code=old#part`;
    const [popup] = await Promise.all([
      visit.page.waitForEvent('popup'),
      visit.page.evaluate(`IMP.init('imp00000001'); IMP.certification({ m_redirect_url: '${back}' })`),
    ]);
    await popup.waitForURL('**/page/ticket');
    await popup.evaluate(say(done(success())));
    await visit.page.waitForURL('**/back*');
    expect(visit.page.url()).toBe(
      `${server.shop}/back?a=1&imp_uid=${IMP_UID}&merchant_uid=order-1&success=true&imp_success=true#part`,
    );
  });

  it.each([
    ['javascript:results.push(1)', undefined],
    ['data:text/html,x', undefined],
    ['/relative', undefined],
    ['https://shop.example/back', 'INVALID_REDIRECT_URL'],
  ])('goes nowhere without a callback when the return address is %s', async (address, reason) => {
    if (reason !== undefined) {
      server.script('start', {
        status: 400,
        body: {
          ok: false,
          error_code: reason,
          error_reason: reason,
          error_msg: '허용되지 않은 복귀 주소입니다.',
        },
      });
    } else {
      server.script('start', 'cut');
    }
    const visit = await visitor.visit(server.shop);
    await visit.page.evaluate(`IMP.init('imp00000001'); IMP.certification({ m_redirect_url: '${address}' })`);
    expect(await eventually(() => visit.console.some((line) => line.startsWith('error [IMP]')))).toBe(true);
    await visit.page.waitForTimeout(50);
    expect(visit.page.url()).toBe(`${server.shop}/`);
    expect(await visit.results()).toEqual([]);
  });
});

describe('on a phone', () => {
  const agents: [string, string, string][] = [
    ['iPhone', IPHONE, 'mobile'],
    ['iPod', 'Mozilla/5.0 (iPod touch; CPU OS 12_0)', 'mobile'],
    ['iPad', 'Mozilla/5.0 (iPad; CPU OS 12_0)', 'mobile'],
    ['Android', 'Mozilla/5.0 (Linux; Android 14; SM-S918N)', 'mobile'],
    ['Mobile alone', 'Mozilla/5.0 (Something; Mobile; rv:120.0)', 'mobile'],
    [
      'an iPad posing as a Mac',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15',
      'pc',
    ],
  ];

  it.each(agents)('%s is told by its user agent', async (_name, userAgent, kind) => {
    const visit = await visitor.visit(server.shop, { before: NO_POPUPS });
    await visit.page.evaluate(`Object.defineProperty(navigator, 'userAgent', { value: '${userAgent}' })`);
    const frame = await visit.verifyInLayer();
    expect(await visit.page.locator('.imp-dialog').getAttribute('class')).toBe(`imp-dialog ${kind}`);
    await frame.evaluate(say(done(success())));
    await visit.succeeds();
    await visit.isClean();
  });

  it.each([undefined, false, 'false', null, 0])(
    'opens the layer over the whole screen with popup: %j',
    async (popup) => {
      const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
      const frame = await visit.verifyInLayer({ popup });
      expect(startBody()['window']).toBe('layer');
      const { width, height } = visit.page.viewportSize() ?? { width: 0, height: 0 };
      expect(await visit.page.locator('.imp-dialog').boundingBox()).toEqual({ x: 0, y: 0, width, height });
      expect(await visit.page.evaluate('document.body.className')).toBe('imp-payment-progress');
      expect(await visit.page.evaluate('document.body.lastElementChild.className')).toBe('imp-dialog mobile');
      await frame.evaluate(say(done(failure('UNDER_AGE', '이용 가능한 연령이 아닙니다.'))));
      await visit.fails('UNDER_AGE');
      await visit.isClean();
    },
  );

  it.each([true, 'true', 1])('opens a popup with popup: %j, return address or not', async (popup) => {
    const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
    const opened = await visit.verifyInPopup({ popup, m_redirect_url: 'https://shop.example/done' });
    await opened.evaluate(say(done(success())));
    await visit.succeeds();
  });

  it('falls back to the layer, not to leaving, when that popup is blocked', async () => {
    const visit = await visitor.visit(server.shop, { userAgent: IPHONE, before: NO_POPUPS });
    const frame = await visit.verifyInLayer({ popup: true, m_redirect_url: 'https://shop.example/done' });
    expect(startBody()['window']).toBe('layer');
    await frame.evaluate(say(done(success())));
    await visit.succeeds();
  });

  it.each([undefined, false])(
    'leaves the page with a return address and popup: %j, without a callback',
    async (popup) => {
      const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
      await visit.verify({
        popup,
        m_redirect_url: 'https://shop.example/done?a=1#x',
        merchant_uid: 'order-1',
      });
      await visit.page.waitForURL('**/page/ticket');
      expect(startBody()).toMatchObject({
        window: 'redirect',
        m_redirect_url: 'https://shop.example/done?a=1#x',
      });
      expect(server.asked.map(({ path }) => path)).toEqual(['start']);
    },
  );

  it('calls back when the start of a redirect is refused', async () => {
    server.script('start', {
      status: 400,
      body: refusal('INVALID_REDIRECT_URL', '허용되지 않은 복귀 주소입니다.'),
    });
    const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
    await visit.verify({ m_redirect_url: 'https://elsewhere.example/' });
    await visit.fails('INVALID_REDIRECT_URL', false);
    expect(visit.page.url()).toBe(`${server.shop}/`);
  });

  it('takes the refusal of a redirect to the return address when there is no callback', async () => {
    server.script('start', {
      status: 404,
      body: refusal('INVALID_CHANNEL', '사용할 수 있는 본인인증 채널이 없습니다.'),
    });
    const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
    await visit.page.evaluate(
      `IMP.init('imp00000001'); IMP.certification({ merchant_uid: 'a b', m_redirect_url: '${server.shop}/back' })`,
    );
    await visit.page.waitForURL('**/back*');
    expect(visit.page.url()).toContain(
      '?merchant_uid=a%20b&success=false&imp_success=false&error_code=INVALID_CHANNEL',
    );
  });
});

/** What shops send that never meant to be sent back by address. */
const UNUSABLE = ['/', 'join/join', '{{url}}', 'undefined/join/done', 'javascript:alert(1)', 'shop.example'];

describe('a return address', () => {
  it.each(UNUSABLE)('is not sent by a computer with a callback: %s', async (address) => {
    const visit = await visitor.visit(server.shop);
    const opened = await visit.verifyInPopup({ m_redirect_url: address });
    expect(startBody()).not.toHaveProperty('m_redirect_url');
    await opened.evaluate(say(done(success())));
    await visit.succeeds();
    expect(visit.page.url()).toBe(`${server.shop}/`);
  });

  it('is not sent by a layer in the place of a popup either', async () => {
    const visit = await visitor.visit(server.shop, { before: NO_POPUPS });
    await visit.verifyInLayer({ m_redirect_url: '/' });
    expect(startBody()).not.toHaveProperty('m_redirect_url');
  });

  it.each([{}, { before: NO_POPUPS }])('is not sent by a phone that asks for a popup (%j)', async (more) => {
    const visit = await visitor.visit(server.shop, { ...more, userAgent: IPHONE });
    const param = { popup: true, m_redirect_url: '{{url}}' };
    await ('before' in more ? visit.verifyInLayer(param) : visit.verifyInPopup(param));
    expect(startBody()).not.toHaveProperty('m_redirect_url');
  });

  it.each([
    ['by a phone that leaves for it', IPHONE, true],
    ['by a phone without a callback', IPHONE, false],
    ['by a computer without a callback', undefined, false],
  ])('is sent %s, and checked there', async (_name, userAgent, calls) => {
    server.script('start', {
      status: 400,
      body: refusal('INVALID_REDIRECT_URL', '허용되지 않은 복귀 주소입니다.'),
    });
    const visit = await visitor.visit(server.shop, userAgent === undefined ? {} : { userAgent });
    if (calls) {
      await visit.verify({ m_redirect_url: '{{url}}' });
      await visit.fails('INVALID_REDIRECT_URL', false);
    } else {
      await visit.page.evaluate(`IMP.init('imp00000001'); IMP.certification({ m_redirect_url: '{{url}}' })`);
      await visit.prints('error [IMP] INVALID_REDIRECT_URL 허용되지 않은 복귀 주소입니다.');
    }
    expect(startBody()['m_redirect_url']).toBe('{{url}}');
    expect(visit.page.url()).toBe(`${server.shop}/`);
  });
});

describe('results', () => {
  it('come through a failure with the provider’s own code', async () => {
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup();
    await popup.evaluate(
      say(done(failure('BLOCKED', '본인인증 시도가 많아 일시적으로 제한되었습니다.', '0086'))),
    );
    expect(await visit.theResult()).toMatchObject({ error_code: '0086', error_reason: 'BLOCKED' });
  });

  it('hold no null and no empty text, whatever the page says', async () => {
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup({ merchant_uid: 'mine' });
    const raw = {
      success: false,
      error_code: null,
      error_msg: '',
      error_reason: 7,
      imp_uid: null,
      merchant_uid: '',
      extra: 1,
    };
    await popup.evaluate(say(done(raw)));
    await visit.fails('SYSTEM_ERROR');
    expect((await visit.results())[0]).toMatchObject({ merchant_uid: 'mine', pg_provider: 'danal' });
  });

  it.each([
    [
      'foreign origin',
      async (page: Page) =>
        page.evaluate(`window.postMessage(JSON.stringify(${JSON.stringify(done(success()))}), '*')`),
    ],
    [
      'foreign window of the right origin',
      async (page: Page) => {
        await page.evaluate(
          `{ const f = document.createElement('iframe'); f.name = 'foreign'; f.src = '${server.url}/page/other'; document.body.append(f); }`,
        );
        await eventually(() => page.frame('foreign')?.url().endsWith('/page/other') ?? false);
        await page.frame('foreign')?.waitForFunction('typeof say === "function"');
        await page.frame('foreign')?.evaluate(say(done(success())));
      },
    ],
    [
      'the right window gone to another origin',
      async (_page: Page, popup: Page) => {
        await go(popup, `${server.otherUrl}/page/ticket`);
        await popup.evaluate(say(done(success())));
        await go(popup, `${server.url}/page/ticket`);
      },
    ],
    [
      'another imp_uid',
      async (_page: Page, popup: Page) => popup.evaluate(say(done(success(), 'imp_000000000001'))),
    ],
    [
      'an object instead of text',
      async (_page: Page, popup: Page) =>
        popup.evaluate(`opener.postMessage(${JSON.stringify(done(success()))}, '*')`),
    ],
    ['no JSON', async (_page: Page, popup: Page) => popup.evaluate('say("{bonin")')],
    [
      'no mark',
      async (_page: Page, popup: Page) => popup.evaluate(say({ ...done(success()), bonin: undefined })),
    ],
    ['null', async (_page: Page, popup: Page) => popup.evaluate('say("null")')],
  ])('do not come from a message of: %s', async (_name, act) => {
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup();
    await act(visit.page, popup);
    await visit.page.waitForTimeout(50);
    expect(await visit.results()).toEqual([]);
    await popup.evaluate(say(done(failure('EXPIRED', '본인인증 유효시간이 지났습니다. 다시 시도해주세요.'))));
    await visit.fails('EXPIRED');
  });
});

describe('start', () => {
  it('ends when the address to open is not of the web', async () => {
    server.script('start', started(server.url, { url: 'javascript:alert(1)' }));
    const visit = await visitor.visit(server.shop);
    await visit.verify({});
    await visit.fails('SYSTEM_ERROR');
  });

  it('prints a warning of the server', async () => {
    server.script('start', started(server.url, { warning: 'unknown channelKey' }));
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup();
    await visit.prints('warning [IMP] unknown channelKey');
    await popup.evaluate(say(done(success())));
    await visit.succeeds();
  });
});

/** By the page itself: an address typed in would cut the popup's link to its opener. */
async function go(page: Page, address: string): Promise<void> {
  await page.evaluate(`location.href = '${address}'`);
  await page.waitForURL(address);
  await page.waitForFunction('typeof say === "function"');
}
