import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { sweep } from '../../src/core/retention.ts';
import { serverOf } from '../support/callers.ts';
import { startDevApp } from '../support/dev-app.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from './shop.ts';
import { SIMCHEONG_TYPED, Stage, screenOf, walkTo } from './stage.ts';

/** What breaks pages that write texts as markup, or believe addresses. */
const NASTY = [
  '<img src=x onerror="window.top.pwned=1">',
  '"><script>window.top.pwned=1</script>',
  "'-alert(1)-'",
  '</script><svg onload=alert(1)>',
  'javascript:alert(1)',
  'ㅎㅗㅇㄱㅣㄹ\u1112\u1169\u11bc',
  '\u202eevil\u2066',
  '{{constructor.constructor("alert(1)")()}}',
];

describe('the page in the hands of an attacker', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());

  it.each(NASTY)('shows %j as text wherever it is put', async (nasty) => {
    await using shop = await stage.visit();
    const dialogs: string[] = [];
    shop.context.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const popup = await shop.certifyInPopup({
      company: nasty,
      name: nasty,
      merchant_uid: nasty.slice(0, 60),
      carrier: nasty,
    });
    await walkTo(popup, 'person');
    for (const field of ['name', 'birth', 'gender_digit', 'phone'])
      await popup.locator(`input[name=${field}]`).evaluate((input, value) => {
        (input as unknown as { value: string }).value = value;
      }, nasty);
    await popup.locator('button[value=next]').click();
    await popup.locator('[role=alert]').waitFor();
    for (const [name, value] of Object.entries(SIMCHEONG_TYPED))
      await popup.locator(`input[name=${name}]`).fill(value);
    await popup.locator('button[value=next]').click();
    await screenOf(popup, 'code').waitFor();
    await popup.locator('input[name=otp]').fill('123456');
    await popup.locator('button[value=next]').click();
    const result = await shop.result();
    expect(result).toMatchObject({ success: true, merchant_uid: nasty.slice(0, 60).normalize('NFC').trim() });
    expect(dialogs).toEqual([]);
    expect(await shop.page.evaluate('window.pwned')).toBeUndefined();
  });

  it('lets no other site put the page into a frame', async () => {
    const evil = createServer((request, response) => {
      const address = new URL(request.url ?? '/', 'http://x').searchParams.get('of') ?? '';
      response.setHeader('Content-Type', 'text/html');
      response.end(`<iframe src="${address}"></iframe>`);
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void evil.close());
    const evilUrl = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
    await using shop = await stage.visit();
    for (const window of ['popup', 'layer', 'redirect']) {
      const { url } = await stage.call.start(
        { window, m_redirect_url: `${stage.shopUrl}/done` },
        stage.shopUrl,
      );
      const visitor = new Visitor();
      await visitor.open(url);
      const blocked = shop.page.waitForEvent('console', (message) =>
        /frame-ancestors|Framing/.test(message.text()),
      );
      await shop.page.goto(`${evilUrl}/?of=${encodeURIComponent(visitor.address)}`);
      await blocked;
      await expect(shop.page.frameLocator('iframe').locator('body[data-screen]').count()).resolves.toBe(0);
    }
  });

  it('gives the result to the origin that started, and to no other', async () => {
    const { url } = await stage.call.start({ window: 'layer' }, 'https://shop.example');
    const visitor = new Visitor();
    await visitor.open(url);
    await visitor.send({ do: 'cancel' });
    expect(visitor.finish.targetOrigin).toBe('https://shop.example');
    // What is no origin is none.
    const odd = await stage.call.start({ window: 'layer' }, 'https://shop.example/path');
    await visitor.open(odd.url);
    await visitor.send({ do: 'cancel' });
    expect(visitor.finish.targetOrigin).toBe('*');
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//https://shop.example',
    'data:text/html,x',
    'blob:https://shop.example/x',
    'file:///etc/passwd',
    'about:blank',
    'https://user:pass@shop.example/',
    '//shop.example/relative',
    'shop.example',
    'https://shop.example/a\nb',
    'https:\\\\shop.example',
    'myapp://return',
    `https://shop.example/${'a'.repeat(2000)}`,
  ])('sends nobody back to %j', async (address) => {
    expect(await stage.call.start({ window: 'redirect', m_redirect_url: address })).toMatchObject({
      status: 400,
      ok: false,
      error_reason: 'INVALID_REDIRECT_URL',
    });
  });

  it('sends nobody back from a window that is none of a redirect, whatever its start has said', async () => {
    for (const window of ['popup', 'layer']) {
      const evil = { window, m_redirect_url: 'javascript:alert(1)' };
      expect(await stage.call.start(evil)).toMatchObject({ error_reason: 'INVALID_REDIRECT_URL' });
      const { url } = await stage.call.start({ window, m_redirect_url: 'https://shop.example/done' });
      const visitor = new Visitor();
      await visitor.open(url);
      await visitor.send({ do: 'cancel' });
      expect(visitor.finish.way).toBe('message');
      expect(visitor.html).not.toContain('shop.example/done');
    }
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['nothing', ''],
    ['no window', '{"user_code":"imp00000000"}'],
    ['a window nobody knows', '{"user_code":"imp00000000","window":"tab"}'],
    ['a redirect to nowhere', '{"user_code":"imp00000000","window":"redirect"}'],
    ['a registration number', '{"user_code":"imp00000000","window":"popup","merchant_uid":"900131-1234567"}'],
    [
      'a long number of the merchant',
      JSON.stringify({ user_code: 'imp00000000', window: 'popup', merchant_uid: 'a'.repeat(101) }),
    ],
    ['a negative age', '{"user_code":"imp00000000","window":"popup","min_age":-1}'],
  ])('starts nothing for %s', async (_what, body) => {
    const answer = await stage.call.call('start', body);
    expect(answer).toMatchObject({ ok: false });
    expect([400, 404]).toContain(answer.status);
    expect(answer.imp_uid).toBeUndefined();
  });

  it('refuses a form that is not UTF-8, and the attempt goes on', async () => {
    const { url, handle } = await stage.call.start();
    const visitor = new Visitor();
    await visitor.open(url);
    const answer = await fetch(visitor.address, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from('step=0&do=next&name=\xb0\xa1', 'latin1'),
    });
    expect(answer.status).toBe(400);
    expect(await stage.call.result(handle)).toMatchObject({ state: 'pending' });
  });

  it('takes bodies of 64 KiB, and refuses more without starting', async () => {
    expect((await stage.call.call('start', 'x'.repeat(70_000))).status).toBe(413);
  });

  it('sends screens that may not be cached, framed, sniffed or told about', async () => {
    const { url } = await stage.call.start();
    const visitor = new Visitor();
    await visitor.open(url);
    const { headers } = await fetch(visitor.address);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'nonce-[\w+/=]{24}'; style-src 'nonce-[\w+/=]{24}'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    for (const absent of [
      'set-cookie',
      'x-frame-options',
      'cross-origin-opener-policy',
      'strict-transport-security',
    ])
      expect(headers.get(absent)).toBeNull();
    const again = await fetch(visitor.address);
    expect(again.headers.get('content-security-policy')).not.toBe(headers.get('content-security-policy'));
  });
});

describe('what a person typed', () => {
  it('stands in no file and no log in clear, and is gone when the attempt has ended', async () => {
    const folder = temporaryFolder();
    const app = await startDevApp({
      databaseUrl: `sqlite:${join(folder, 'bonin.db')}`,
      masterKeys: [newMasterKey()],
    });
    onTestFinished(() => app.close());
    const shop = shopOf(app);
    const canary = { name: '까나리아', birth: '910203', gender_digit: '2', phone: '010-0000-7531' };
    for (const end of ['123456', 'cancel', 'leave'] as const) {
      const { url, handle, imp_uid } = await shop.start({
        merchant_uid: 'order',
        phone: '01000007531',
        name: '까나리아',
      });
      const visitor = new Visitor();
      await visitor.open(url);
      for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, canary]) await visitor.send(form);
      expect(visitor.screen).toBe('code');
      expect((await app.attempts.find({ handle }))?.progress?.claimant?.name).toBe('까나리아');
      if (end === 'leave') {
        await shop.advance(901);
        await sweep({ store: app.store, clock: { now: () => Date.now() + 902_000 }, keepUnverified: 1e9 });
      } else await visitor.send(end === 'cancel' ? { do: 'cancel' } : { otp: end });
      const ended = await app.attempts.find({ handle });
      expect(ended?.impUid).toBe(imp_uid);
      expect(ended?.progress).toBeNull();
      expect(JSON.stringify(ended?.launch)).not.toMatch(/까나리아|7531|910203/);
      // A screen after the code tells nothing of the person.
      await visitor.reload();
      expect(visitor.html).not.toMatch(/까나리아|7531|910203/);
    }
    const secrets = ['까나리아', '01000007531', '010-0000-7531', '910203'];
    for (const file of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, file));
      for (const secret of secrets)
        for (const encoding of ['utf8', 'utf16le'] as const)
          expect(bytes.includes(Buffer.from(secret, encoding)), `${file}: ${secret}`).toBe(false);
    }
  });

  it('goes with the certification when that is deleted', async () => {
    const app = await startDevApp();
    onTestFinished(() => app.close());
    const shop = shopOf(app);
    const { url, handle, imp_uid } = await shop.start();
    const visitor = new Visitor();
    await visitor.open(url);
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
      await visitor.send(form);
    const attempt = await app.attempts.find({ handle });
    await app.certifications.erase(serverOf(attempt?.merchantId ?? 0), imp_uid);
    expect(await shop.result(handle)).toMatchObject({ status: 404 });
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('dead');
  });
});
