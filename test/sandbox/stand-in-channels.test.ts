import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shopOf } from '../page/shop.ts';
import { Client } from '../support/client.ts';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { Shop } from '../support/shop.ts';

/* In `dev` code that names a channel of the real service gets one of the same provider, on the page and by OTP. */

describe('a channel that does not exist, in dev', () => {
  let app: RunningDevApp;
  let client: Client;
  let server: Shop;
  beforeAll(async () => {
    app = await startDevApp();
    client = new Client(app.url);
    server = new Shop(client, (await client.token()).token);
  });
  afterAll(async () => {
    client.close();
    await app.close();
  });

  it.each([
    ['inicis_unified.MIIiasTest', 'channel-inicis'],
    ['Inicis_Unified', 'channel-inicis'],
    ['inicis_unified.', 'channel-inicis'],
    ['kcp_v2.AO09C', 'channel-kcp'],
    ['KCP_V2', 'channel-kcp'],
    ['DANAL.B010007493', 'channel-danal'],
    ['html5_inicis.INIpayTest', 'channel-danal'],
    ['{{pg}}', 'channel-danal'],
  ])('is stood in for on the page, with a warning: %s', async (pg, channelKey) => {
    const named = await shopOf(app).start({ channel_key: channelKey });
    const started = await shopOf(app).start({ pg });
    expect(started).toMatchObject({
      ok: true,
      pg_provider: named.pg_provider,
      warning: `unknown channel; ${channelKey} is taken`,
    });
  });

  it.each([
    ['kcp_v2.AO09C', 'kcp_v2'],
    ['Kcp_V2', 'kcp_v2'],
    ['kcp_v2.', 'kcp_v2'],
    ['danal.B010007493', 'danal'],
    // The sandbox's channel of this one sends no code.
    ['inicis_unified.MIIiasTest', 'danal'],
    ['html5_inicis.INIpayTest', 'danal'],
  ])('is stood in for when a code is asked for: %s', async (pg, provider) => {
    const impUid = await server.impUid({ pg });
    await server.confirm(impUid);
    expect((await server.lookup(impUid)).response).toMatchObject({ pg_provider: provider, certified: true });
  });

  it('is none for a channel that exists and sends no code', async () => {
    expect(await server.request({ pg: 'inicis_unified' })).toMatchObject({
      status: 400,
      message: '사용할 수 있는 본인인증 채널이 없습니다.',
    });
  });
});
