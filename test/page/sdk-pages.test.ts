import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../src/page/failure.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { IMP_UID, RECORD, refusal, shopPage, success } from './scripted-page-server.ts';
import { done, IPHONE, NO_POPUPS, say, setUp, type Visit } from './sdk-visit.ts';

const { server, visitor, startBody } = await setUp();

describe('pages without an origin', () => {
  async function open(kind: string): Promise<Visit> {
    const html = shopPage(server.url);
    if (kind === 'data:')
      return visitor.visit(`data:text/html;charset=utf-8,${encodeURIComponent(html)}#part`, {
        userAgent: IPHONE,
      });
    if (kind === 'file:') {
      const path = join(temporaryFolder(), 'shop.html');
      writeFileSync(path, html);
      return visitor.visit(`${pathToFileURL(path)}#part`, { userAgent: IPHONE });
    }
    const visit = await visitor.visit('about:blank', { userAgent: IPHONE });
    await visit.page.setContent(html);
    return visit;
  }

  it.each(['about:blank', 'data:', 'file:'])('%s: layer, callback', async (kind) => {
    const visit = await open(kind);
    const frame = await visit.verifyInLayer();
    const { page } = startBody();
    expect(page).toMatch(new RegExp(`^${kind}`));
    expect(page).not.toContain('#');
    expect(String(page).length).toBeLessThanOrEqual(2000);
    await frame.evaluate(say(done(success())));
    await visit.succeeds();
    await visit.isClean();
  });

  it('about:blank: redirect', async () => {
    const visit = await open('about:blank');
    await visit.verify({ m_redirect_url: 'http://detectchangingwebview/iamport/rn' });
    await visit.page.waitForURL('**/page/ticket');
    expect(startBody()).toMatchObject({
      window: 'redirect',
      m_redirect_url: 'http://detectchangingwebview/iamport/rn',
    });
  });
});

describe('the forms of the script', () => {
  const page = (scripts: string) =>
    `<!doctype html><title>shop</title><body>${scripts}<script>${RECORD}</script>`;

  async function works(visit: Visit): Promise<void> {
    const popup = await visit.verifyInPopup();
    await popup.evaluate(say(done(success())));
    await visit.succeeds();
  }

  it.each(['/js/iamport.payment-1.2.0.js', '/js/iamport.payment-1.1.8.js?v=3', '/v1/iamport.js?x#y'])(
    '%s defines IMP',
    async (path) => {
      server.setShop(shopPage(server.url, path));
      await works(await visitor.visit(server.shop));
    },
  );

  it('loaded twice, the first object stays', async () => {
    const tag = `<script src="${server.url}/v1/iamport.js"></script>`;
    server.setShop(
      page(
        `${tag}<script>var first = IMP;</script>${tag}<script src="${server.url}/js/iamport.payment-1.2.0.js"></script>`,
      ),
    );
    const visit = await visitor.visit(server.shop);
    expect(await visit.page.evaluate('first === IMP')).toBe(true);
    await works(visit);
  });

  it('adds one global and no more', async () => {
    const visit = await visitor.visit(server.shop);
    const names = await visit.page.evaluate(`(() => {
      const before = new Set(Object.getOwnPropertyNames(window));
      delete window.IMP;
      const script = document.createElement('script');
      script.src = '${server.url}/v1/iamport.js';
      document.head.append(script);
      return new Promise((resolve) => { script.onload = () =>
        resolve([Object.getOwnPropertyNames(window).filter((name) => !before.has(name)), typeof IMP, Object.keys(IMP)]); });
    })()`);
    expect(names).toEqual([
      [],
      'object',
      [
        'init',
        'agency',
        'certification',
        'close',
        'deinit',
        'request_pay',
        'communicate',
        'naver_zzim',
        'loadUI',
        'updateLoadUIRequest',
        'loadModule',
        'slots',
      ],
    ]);
  });

  it('the module exports every member and the object, and sets no global', async () => {
    server.setShop(page(''));
    const visit = await visitor.visit(server.shop);
    const found = await visit.page.evaluate(`import('${server.url}/v1/iamport.esm.js').then((module) => {
      const { default: object, ...members } = module;
      window.members = members;
      return [typeof window.IMP, Object.keys(object).sort().join() === Object.keys(members).sort().join(),
        Object.keys(members).every((name) => members[name] === object[name])];
    })`);
    expect(found).toEqual(['undefined', true, true]);
    await visit.page.evaluate('window.IMP = undefined');
    const [popup] = await Promise.all([
      visit.page.waitForEvent('popup'),
      visit.page.evaluate(
        `{ const { init, certification } = members; init('imp00000001'); certification({}, (r) => results.push(r)); }`,
      ),
    ]);
    await popup.waitForURL('**/page/ticket');
    await popup.evaluate(say(done(success())));
    await visit.succeeds();
  });

  it.each([
    ['an attribute', (text: string) => page(`<script data-bonin-origin="${server.url}/">${text}</script>`)],
    [
      'the script element',
      (text: string) =>
        page(
          `<script type="text/plain" src="${server.url}/v1/iamport.js"></script><script>(0, eval)(${JSON.stringify(text)})</script>`,
        ),
    ],
  ])('finds its server by %s when it does not stand at an address', async (_name, make) => {
    const text = await (await fetch(`${server.url}/v1/iamport.js`)).text();
    server.setShop(make(text));
    await works(await visitor.visit(server.shop));
  });

  it('without any hint of its server is not ready', async () => {
    server.setShop(page(`<script>${await (await fetch(`${server.url}/v1/iamport.js`)).text()}</script>`));
    const visit = await visitor.visit(server.shop);
    await visit.verify({});
    await visit.fails('NOT_READY', false);
  });

  it('keeps the base path in front of its calls', async () => {
    server.setShop(shopPage(`${server.url}/base`));
    const visit = await visitor.visit(server.shop);
    const request = visit.page.waitForRequest('**/page/start');
    await visit.verify({});
    expect((await request).url()).toBe(`${server.url}/base/page/start`);
    await visit.allResults(1);
  });
});

describe('what a page may forbid', () => {
  it.each(['popup', 'layer'])(
    'a policy with the server in script-src, connect-src and frame-src is enough (%s)',
    async (kind) => {
      server.setShop(
        `<!doctype html><title>shop</title><body><script src="${server.url}/v1/iamport.js"></script><script nonce="shop">${RECORD}</script>`,
        {
          'Content-Security-Policy': `default-src 'none'; script-src 'nonce-shop' ${server.url}; connect-src ${server.url}; frame-src ${server.url}`,
        },
      );
      const visit = await visitor.visit(server.shop, kind === 'popup' ? {} : { before: NO_POPUPS });
      const stage = await (kind === 'popup' ? visit.verifyInPopup() : visit.verifyInLayer());
      if (kind === 'layer')
        expect(await visit.page.locator('.imp-dialog').boundingBox()).toMatchObject({
          width: 410,
          height: 660,
        });
      await stage.evaluate(say(done(success())));
      await visit.succeeds();
      expect(visit.console.filter((line) => line.includes('Content Security Policy'))).toEqual([]);
    },
  );

  it('storage, cookies, dialogs and old requests: it never asks for them', async () => {
    const visit = await visitor.visit(server.shop, {
      before: `${NO_POPUPS}; window.forbidden = [];
        const forbid = (holder, name) => Object.defineProperty(holder, name, {
          get() { forbidden.push(name); throw new Error('forbidden: ' + name); }, set() { forbidden.push(name); } });
        for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'alert', 'confirm', 'prompt', 'XMLHttpRequest', 'caches'])
          forbid(window, name);
        forbid(Document.prototype, 'cookie');`,
    });
    const frame = await visit.verifyInLayer();
    await frame.evaluate(say({ bonin: 1, type: 'ready', imp_uid: IMP_UID }));
    await frame.evaluate(say(done(success())));
    await visit.succeeds();
    expect(await visit.page.evaluate('forbidden')).toEqual([]);
    expect(await visit.page.context().cookies()).toEqual([]);
  });
});

describe('the layer, for keyboard and screen reader', () => {
  const focused = (visit: Visit) =>
    visit.page.evaluate(
      'document.activeElement.id || document.activeElement.getAttribute("aria-label") || document.activeElement.tagName',
    );

  it.each([NO_POPUPS, undefined])(
    'is a labelled dialog that holds the focus and gives it back',
    async (before) => {
      const visit = await visitor.visit(
        server.shop,
        before === undefined ? { userAgent: IPHONE } : { before },
      );
      await visit.page.focus('#go');
      const frame = await visit.verifyInLayer();
      const dialog = visit.page.getByRole('dialog', { name: '본인인증' });
      expect(await dialog.getAttribute('aria-modal')).toBe('true');
      expect(await dialog.locator('iframe').getAttribute('title')).toBe('본인인증');
      const close = dialog.getByRole('button', { name: '닫기' });
      const box = await close.boundingBox();
      expect(box?.width).toBeGreaterThanOrEqual(44);
      expect(box?.height).toBeGreaterThanOrEqual(44);
      expect(await focused(visit)).toBe('닫기');

      await frame.evaluate(say({ bonin: 1, type: 'ready', imp_uid: IMP_UID }));
      expect(await eventually(async () => (await focused(visit)) === 'IFRAME')).toBe(true);
      await visit.page.focus('#go');
      expect(await focused(visit)).toBe('닫기');
      // Round it goes: the button, the page's own button, and the button again.
      const seen = new Set<unknown>();
      for (const key of [...Array.from({ length: 6 }, () => 'Tab'), 'Shift+Tab', 'Shift+Tab']) {
        await visit.page.keyboard.press(key);
        // On its way between two processes the focus is nowhere for a moment.
        let now: unknown;
        await eventually(async () => {
          now = await focused(visit);
          return now !== 'BODY';
        });
        seen.add(now);
      }
      expect(seen).toEqual(new Set(['IFRAME', '닫기']));

      await frame.evaluate(say(done(success())));
      await visit.succeeds();
      expect(await focused(visit)).toBe('go');
      await visit.isClean();
    },
  );
});

describe('what goes out', () => {
  it('is cleaned: absent, blank and null texts are left out, numbers and truth values become text', async () => {
    const visit = await visitor.visit(`${server.shop}/cart?x=1#part`);
    await visit.page.evaluate(`window.param = Object.freeze({ pg: 'null', channelKey: null, channel_key: ' key-1 ', merchant_uid: 12345,
      min_age: '19', name: '  홍길동 ', phone: 1012345678, carrier: 'undefined', company: '', m_redirect_url: undefined, popup: 'false',
      is_iframe: true, niceMobileV2: true, app_scheme: 'x', titleOptions: {}, sandbox: { outcome: 'success', auto: true } });
      IMP.agency(' imp00000001 ', 'Optional("AAA")');`);
    const [popup] = await Promise.all([
      visit.page.waitForEvent('popup'),
      visit.page.evaluate('IMP.certification(param, (result) => results.push(result))'),
    ]);
    await popup.waitForURL('**/page/ticket');
    expect(startBody()).toEqual({
      user_code: 'imp00000001',
      tier: 'AAA',
      channel_key: 'key-1',
      merchant_uid: '12345',
      min_age: '19',
      name: '홍길동',
      phone: '1012345678',
      page: `${server.shop}/cart?x=1`,
      sandbox: { outcome: 'success', auto: true },
      window: 'popup',
    });
    await popup.evaluate(say(done(success())));
    await visit.succeeds();
  });

  it('carries no cookie, and a number of its own when the merchant gives none', async () => {
    const visit = await visitor.visit(server.shop);
    await visit.page.context().addCookies([{ name: 'secret', value: '1', url: server.url }]);
    const request = visit.page.waitForRequest('**/page/start');
    const popup = await visit.verifyInPopup({ sandbox: 'null' });
    expect(await (await request).allHeaders()).not.toHaveProperty('cookie');
    expect(startBody()['merchant_uid']).toMatch(/^nobody_\d{13}$/);
    expect(Object.keys(startBody()).sort()).toEqual(['merchant_uid', 'page', 'user_code', 'window']);
    await popup.evaluate(say(done(success())));
    await visit.succeeds();
    await visit.page.context().clearCookies();
  });

  it.each([
    ['{ outcome: "success" }', { outcome: 'success' }],
    ['"auto"', 'auto'],
    ['true', true],
    ['[1]', [1]],
    ['0', 0],
    ['() => 1', 'function'],
    ['7n', 'bigint'],
    ['(() => { const cyclic = {}; cyclic.self = cyclic; return cyclic; })()', 'object'],
    ['null', undefined],
    ['undefined', undefined],
    ['" "', undefined],
  ])(
    'hands over the choice for a sandbox as it is, since the server says what is wrong: %s',
    async (source, sent) => {
      const visit = await visitor.visit(server.shop);
      server.script('start', {
        status: 400,
        body: refusal('INVALID_PARAM', FAILURES.INVALID_PARAM, 'detail for you'),
      });
      await visit.page.evaluate(`verify({ sandbox: ${source} })`);
      await visit.fails('INVALID_PARAM', false);
      await visit.prints('warning [IMP] detail for you');
      expect(startBody()['sandbox']).toEqual(sent);
    },
  );
});

describe('calls that cannot start', () => {
  it.each([undefined, null, '', '  ', 'null', {}])('without a user code (%j)', async (userCode) => {
    const visit = await visitor.visit(server.shop);
    await visit.page.evaluate(
      `IMP.init(${JSON.stringify(userCode)}); IMP.certification({ merchant_uid: 7 }, (r) => results.push(r))`,
    );
    await visit.fails('NOT_READY', false);
    expect((await visit.results())[0]).toMatchObject({ merchant_uid: '7' });
    expect(server.asked).toEqual([]);
  });

  it.each([null, 'text', 7, [], true])('without a parameter object (%j)', async (param) => {
    const visit = await visitor.visit(server.shop);
    expect(await visit.verify(param)).toBe(true);
    await visit.fails('INVALID_PARAM', false);
    expect(server.asked).toEqual([]);
  });

  it.each([
    ['NOT_READY', 403],
    ['INVALID_CHANNEL', 404],
    ['TOO_MANY_REQUESTS', 429],
    ['PROVIDER_UNAVAILABLE', 503],
    ['ORIGIN_NOT_ALLOWED', 403],
  ] as const)('because the server refuses: %s, %i', async (word, status) => {
    server.script('start', { status, body: { ...refusal(word, FAILURES[word]), imp_uid: IMP_UID } });
    const visit = await visitor.visit(server.shop);
    const [popup] = await Promise.all([visit.page.waitForEvent('popup'), visit.verify({})]);
    await visit.fails(word);
    expect(await eventually(() => popup.isClosed())).toBe(true);
  });

  it('request_pay is not supported; the other members only warn', async () => {
    const visit = await visitor.visit(server.shop);
    await visit.page.evaluate(`IMP.request_pay({ merchant_uid: 'order-1' }, (r) => results.push(r)); IMP.slots.x = 1;
      IMP.communicate(); IMP.naver_zzim({}); IMP.loadUI('a', {}); IMP.updateLoadUIRequest(); IMP.loadModule('x', {})`);
    await visit.fails('NOT_SUPPORTED', false);
    const warnings = () => visit.console.filter((line) => line.startsWith('warning [IMP]'));
    await eventually(() => warnings().length >= 5);
    expect(warnings()).toHaveLength(5);
  });

  it('no member throws or returns anything, whatever it is given', async () => {
    const visit = await visitor.visit(server.shop, { before: NO_POPUPS });
    const faults = await visit.page.evaluate(`(() => {
      const bad = { toString() { throw new Error('bad'); } };
      const cyclic = {}; cyclic.self = cyclic;
      const getter = { get pg() { throw new Error('bad'); }, get merchant_uid() { throw new Error('bad'); } };
      const values = [undefined, null, 0, NaN, Infinity, '', '\\ud800', true, Symbol('x'), 10n, [], {}, bad, cyclic, getter,
        { sandbox: cyclic, name: Symbol('x'), phone: 10n, m_redirect_url: '\\ud800' }, () => 1, new Proxy({}, { get() { throw 1; } })];
      const faults = [];
      IMP.init('imp00000001');
      for (const name of Object.keys(IMP)) if (typeof IMP[name] === 'function') for (const a of values) for (const b of values) {
        try { if (IMP[name](a, b) !== undefined) faults.push(name); } catch (error) { faults.push(name + error); }
      }
      IMP.deinit();
      return faults;
    })()`);
    expect(faults).toEqual([]);
    await eventually(async () => (await visit.page.locator('.imp-dialog').count()) === 0);
    expect(visit.errors).toEqual([]);
  });
});
