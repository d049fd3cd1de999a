import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';

describe('the control routes of the sandbox', () => {
  let app: RunningDevApp;
  let token: string;

  beforeAll(async () => {
    app = await startDevApp();
    const issued = await call('POST', '/users/getToken', KEY_A);
    token = (issued.response as { access_token: string }).access_token;
  });
  afterAll(() => app.close());
  beforeEach(() => call('POST', '/sandbox/reset'));

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await fetch(app.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const { message, response } = (await answer.json()) as { message: string | null; response: unknown };
    return { status: answer.status, message, response };
  }
  const lookup = () => call('GET', '/certifications/imp_000000000001', undefined, { authorization: token });

  describe('faults', () => {
    it('answer with a status so many times, on the route they name', async () => {
      const rule = { route: 'GET /certifications/{imp_uid}', times: 2, status: 503 };
      expect((await call('PUT', '/sandbox/faults', [rule])).response).toEqual([
        { ...rule, probability: 1, delay_ms: 0, abort: false },
      ]);
      expect((await call('POST', '/users/getToken', KEY_A)).status).toBe(200);
      const failed = await lookup();
      expect(failed).toMatchObject({ status: 503, response: null });
      expect(failed.message).toBe('샌드박스에서 지정한 오류입니다.');
      expect([(await lookup()).status, (await lookup()).status]).toEqual([503, 200]);
    });

    it('cut the connection, and leave the control routes alone', async () => {
      await call('PUT', '/sandbox/faults', { faults: [{ abort: true }] });
      await expect(lookup()).rejects.toThrow();
      expect((await call('GET', '/sandbox/clock')).status).toBe(200);
      await call('DELETE', '/sandbox/faults');
      expect((await lookup()).status).toBe(200);
    });

    it('delay an answer that is otherwise the usual one', async () => {
      await call('PUT', '/sandbox/faults', [
        { route: '/certifications/{imp_uid}', delay_ms: 1000, times: 1 },
      ]);
      const order: string[] = [];
      await Promise.all([
        lookup().then(({ status }) => order.push(`delayed ${status}`)),
        call('POST', '/users/getToken', KEY_A).then(({ status }) => order.push(`usual ${status}`)),
      ]);
      expect(order).toEqual(['usual 200', 'delayed 200']);
    });

    it('never hit with probability 0', async () => {
      await call('PUT', '/sandbox/faults', [{ probability: 0, status: 500 }]);
      for (let round = 0; round < 20; round++) expect((await lookup()).status).toBe(200);
    });

    it.each([
      [[{ status: 200 }], 'faults[0].status must be a whole number of 400 to 599, or null'],
      [[{ times: 0 }], 'faults[0].times must be a whole number of 1 to 1000000, or null'],
      [[{ probability: 2 }], 'faults[0].probability must be a number from 0 to 1'],
      [[{ delay_ms: -1 }], 'faults[0].delay_ms must be a whole number of 0 to 60000'],
      [[{ abort: 'yes' }], 'faults[0].abort must be true or false'],
      [[{ route: 7 }], expect.stringMatching(/^faults\[0\]\.route must be one of .*, or null$/)],
      [[null], 'faults[0] must be an object'],
      [{}, 'faults must be a list of faults (it is missing)'],
    ])('refuse %j and leave what was set', async (faults, message) => {
      await call('PUT', '/sandbox/faults', [{ status: 500, route: '/users/getToken' }]);
      const refused = await call('PUT', '/sandbox/faults', faults);
      expect(refused).toMatchObject({ status: 400, message });
      expect((await call('GET', '/sandbox/faults')).response).toHaveLength(1);
    });
  });

  describe('requests seen', () => {
    it('are listed newest first, with what a test may assert on', async () => {
      await lookup();
      await call('POST', '/users/getToken', KEY_A);
      await call('GET', '/nothing?_token=x');
      expect((await call('GET', '/sandbox/requests')).response).toMatchObject([
        { method: 'GET', path: '/nothing', route: null, token: '_token', status: 404 },
        {
          method: 'POST',
          route: '/users/getToken',
          token: null,
          content_type: 'application/json',
          body: { imp_key: 'imp_apikey', imp_secret: '(80 characters)' },
          status: 200,
        },
        {
          path: '/certifications/imp_000000000001',
          route: '/certifications/{imp_uid}',
          token: 'authorization',
        },
      ]);
    });

    it('name the media type of a body that was not read', async () => {
      const keys = JSON.stringify(KEY_A);
      await call('POST', '/users/getToken', keys, { 'content-type': 'text/plain; charset=utf-8' });
      await call('POST', '/users/getToken', keys, { 'content-type': 'no media type' });
      expect((await call('GET', '/sandbox/requests')).response).toMatchObject([
        { status: 400, unread_media_type: 'malformed' },
        { status: 400, unread_media_type: 'text/plain', body: { imp_key: 'imp_apikey' } },
      ]);
    });

    it('show the fields of a form in parts', async () => {
      const body = new FormData();
      body.append('imp_key', KEY_A.imp_key);
      body.append('imp_secret', KEY_A.imp_secret);
      const answer = await fetch(`${app.url}/users/getToken`, { method: 'POST', body });
      expect(answer.status).toBe(200);
      expect((await call('GET', '/sandbox/requests')).response).toMatchObject([
        { unread_media_type: null, body: { imp_key: 'imp_apikey', imp_secret: '(80 characters)' } },
      ]);
    });

    it('have the status that was answered, 204 for a preflight', async () => {
      await fetch(`${app.url}/users/getToken`, { method: 'OPTIONS' });
      expect((await call('GET', '/sandbox/requests')).response).toMatchObject([
        { method: 'OPTIONS', status: 204 },
      ]);
    });

    it('show nothing of the content of a member, however deep it is', async () => {
      const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
      await call('POST', '/users/getToken', `{"pg":{"name":"카나리아"},"bypass":${deep}}`);
      expect((await call('GET', '/sandbox/requests')).response).toMatchObject([
        { body: { pg: '(object)', bypass: '(list)' } },
      ]);
    });

    it('show no secret, no token, no code and nobody in clear', async () => {
      const canaries = {
        name: '카나리아',
        phone: '01000007531',
        birth: '19900131',
        otp: '864209',
        merchant_uid: 'canary-merchant-uid',
        unknown: 'canary-unknown',
      };
      const headers = { authorization: 'Bearer canary-token', 'x-imptokenheader': 'canary-older-token' };
      await call('POST', '/certifications/otp/request?_token=canary-query', canaries, headers);
      const form = new URLSearchParams(canaries).toString();
      await call('POST', '/certifications/otp/confirm/x', form, {
        'content-type': 'application/x-www-form-urlencoded',
      });
      const seen = JSON.stringify((await call('GET', '/sandbox/requests')).response);
      expect(seen).toContain('카**아');
      for (const canary of [...Object.values(canaries), 'canary-token', 'canary-older-token', 'canary-query'])
        expect(seen).not.toContain(canary);
    });
  });
});
