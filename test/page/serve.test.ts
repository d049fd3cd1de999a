import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import type { PageRules } from '../../src/core/merchant.ts';
import type { OtpCapability } from '../../src/core/provider.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { ScriptedProvider } from '../golden/scripted-provider.ts';
import { adapterOf } from '../support/adapter.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from './shop.ts';

const RULES: PageRules = {
  returnHosts: ['shop.example', 'shop.example:8443', '*.app.example', 'localhost:3000'],
  returnSchemes: ['shopapp'],
  origins: ['https://shop.example'],
  nullOrigin: false,
};

/** A server by the rules of production, with an agency that accepts everybody. */
async function startServer() {
  const otp = new ScriptedProvider({}, 'unmarked').providers['danal']?.otp as OtpCapability;
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    providers: { danal: adapterOf('danal', { otp }), kcp_v2: adapterOf('kcp_v2') },
  });
  const channel = (channelKey: string, provider: 'danal' | 'kcp_v2') => ({
    channelKey,
    provider,
    providerMerchantId: channelKey,
    carrierApproval: true,
    foreignerAddOn: false,
    minimumAge: null,
  });
  const merchant = { name: '가상상점', keys: [] };
  const channels = [channel('page', 'danal'), channel('no-page', 'kcp_v2')];
  await app.merchants.save({ ...merchant, userCode: 'imp00000001', channels, pageRules: RULES });
  await app.merchants.save({
    ...merchant,
    userCode: 'imp00000002',
    channels: [channel('silent', 'danal')],
  });
  const { url } = await app.listen(0, '127.0.0.1');
  return { ...app, url };
}

describe('the verification page by the rules of production', () => {
  let app: Awaited<ReturnType<typeof startServer>>;
  let shop: ReturnType<typeof shopOf>;
  beforeAll(async () => {
    app = await startServer();
    shop = shopOf(app);
  });
  afterAll(() => app.close());

  const SHOP = 'https://shop.example';
  const start = (more: object = {}, origin: string | undefined = SHOP) =>
    shop.start({ user_code: 'imp00000001', ...more }, origin);

  it('is started by the pages of the merchant only', async () => {
    expect(await start()).toMatchObject({ status: 200, ok: true });
    for (const origin of ['https://shop.example:8443', 'http://shop.example', 'https://evil.example', 'null'])
      expect(await start({}, origin)).toMatchObject({ status: 403, error_reason: 'ORIGIN_NOT_ALLOWED' });
    const silent = await shop.start({ user_code: 'imp00000002' }, 'https://anywhere.example');
    expect(silent.ok).toBe(true);
  });

  it.each([
    'https://shop.example/done?x=1#y',
    'https://shop.example:8443/',
    'https://pay.app.example/',
    'http://localhost:3000/done',
    'shopapp://done',
    'http://detectchangingwebview/iamport/rn',
  ])('sends people back to %s', async (address) => {
    expect((await start({ window: 'redirect', m_redirect_url: address })).ok).toBe(true);
  });

  it.each([
    'http://shop.example/done',
    'https://shop.example:9443/',
    'https://app.example/',
    'https://evilapp.example/',
    'https://shop.example.evil.example/',
    'https://shop.example@evil.example/',
    'http://localhost:3001/',
    'otherapp://done',
    'http://detectchangingwebview.evil.example/iamport/rn',
  ])('does not send people back to %s', async (address) => {
    const refused = await start({ window: 'redirect', m_redirect_url: address });
    expect(refused).toMatchObject({ status: 400, error_reason: 'INVALID_REDIRECT_URL' });
    expect(refused.imp_uid).toBeUndefined();
  });

  it('sends nobody back when the merchant said nothing', async () => {
    const call = { user_code: 'imp00000002', window: 'redirect', m_redirect_url: 'https://shop.example/' };
    expect(await shop.start(call)).toMatchObject({ status: 400, error_reason: 'INVALID_REDIRECT_URL' });
  });

  it('takes no other channel than the one that is named, and none that has no page', async () => {
    for (const channel_key of ['nobody', 'no-page', 'silent'])
      expect(await start({ channel_key })).toMatchObject({ status: 400, error_reason: 'INVALID_CHANNEL' });
    expect(await start({ pg: 'danal.page' })).toMatchObject({ ok: true, pg_provider: 'danal' });
    for (const pg of ['danal.nobody', 'danal.', 'DANAL', 'DANAL.page'])
      expect(await start({ pg })).toMatchObject({ error_reason: 'INVALID_CHANNEL' });
  });

  it('has nothing of the sandbox: no choice, no outcome, no magic name or number', async () => {
    for (const sandbox of ['x', [], { outcome: 'canceled', persons: 1 }])
      expect((await start({ sandbox })).ok).toBe(true);
    const started = await start({ sandbox: { outcome: 'blocked', auto: true } });
    const visitor = new Visitor();
    await visitor.open(started.url);
    const form = { ...SIMCHEONG_FORM, name: '불일치', phone: '010-9999-0086' };
    for (const each of [{ carrier: 'KT' }, CONSENT, form]) {
      expect(visitor.html).not.toMatch(/테스트 환경|data-outcome|data-person|data-auto|\/sandbox/);
      await visitor.send(each);
    }
    expect(visitor.screen).toBe('code');
    await visitor.send({ do: 'outcome:success' });
    await visitor.send({ do: 'outcome:cancel', otp: '000000' });
    expect(visitor.screen).toBe('code');
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('success');
    expect((await shop.result(started.handle)).result).toMatchObject({ success: true });
  });

  it('limits the messages to one phone over all attempts', async () => {
    const screens: string[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const visitor = new Visitor();
      await visitor.open((await start()).url);
      for (const each of [{ carrier: 'KT' }, CONSENT, { ...SIMCHEONG_FORM, phone: '01000004321' }])
        await visitor.send(each);
      screens.push(visitor.screen);
    }
    expect(screens).toEqual(['code', 'code', 'code', 'code', 'code', 'person']);
  });
});
