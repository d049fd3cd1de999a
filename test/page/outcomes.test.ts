import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Shop, SIMCHEONG_TYPED, Stage, screenOf, walkTo } from './stage.ts';

const SUCCESS_KEYS = ['imp_success', 'imp_uid', 'merchant_uid', 'pg_provider', 'pg_type', 'success'];
const FAILURE_KEYS = [...SUCCESS_KEYS, 'error_code', 'error_msg', 'error_reason'].sort();

describe('a person in a browser', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());

  /** The callback came once, with exactly the members of a success, and the server says the same. */
  async function expectSuccess(shop: Shop): Promise<string> {
    const result = await shop.result();
    expect(result).toMatchObject({ success: true, imp_success: true });
    expect(Object.keys(result).sort()).toEqual(SUCCESS_KEYS);
    const impUid = String(result['imp_uid']);
    expect((await stage.client.getCertification(impUid)).certified).toBe(true);
    return impUid;
  }

  /** The same for a failure with this word, and this code of the provider if there was one. */
  async function expectFailure(shop: Shop, word: string, code = word): Promise<void> {
    const result = await shop.result();
    expect(result).toMatchObject({
      success: false,
      imp_success: false,
      error_reason: word,
      error_code: code,
    });
    expect(Object.keys(result).sort()).toEqual(FAILURE_KEYS);
    expect((await stage.client.getCertification(String(result['imp_uid']))).certified).toBe(false);
  }

  it('verifies in a popup, which closes by itself', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup({ merchant_uid: 'visit-1', channelKey: 'channel-kcp' });
    const closed = popup.waitForEvent('close');
    await walkTo(popup, 'success');
    const impUid = await expectSuccess(shop);
    await closed;
    expect(await stage.client.getCertification(impUid)).toMatchObject({
      name: '심청',
      merchant_uid: 'visit-1',
      pg_provider: 'kcp_v2',
      origin: `${stage.shopUrl}/join`,
    });
  });

  it.each(['carrier', 'consent', 'method', 'person', 'code', 'app'] as const)(
    'cancels on the screen %s',
    async (screen) => {
      await using shop = await stage.visit();
      const popup = await shop.certifyInPopup();
      if (screen !== 'carrier') await walkTo(popup, screen);
      await screenOf(popup, screen).waitFor();
      await popup.locator('button[value=cancel]').click();
      await expectFailure(shop, 'USER_CANCEL');
    },
  );

  it('types a wrong code five times', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup();
    await walkTo(popup, 'code');
    for (let tries = 1; tries <= 5; tries++) {
      await popup.locator('input[name=otp]').fill(`00000${tries}`);
      await popup.locator('button[value=next]').click();
      if (tries < 5) await popup.locator('[role=alert]').waitFor();
    }
    await expectFailure(shop, 'OTP_LIMIT');
  });

  it.each([
    ['is not the subscriber by the magic number', '01099990000', 'PROVIDER_ERROR', '0000'],
    ['is blocked by the provider', '01099990086', 'BLOCKED', '0086'],
    ['comes while the provider is down', '01099999993', 'PROVIDER_UNAVAILABLE', '9993'],
    ['meets a wrong contract', '01099999015', 'NOT_READY', '9015'],
  ])('%s', async (_what, phone, word, code) => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup();
    await walkTo(popup, 'failure', { ...SIMCHEONG_TYPED, phone });
    await expectFailure(shop, word, code);
  });

  it('is not the subscriber: five times asked again, then over', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup();
    await walkTo(popup, 'person');
    for (let time = 1; time <= 5; time++) {
      for (const [name, value] of Object.entries({ ...SIMCHEONG_TYPED, name: '불일치' }))
        await popup.locator(`input[name=${name}]`).fill(value);
      await popup.locator('button[value=next]').click();
      if (time < 5) await popup.locator('[role=alert]').waitFor();
    }
    await expectFailure(shop, 'IDENTITY_MISMATCH');
  });

  it('is too young', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup({ min_age: 19 });
    await walkTo(popup, 'failure', { ...SIMCHEONG_TYPED, name: '장화', birth: '150505' });
    await expectFailure(shop, 'UNDER_AGE');
  });

  it('has popups blocked, and gets a layer', async () => {
    await using shop = await stage.visit();
    await shop.page.evaluate('window.open = () => null');
    await shop.certify();
    const layer = shop.page.frameLocator('.imp-dialog iframe');
    await walkTo(layer, 'success');
    await expectSuccess(shop);
    expect(await shop.page.locator('.imp-dialog').count()).toBe(0);
  });

  it('closes the popup', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup();
    await walkTo(popup, 'code');
    await popup.close();
    await expectFailure(shop, 'USER_CANCEL');
  });

  it('comes by phone with a return address, and is sent back to it', async () => {
    await using shop = await stage.visitByPhone();
    const { page } = shop;
    await shop.certify({
      merchant_uid: '주문 1&2',
      m_redirect_url: `${stage.shopUrl}/done?keep=1&success=old#part`,
    });
    await page.waitForURL(/\/page\/s\//);
    await walkTo(page, 'success');
    await page.waitForURL(/\/done/);
    const { pathname, searchParams, hash } = new URL(page.url());
    expect({ pathname, hash, query: Object.fromEntries(searchParams) }).toEqual({
      pathname: '/done',
      hash: '#part',
      query: {
        keep: '1',
        imp_uid: expect.stringMatching(/^imp_\d{12}$/),
        merchant_uid: '주문 1&2',
        success: 'true',
        imp_success: 'true',
      },
    });
    expect(searchParams.getAll('success')).toEqual(['true']);
    expect((await stage.client.getCertification(String(searchParams.get('imp_uid')))).certified).toBe(true);
  });

  it('comes by phone, is sent away and cancels', async () => {
    await using shop = await stage.visitByPhone();
    await shop.certify({ m_redirect_url: 'http://detectchangingwebview/iamport/rn' });
    await shop.page.waitForURL(/\/page\/s\//);
    const left = shop.page.waitForRequest(/detectchangingwebview/);
    await shop.page.locator('button[value=cancel]').click();
    const { searchParams } = new URL((await left).url());
    expect(searchParams.get('error_code')).toBe('USER_CANCEL');
    expect(searchParams.get('imp_success')).toBe('false');
  });

  it('comes by phone without a return address, and gets a layer over the whole screen', async () => {
    await using shop = await stage.visitByPhone();
    await shop.certify();
    await walkTo(shop.page.frameLocator('.imp-dialog iframe'), 'success');
    await expectSuccess(shop);
  });

  it.each(['the button', 'Esc', 'Esc inside', 'IMP.close()'])('leaves the layer by %s', async (way) => {
    await using shop = await stage.visitByPhone();
    await shop.certify();
    const layer = shop.page.frameLocator('.imp-dialog iframe');
    await screenOf(layer, 'carrier').waitFor();
    if (way === 'the button') await shop.page.locator('.imp-dialog button').click();
    else if (way === 'Esc inside') {
      // The focus went into the frame by itself when the page had come.
      await shop.page.waitForFunction('document.activeElement.tagName === "IFRAME"');
      await shop.page.keyboard.press('Escape');
    } else if (way === 'Esc') {
      await shop.page.locator('.imp-dialog button').focus();
      await shop.page.keyboard.press('Escape');
    } else await shop.page.evaluate('IMP.close()');
    await expectFailure(shop, 'USER_CANCEL');
    expect(await shop.page.locator('.imp-dialog').count()).toBe(0);
  });

  it('loses the connection on the way, comes back and goes on', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup();
    await walkTo(popup, 'code');
    const address = popup.url();
    await shop.context.setOffline(true);
    await popup.locator('input[name=otp]').fill('123456');
    await popup.locator('button[value=next]').click();
    // Only once the browser shows its own page did the form get nowhere, and nothing is under way any more.
    await popup.waitForURL(/^chrome-error:/, { waitUntil: 'commit' });
    await shop.context.setOffline(false);
    await popup.goto(address);
    await popup.locator('input[name=otp]').fill('123456');
    await popup.locator('button[value=next]').click();
    await expectSuccess(shop);
  });

  it('reloads each screen and goes back, which does no harm', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup();
    await popup.reload();
    await walkTo(popup, 'person');
    await popup.reload();
    await screenOf(popup, 'person').waitFor();
    await popup.goBack().catch(() => null);
    await popup.goForward().catch(() => null);
    await popup.reload();
    await screenOf(popup, 'person').waitFor();
    for (const [name, value] of Object.entries(SIMCHEONG_TYPED))
      await popup.locator(`input[name=${name}]`).fill(value);
    await popup.locator('button[value=next]').click();
    await screenOf(popup, 'code').waitFor();
    await popup.locator('input[name=otp]').fill('123456');
    await popup.locator('button[value=next]').click();
    await expectSuccess(shop);
  });

  it('verifies though the message to the shop is lost', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup({ sandbox: { outcome: 'message_lost' } });
    await walkTo(popup, 'success');
    await expectSuccess(shop);
  });

  it('is asked twice: the first time ends as replaced, the second one verifies', async () => {
    await using shop = await stage.visit();
    await shop.certifyInPopup();
    const popup = await shop.certifyInPopup();
    await shop.page.waitForFunction('results.length === 1');
    await walkTo(popup, 'success');
    await shop.page.waitForFunction('results.length === 2');
    expect((await shop.results()).map(({ success, error_reason }) => [success, error_reason])).toEqual([
      [false, 'REPLACED'],
      [true, undefined],
    ]);
  });

  it('verifies a second time on the same page, also when the callback threw', async () => {
    await using shop = await stage.visit();
    for (const throws of [true, false]) {
      const popup = await shop.certifyInPopup({ throws });
      await walkTo(popup, 'success');
      await shop.page.waitForFunction(`results.length === ${throws ? 1 : 2}`);
    }
    expect((await shop.results()).map(({ success }) => success)).toEqual([true, true]);
  });

  it.each([
    ['init was forgotten', { uninitialised: true }, 'NOT_READY'],
    ['nobody knows the user code', { user_code: 'imp99999999' }, 'NOT_READY'],
    ['the age is none', { min_age: 'old' }, 'INVALID_PARAM'],
  ])('hears in the callback that %s', async (_what, param, word) => {
    await using shop = await stage.visit();
    await shop.certify(param);
    expect(await shop.result()).toMatchObject({ success: false, error_reason: word, error_code: word });
    await expect.poll(() => shop.context.pages()).toHaveLength(1);
  });

  it.each(['/', '{{url}}', 'javascript:alert(1)'])(
    'verifies though it names an address that nobody needs: %s',
    async (address) => {
      await using shop = await stage.visit();
      const popup = await shop.certifyInPopup({ m_redirect_url: address });
      await walkTo(popup, 'success');
      await expectSuccess(shop);
    },
  );

  it('hears in the callback of a phone that the address to which it would leave is code', async () => {
    await using shop = await stage.visitByPhone();
    await shop.certify({ m_redirect_url: 'javascript:alert(1)' });
    expect(await shop.result()).toMatchObject({ success: false, error_code: 'INVALID_REDIRECT_URL' });
  });

  it('walks the whole way by keyboard alone', async () => {
    await using shop = await stage.visit();
    const popup = await shop.certifyInPopup();
    const { keyboard } = popup;
    /** Tabs until the focus stands on a control. */
    const reach = async (selector: string) => {
      for (let tabs = 0; tabs < 40; tabs++) {
        if (await popup.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
        await keyboard.press('Tab');
      }
      throw new Error(`${selector} cannot be reached`);
    };
    const next = async (screen: string) => {
      await reach('button[value=next]');
      await keyboard.press('Enter');
      await screenOf(popup, screen).waitFor();
    };
    await screenOf(popup, 'carrier').waitFor();
    await reach('input[name=carrier]');
    await keyboard.press('ArrowDown');
    await next('consent');
    await reach('input[name=agree_all]');
    await keyboard.press('Space');
    await next('method');
    await reach('input[name=method]');
    await keyboard.press('Space');
    await popup.locator('input[name=method][value=SMS]').focus();
    await keyboard.press('Space');
    await next('person');
    for (const [name, value] of Object.entries(SIMCHEONG_TYPED)) {
      await reach(`input[name=${name}]`);
      await keyboard.type(value);
    }
    await next('code');
    await reach('input[name=otp]');
    await keyboard.type('123456');
    await keyboard.press('Enter');
    await expectSuccess(shop);
  });

  it('finds the server away', async () => {
    await using shop = await stage.visit();
    await shop.context.route(/\/page\/start/, (route) => route.abort());
    await shop.certify();
    expect(await shop.result()).toMatchObject({ success: false, error_code: 'NETWORK_ERROR' });
    await expect.poll(() => shop.context.pages()).toHaveLength(1);
  });

  it('lets the sandbox complete the page automatically', async () => {
    await using shop = await stage.visit();
    await shop.certify({ channelKey: 'channel-danal-approved', sandbox: { person: '성춘향', auto: true } });
    const impUid = await expectSuccess(shop);
    expect(await stage.client.getCertification(impUid)).toMatchObject({ name: '성춘향' });
  });
});
