import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { type RunningBonin, startBonin } from '../../src/testing.ts';
import { SIMCHEONG } from '../support/dev-app.ts';

describe('startBonin', () => {
  let bonin: RunningBonin;
  let client: Client;

  beforeAll(async () => {
    bonin = await startBonin();
    client = new Client({ impKey: bonin.impKey, impSecret: bonin.impSecret, baseUrl: bonin.url });
  });
  afterAll(() => bonin.close());
  beforeEach(() => bonin.reset());

  it('certifies a person at once', async () => {
    const impUid = await bonin.certify({
      name: '이몽룡',
      channel_key: 'channel-danal-approved',
      carrier: 'KT_MVNO',
    });
    expect(await client.getCertification(impUid)).toMatchObject({ name: '이몽룡', carrier: 'KT_MVNO' });
    expect((await client.getCertification(await bonin.certify({ certified: false }))).certified).toBe(false);
    await expect(bonin.certify({ name: '123' })).rejects.toThrow('name must be a name of 1 to 50 characters');
  });

  it('hands messages out one by one, oldest first, and waits for the next', async () => {
    const first = await client.requestOtp(SIMCHEONG);
    const second = await client.requestOtp({ ...SIMCHEONG, phone: '01000000006' });
    expect((await bonin.messages.next()).imp_uid).toBe(first);
    expect((await bonin.messages.next()).imp_uid).toBe(second);
    const waiting = bonin.messages.next({ phone: SIMCHEONG.phone });
    const third = await client.requestOtp(SIMCHEONG);
    expect((await waiting).imp_uid).toBe(third);
    await expect(bonin.messages.next({ seconds: 0 })).rejects.toThrow('no message within 0 seconds');
  });

  it('moves the clock', async () => {
    await bonin.clock.set(1_741_915_200);
    const impUid = await client.requestOtp(SIMCHEONG);
    expect((await bonin.messages.next()).sent_at).toBe(1_741_915_200);
    await bonin.clock.advance(180);
    await expect(client.confirmOtp(impUid, '123456')).rejects.toThrow(/유효시간/);
    await bonin.clock.reset();
  });

  it('lets calls fail, and shows what was asked', async () => {
    await bonin.faults.set([{ route: 'GET /certifications/{imp_uid}', status: 503, times: 1 }]);
    await expect(client.getCertification('imp_000000000001')).rejects.toMatchObject({ status: 503 });
    await bonin.faults.clear();
    await client.getCertification('imp_000000000001');
    const statuses = (await bonin.requests())
      .filter(({ route }) => route === '/certifications/{imp_uid}')
      .map(({ status }) => status);
    expect(statuses).toEqual([200, 503]);
  });

  it('serves HTTPS to whoever trusts its authority', async () => {
    const secure = await startBonin({ tls: true });
    expect(secure.url).toMatch(/^https:\/\/localhost:\d+$/);
    expect(bonin.authority).toBeNull();
    const { cert = '', file = '' } = secure.authority ?? {};
    expect(readFileSync(file, 'utf8')).toBe(cert);
    const impUid = await secure.certify({ name: '이몽룡' });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const path = `/certifications/${impUid}`;
      const { port } = new URL(secure.url);
      const servername = 'api.iamport.kr';
      get({ host: '127.0.0.1', port, path, ca: cert, servername, agent: false }, resolve).on('error', reject);
    });
    answer.resume();
    expect(answer.statusCode).toBe(401);
    expect((await secure.requests()).map(({ status }) => status)).toEqual([401]);
    await secure.close();
    expect(existsSync(file)).toBe(false);
  });

  it('starts as many as are wanted, each on its own', async () => {
    const others = await Promise.all([startBonin(), startBonin({ randomOtp: true })]);
    const impUid = await bonin.certify();
    for (const other of others) {
      const { impKey, impSecret, url } = other;
      const stranger = new Client({ impKey, impSecret, baseUrl: url });
      await expect(stranger.getCertification(impUid)).rejects.toMatchObject({ status: 404 });
      await other.close();
    }
  });
});
