import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError, Client } from '../../src/client/index.ts';
import { KEY_A, type RunningDevApp, SIMCHEONG, startDevApp } from '../support/dev-app.ts';

describe('the typed client', () => {
  let app: RunningDevApp;
  let client: Client;

  beforeEach(async () => {
    app = await startDevApp({ basePath: '/iamport' });
    client = clientWith(KEY_A.imp_secret);
  });
  afterEach(() => app.close());

  function clientWith(impSecret: string): Client {
    return new Client({ impKey: KEY_A.imp_key, impSecret, baseUrl: `${app.url}/iamport/` });
  }
  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(app.url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return ((await answer.json()) as { response: unknown }).response;
  }
  async function callsTo(route: string): Promise<number> {
    const seen = (await control('GET', '/sandbox/requests')) as { route: string }[];
    return seen.filter((request) => request.route === route).length;
  }

  it('tells the verified person apart from an attempt by `certified`', async () => {
    const found = await client.getCertification('imp_000000000002');
    if (!found.certified) throw new Error('expected a certified one');
    expect([found.name, found.phone, found.carrier]).toEqual(['홍길동', '01000000001', 'SKT']);
    expect((await client.getCertification('imp_000000000009')).certified).toBe(false);
  });

  it('asks for one token, however many calls begin at once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => client.getCertification('imp_000000000001')));
    expect(await callsTo('/users/getToken')).toBe(1);
  });

  it('gets a new token once after a 401, and gives up when that is refused too', async () => {
    const old = await client.getToken();
    await control('PUT', '/sandbox/clock', { advance: 1800 });
    expect((await client.getCertification('imp_000000000001')).certified).toBe(true);
    expect(await client.getToken()).not.toBe(old);
    await control('PUT', '/sandbox/faults', [{ route: '/certifications/{imp_uid}', status: 401 }]);
    await expect(client.getCertification('imp_000000000001')).rejects.toMatchObject({ status: 401 });
    expect(await callsTo('/certifications/{imp_uid}')).toBe(2 + 2);
  });

  it('rejects with the status and the words of the server', async () => {
    const missing = client.getCertification('imp_999999999999');
    await expect(missing).rejects.toBeInstanceOf(ApiError);
    await expect(missing).rejects.toMatchObject({ status: 404, message: '인증결과가 존재하지 않습니다.' });
    const stranger = clientWith('wrong');
    await expect(stranger.getToken()).rejects.toMatchObject({ status: 401 });
    await expect(stranger.getCertification('imp_000000000001')).rejects.toMatchObject({ status: 401 });
  });

  it('requests an OTP, confirms it and deletes the result', async () => {
    const impUid = await client.requestOtp(SIMCHEONG);
    await expect(client.confirmOtp(impUid, '000000')).rejects.toMatchObject({ status: 400 });
    expect((await client.confirmOtp(impUid, '123456')).birthday).toBe('2004-02-29');
    expect(await client.deleteCertification(impUid)).toMatchObject({ certified: true, name: '심청' });
    await expect(client.getCertification(impUid)).rejects.toMatchObject({ status: 404 });
  });

  it('can be told to stop waiting', async () => {
    await client.getToken();
    await control('PUT', '/sandbox/faults', [
      { route: '/certifications/{imp_uid}', delay_ms: 5000, times: 1 },
    ]);
    const stop = new AbortController();
    const waiting = client.getCertification('imp_000000000001', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('says so when what answers is not this API', async () => {
    const other = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const lost = new Client({ impKey: 'a', impSecret: 'b', baseUrl: `http://127.0.0.1:${port}` });
    await expect(lost.getToken()).rejects.toMatchObject({ status: 200, message: /no JSON/ });
    other.close();
  });
});
