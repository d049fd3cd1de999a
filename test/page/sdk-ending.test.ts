import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../src/page/failure.ts';
import { eventually } from '../support/eventually.ts';
import { CANCELLED, failure, IMP_UID, refusal, started, success } from './scripted-page-server.ts';
import { done, IPHONE, NO_POPUPS, say, setUp, type Visit } from './sdk-visit.ts';

const { server, visitor } = await setUp();

const PENDING = { state: 'pending' };
/** To a script whose popup looks closed: it is still there. */
const WAIT = { ...PENDING, wait: true };
const DONE = { state: 'done', result: success() };
const asked = () => server.asked.map(({ path, body }) => (body['force'] === true ? `${path}!` : path));

describe('cancelling', () => {
  const ways: [string, (visit: Visit) => Promise<unknown>][] = [
    ['the close button', (visit) => visit.page.click('.imp-dialog button')],
    ['Esc', (visit) => visit.page.keyboard.press('Escape')],
    ['IMP.close()', (visit) => visit.page.evaluate('IMP.close()')],
    ['IMP.deinit()', (visit) => visit.page.evaluate('IMP.deinit()')],
    [
      'the page taking the layer away',
      (visit) => visit.page.evaluate('document.querySelector(".imp-dialog").remove()'),
    ],
  ];

  it.each(ways)('by %s asks the server to close the attempt, and calls back once', async (_name, cancel) => {
    const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
    await visit.verifyInLayer();
    await cancel(visit);
    await visit.fails('USER_CANCEL');
    await visit.isClean();
    expect(asked()).toEqual(['start', 'close']);
    expect(server.asked[1]?.body).toEqual({ handle: 'handle-1' });
  });

  it('by closing the popup is noticed', async () => {
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup();
    await popup.close();
    await visit.fails('USER_CANCEL');
    expect(asked()).toEqual(['start', 'close']);
    await visit.page.waitForTimeout(600);
    expect(await visit.results()).toHaveLength(1);
    expect(asked()).toEqual(['start', 'close']);
  });

  it('tells what had happened before on the server', async () => {
    server.script('close', DONE);
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup();
    await popup.close();
    await visit.succeeds();
  });

  it('closes the popup of IMP.close(), and leaves IMP usable', async () => {
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup();
    const closed = popup.waitForEvent('close');
    await visit.page.evaluate('IMP.close()');
    await closed;
    await visit.fails('USER_CANCEL');
    const next = await visit.verifyInPopup();
    await next.evaluate(say(done(success())));
    expect((await visit.allResults(2))[1]).toMatchObject({ success: true });
  });

  it('before the start is answered ends at once; the attempt that comes of it is closed', async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    server.script('start', promise);
    const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
    await visit.verify({});
    await eventually(() => server.asked.length === 1);
    await visit.page.keyboard.press('Escape');
    await visit.fails('USER_CANCEL', false);
    resolve(started(server.url));
    expect(await eventually(() => asked().includes('close!'))).toBe(true);
    await visit.allResults(1);
  });

  it('does nothing when nothing is open', async () => {
    const visit = await visitor.visit(server.shop);
    await visit.page.evaluate('IMP.close(); IMP.close()');
    await visit.page.waitForTimeout(50);
    expect(await visit.results()).toEqual([]);
    expect(asked()).toEqual([]);
  });

  it('after deinit the merchant is forgotten', async () => {
    const visit = await visitor.visit(server.shop);
    await visit.page.evaluate(
      'IMP.init("imp00000001"); IMP.deinit(); IMP.certification({}, (r) => results.push(r))',
    );
    await visit.fails('NOT_READY', false);
  });
});

describe('with the person at an agency', () => {
  it('asks every second for three seconds, then ends it by force', async () => {
    server.script('close', PENDING, { state: 'done', result: CANCELLED });
    const visit = await visitor.visit(server.shop, { stopsClock: true, userAgent: IPHONE });
    await visit.verifyInLayer();
    await visit.page.keyboard.press('Escape');
    await visit.pass(3500);
    await visit.fails('USER_CANCEL');
    expect(asked()).toEqual(['start', 'close', 'result', 'result', 'result', 'close!']);
    expect(server.asked.at(-1)?.body).toEqual({ handle: 'handle-1', force: true });
  });

  it('goes on asking while the agency’s answer is worked on', async () => {
    server.script('close', PENDING);
    server.script('result', ...Array.from({ length: 5 }, () => PENDING), DONE);
    const visit = await visitor.visit(server.shop, { stopsClock: true, userAgent: IPHONE });
    await visit.verifyInLayer();
    await visit.page.keyboard.press('Escape');
    await visit.pass(7000);
    await visit.succeeds();
    expect(asked()).toEqual([
      'start',
      'close',
      'result',
      'result',
      'result',
      'close!',
      'result',
      'result',
      'result',
    ]);
  });

  it('waits for a popup that only looks closed, every two seconds, until the end', async () => {
    server.script('close', ...Array.from({ length: 5 }, () => WAIT), DONE);
    const visit = await visitor.visit(server.shop, { stopsClock: true });
    const popup = await visit.verifyInPopup();
    await visit.shut(popup);
    await visit.pass(12_000, 500);
    await visit.succeeds();
    expect(asked()).toEqual(['start', 'close', 'close', 'close', 'close', 'close', 'close']);
    await visit.isClean();
  });

  it('stops waiting for such a popup at IMP.close()', async () => {
    server.script('close', WAIT);
    const visit = await visitor.visit(server.shop, { stopsClock: true });
    const popup = await visit.verifyInPopup();
    await visit.shut(popup);
    await visit.pass(9000, 500);
    expect(await visit.results()).toEqual([]);
    server.script('close', WAIT, { state: 'done', result: CANCELLED });
    await visit.page.evaluate('IMP.close()');
    await visit.pass(3000, 500);
    await visit.fails('USER_CANCEL');
    expect(asked().at(-1)).toBe('close!');
  });

  it('takes a long sleep for no silence of the server, and lets a popup that slept speak first', async () => {
    server.script('close', WAIT);
    const visit = await visitor.visit(server.shop, { stopsClock: true });
    const popup = await visit.verifyInPopup();
    await visit.shut(popup);
    await visit.pass(1000);
    await eventually(() => asked().length === 2);
    server.script('close', 'cut', DONE);
    // As long as a page in the background may have to wait, longer than the server may be silent.
    await visit.page.clock.fastForward(15_000);
    expect(asked()).toEqual(['start', 'close']);
    await visit.pass(6000, 500);
    await visit.succeeds();
    // One was cut off before anybody took note of it.
    expect(asked()).toEqual(['start', 'close', 'close']);
  });

  it('forces the end of a popup at once that the server takes for a living one', async () => {
    server.script('close', WAIT, { state: 'done', result: CANCELLED });
    const visit = await visitor.visit(server.shop);
    await visit.verifyInPopup();
    await visit.page.evaluate('IMP.close()');
    await visit.fails('USER_CANCEL');
    expect(asked()).toEqual(['start', 'close', 'close!']);
  });

  it('hears the result of a popup that speaks though it looks closed', async () => {
    server.script('close', WAIT);
    const visit = await visitor.visit(server.shop, {
      before: `const open = window.open;
        window.open = (...args) => {
          const opened = open.apply(window, args);
          Object.defineProperty(opened, 'closed', { get: () => window.looksClosed === true });
          return opened;
        };`,
    });
    const popup = await visit.verifyInPopup();
    await visit.page.evaluate('window.looksClosed = true');
    await eventually(() => asked().includes('close'));
    await popup.evaluate(say(done(success())));
    await visit.succeeds();
  });

  it('a second call does not wait for such a popup', async () => {
    server.script('close', WAIT, { state: 'done', result: CANCELLED });
    const visit = await visitor.visit(server.shop);
    const popup = await visit.verifyInPopup();
    await popup.close();
    await eventually(() => asked().includes('close'));
    const next = await visit.verifyInPopup();
    await next.evaluate(say(done(success())));
    const results = await visit.allResults(2);
    expect(results.map((result) => result['error_reason'])).toEqual(['REPLACED', undefined]);
  });
});

describe('a lost message', () => {
  it.each(['popup', 'layer'])('is made up for by asking, every five seconds (%s)', async (kind) => {
    server.script('result', PENDING, DONE);
    const visit = await visitor.visit(
      server.shop,
      kind === 'popup' ? { stopsClock: true } : { stopsClock: true, userAgent: IPHONE },
    );
    await (kind === 'popup' ? visit.verifyInPopup() : visit.verifyInLayer());
    await visit.pass(4500, 500);
    expect(asked()).toEqual(['start']);
    await visit.pass(6000, 500);
    await visit.succeeds();
    await visit.isClean();
    expect(asked()).toEqual(['start', 'result', 'result']);
  });

  it('of an attempt that the server no longer knows ends with the server’s words', async () => {
    server.script('result', {
      status: 404,
      body: refusal('SYSTEM_ERROR', FAILURES.SYSTEM_ERROR),
    });
    const visit = await visitor.visit(server.shop, { stopsClock: true });
    await visit.verifyInPopup();
    await visit.pass(5500, 500);
    await visit.fails('SYSTEM_ERROR');
  });
});

describe('a server that cannot be reached', () => {
  it.each(['cut', { status: 502, body: { code: 1 } }])('at the start: %j', async (reply) => {
    server.script('start', reply);
    const visit = await visitor.visit(server.shop);
    const [popup] = await Promise.all([
      visit.page.waitForEvent('popup'),
      visit.verify({ merchant_uid: 'mine' }),
    ]);
    await visit.fails(reply === 'cut' ? 'NETWORK_ERROR' : 'SYSTEM_ERROR', false);
    await expect.poll(() => popup.isClosed()).toBe(true);
    expect((await visit.results())[0]).toMatchObject({ merchant_uid: 'mine' });
  });

  it('is waited for ten seconds; a later answer changes nothing and is closed', async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    server.script('start', promise);
    const visit = await visitor.visit(server.shop, { stopsClock: true, userAgent: IPHONE });
    await visit.verify({});
    await visit.pass(9000, 1500);
    expect(await visit.results()).toEqual([]);
    await visit.pass(1500);
    await visit.fails('NETWORK_ERROR', false);
    await visit.isClean();
    resolve(started(server.url));
    expect(await eventually(() => asked().includes('close!'))).toBe(true);
    await visit.allResults(1);
  });

  it.each(['cut', 'silence'])('after the window has gone, for ten seconds: %s', async (reply) => {
    server.script('close', reply);
    const visit = await visitor.visit(server.shop, { stopsClock: true, userAgent: IPHONE });
    await visit.verifyInLayer();
    await visit.page.keyboard.press('Escape');
    await visit.pass(9000, 500);
    expect(await visit.results()).toEqual([]);
    await visit.pass(2500, 500);
    await visit.fails('NETWORK_ERROR');
  });

  it('while the device sleeps is asked again', async () => {
    server.script('close', 'silence', DONE);
    const visit = await visitor.visit(server.shop, { stopsClock: true, userAgent: IPHONE });
    await visit.verifyInLayer();
    await visit.page.keyboard.press('Escape');
    await eventually(() => asked().includes('close'));
    await visit.page.clock.fastForward(60_000);
    await visit.pass(2000, 500);
    await visit.succeeds();
  });

  it('for less than that does no harm', async () => {
    server.script('close', 'cut', { status: 503, body: { code: 1 } }, DONE);
    const visit = await visitor.visit(server.shop, { stopsClock: true, userAgent: IPHONE });
    await visit.verifyInLayer();
    await visit.page.keyboard.press('Escape');
    await visit.pass(4000, 500);
    await visit.succeeds();
  });
});

describe('another call', () => {
  it.each(['popup', 'layer'])('while one is open ends the older one first (%s)', async (kind) => {
    const visit = await visitor.visit(server.shop, kind === 'popup' ? {} : { before: NO_POPUPS });
    const older = kind === 'popup' ? await visit.verifyInPopup() : undefined;
    if (older === undefined) await visit.verifyInLayer();
    server.script('start', started(server.url, { imp_uid: 'imp_000000000778', handle: 'handle-2' }));
    if (older !== undefined) {
      const newer = await visit.verifyInPopup();
      await expect.poll(() => older.isClosed()).toBe(true);
      await newer.evaluate(say(done(success('imp_000000000778'), 'imp_000000000778')));
    } else {
      await visit.verify({});
      await eventually(() => asked().filter((path) => path === 'start').length === 2);
      await eventually(async () => (await visit.page.locator('.imp-dialog iframe').count()) === 1);
      const frame = await visit.frame();
      await frame.evaluate(say(done(success('imp_000000000778'), 'imp_000000000778')));
    }
    const [first, second] = await visit.allResults(2);
    expect(first).toMatchObject({
      success: false,
      error_reason: 'REPLACED',
      error_code: 'REPLACED',
      imp_uid: IMP_UID,
    });
    expect(second).toMatchObject({ success: true, imp_uid: 'imp_000000000778' });
    expect(asked()).toEqual(['start', 'close!', 'start']);
    await visit.isClean();
  });

  it('replaces an older one that the server does not know', async () => {
    server.script('close', { status: 404, body: refusal('SYSTEM_ERROR', FAILURES.SYSTEM_ERROR) });
    const visit = await visitor.visit(server.shop);
    await visit.verifyInPopup();
    const newer = await visit.verifyInPopup();
    await newer.evaluate(say(done(success())));
    expect((await visit.allResults(2)).map((result) => result['error_reason'])).toEqual([
      'REPLACED',
      undefined,
    ]);
  });

  it('tells an older one that had ended before how it ended', async () => {
    server.script('close', {
      state: 'done',
      result: failure('OTP_LIMIT', '인증번호 입력 횟수를 초과하였습니다. 다시 시도해주세요.'),
    });
    const visit = await visitor.visit(server.shop);
    await visit.verifyInPopup();
    const newer = await visit.verifyInPopup();
    await newer.evaluate(say(done(success())));
    expect((await visit.allResults(2)).map((result) => result['error_reason'])).toEqual([
      'OTP_LIMIT',
      undefined,
    ]);
  });

  it('before the older one’s start is answered', async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    server.script('start', promise, started(server.url));
    const visit = await visitor.visit(server.shop);
    await visit.verify({});
    await eventually(() => server.asked.length === 1);
    const newer = await visit.verifyInPopup();
    resolve(started(server.url, { handle: 'handle-old' }));
    expect(await eventually(() => server.asked.some(({ body }) => body['handle'] === 'handle-old'))).toBe(
      true,
    );
    await newer.evaluate(say(done(success())));
    expect((await visit.allResults(2)).map((result) => result['error_reason'])).toEqual([
      'REPLACED',
      undefined,
    ]);
  });

  it('from inside the callback, and after a callback that throws', async () => {
    const visit = await visitor.visit(server.shop);
    const [first] = await Promise.all([
      visit.page.waitForEvent('popup'),
      visit.page.evaluate(`IMP.init('imp00000001'); IMP.certification({}, (result) => {
        results.push(result);
        IMP.certification({}, (next) => results.push(next));
        throw new Error('merchant');
      })`),
    ]);
    await first.waitForURL('**/page/ticket');
    const second = visit.page.waitForEvent('popup');
    await first.evaluate(say(done(success())));
    await (await second).waitForURL('**/page/ticket');
    await (await second).evaluate(say(done(success())));
    await visit.allResults(2);
    const isLogged = () => visit.console.some((line) => line.startsWith('error Error: merchant'));
    expect(await eventually(isLogged)).toBe(true);
  });
});

describe('a page out of the browser’s cache', () => {
  it.each([
    ['settles what had ended', DONE, true],
    ['cancels what had not', PENDING, false],
  ])('takes the layer away and %s', async (_name, result, success) => {
    server.script('result', result);
    const visit = await visitor.visit(server.shop, { userAgent: IPHONE });
    await visit.verifyInLayer();
    await visit.page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))');
    await visit.isClean();
    if (success) await visit.succeeds();
    else await visit.fails('USER_CANCEL');
    expect(asked()).toEqual(success ? ['start', 'result'] : ['start', 'result', 'close']);
  });
});
