import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { v1Routes } from '../../src/api/v1/index.ts';
import { systemClock } from '../../src/core/clock.ts';
import { API_ROUTES } from '../../src/sandbox/api-routes.ts';
import { DEFAULT_SEED, type Seed } from '../../src/server/dev.ts';
import { startBonin } from '../../src/testing.ts';
import { KEY_A, type RunningDevApp, SIMCHEONG, startDevApp } from '../support/dev-app.ts';

const CI = `SANDBOX/${'A'.repeat(78)}==`;
type Members = Readonly<Record<string, unknown>>;

async function connect(app: RunningDevApp) {
  const call = async (method: string, path: string, body?: unknown, token = '') => {
    const answer = await fetch(app.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token !== '' && { authorization: token }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const { message, response } = JSON.parse(text) as { message: string | null; response: never };
    return {
      status: answer.status,
      message,
      response: response as Members,
      list: response as readonly Members[],
    };
  };
  const { response } = await call('POST', '/users/getToken', KEY_A);
  const token = String(response['access_token']);
  return {
    call,
    token,
    async certify(person: Members) {
      const made = await call('POST', '/sandbox/certifications', person);
      expect(made).toMatchObject({ status: 200 });
      return (await call('GET', `/certifications/${made.response['imp_uid']}`, undefined, token)).response;
    },
    async requestOtp(more: Members = {}) {
      const sent = await call('POST', '/certifications/otp/request', { ...SIMCHEONG, ...more }, token);
      return String(sent.response['imp_uid']);
    },
  };
}

describe('additions of the sandbox', () => {
  let app: RunningDevApp;
  let sandbox: Awaited<ReturnType<typeof connect>>;
  beforeAll(async () => {
    app = await startDevApp();
    sandbox = await connect(app);
  });
  afterAll(() => app.close());
  beforeEach(() => sandbox.call('POST', '/sandbox/reset'));

  describe('say who somebody is', () => {
    it('by a label: the same person under another name, at every channel', async () => {
      const before = await sandbox.certify({ name: '홍길동', person: 'gildong' });
      const after = await sandbox.certify({ name: '홍길순', person: 'gildong' });
      const elsewhere = await sandbox.certify({ person: 'gildong', channel_key: 'channel-kcp' });
      expect(before['unique_key']).toMatch(/^SANDBOX\/[A-Za-z0-9+/]{78}==$/);
      expect(after).toMatchObject({
        name: '홍길순',
        unique_key: before['unique_key'],
        unique_in_site: before['unique_in_site'],
      });
      expect(elsewhere['unique_key']).toBe(before['unique_key']);
      expect(elsewhere['unique_in_site']).not.toBe(before['unique_in_site']);
    });

    it('by a label: two people alike', async () => {
      const [one, other, unmarked] = [
        await sandbox.certify({ person: 'a' }),
        await sandbox.certify({ person: 'b' }),
        await sandbox.certify({}),
      ];
      const ids = [one, other, unmarked].map((person) => [person['unique_key'], person['unique_in_site']]);
      expect(new Set(ids.flat()).size).toBe(6);
      expect(other).toMatchObject({ name: one['name'], birthday: one['birthday'], gender: one['gender'] });
    });

    it('by the CI itself', async () => {
      const one = await sandbox.certify({ name: '홍길동', unique_key: CI });
      const other = await sandbox.certify({ name: '심청', unique_key: CI });
      expect([one['unique_key'], other['unique_key']]).toEqual([CI, CI]);
      expect(one['unique_in_site']).toMatch(/^MC0GCCqGSIb3DQIJAyEASANDBOX\/.{36}$/);
      expect(other['unique_in_site']).toBe(one['unique_in_site']);
    });

    it.each([
      [{ unique_key: CI, person: 'a' }, 'person must not stand beside unique_key'],
      [
        { unique_key: 'a' },
        'unique_key must be a CI of a sandbox: 88 characters of base64 that begin with SANDBOX/',
      ],
      [{ unique_key: 'A'.repeat(88) }, 'unique_key must be a CI of a sandbox'],
      [{ unique_key: `SANDBOX/${'A'.repeat(79)}` }, 'unique_key must be a CI of a sandbox'],
      [{ unique_key: `SANDBOX/${'A'.repeat(81)}` }, 'unique_key must be a CI of a sandbox'],
      [{ unique_key: `SANDBOX/${'-'.repeat(80)}` }, 'unique_key must be a CI of a sandbox'],
      [{ unique_key: null }, 'unique_key must be a CI of a sandbox'],
      [{ person: '' }, 'person must be a label of 1 to 100 characters'],
      [{ person: 7 }, 'person must be a label of 1 to 100 characters'],
    ])('not by %j', async (body, says) => {
      const refused = await sandbox.call('POST', '/sandbox/certifications', body);
      expect(refused.status).toBe(400);
      expect(refused.message).toContain(says);
    });

    it('in a people file, for the page and for codes too', async () => {
      const [first] = DEFAULT_SEED.certifications;
      const row = (imp_uid: string, more: Members) => ({ ...first, imp_uid, ...more });
      const seed = {
        ...DEFAULT_SEED,
        certifications: [
          row('imp_000000000001', { person: 'gildong' }),
          row('imp_000000000002', { name: '홍길순', person: 'gildong', phone: '01000000002' }),
          row('imp_000000000003', { unique_key: CI, phone: '010-0000-0003', name: '심청' }),
        ],
      } as unknown as Seed;
      const own = await startDevApp({ seed });
      try {
        const { call, token, requestOtp } = await connect(own);
        const of = async (id: string) =>
          (await call('GET', `/certifications/${id}`, undefined, token)).response;
        const [before, after, marked] = [
          await of('imp_000000000001'),
          await of('imp_000000000002'),
          await of('imp_000000000003'),
        ];
        expect(after['unique_key']).toBe(before['unique_key']);
        expect(marked['unique_key']).toBe(CI);
        const impUid = await requestOtp({
          name: '홍길동',
          phone: '01000000001',
          birth: '900131',
          gender_digit: '1',
        });
        const confirmed = await call(
          'POST',
          `/certifications/otp/confirm/${impUid}`,
          { otp: '123456' },
          token,
        );
        expect(confirmed.response).toMatchObject({
          unique_key: before['unique_key'],
          unique_in_site: before['unique_in_site'],
        });
        const page = await (await fetch(`${own.url}/sandbox`)).text();
        const [, data = ''] = /id="data">(.*?)<\/script>/s.exec(page) ?? [];
        const shown = JSON.stringify(JSON.parse(data));
        expect(shown).toContain('"person":"gildong"');
        expect(shown).toContain(`"unique_key":"${CI}"`);
      } finally {
        await own.close();
      }
    });
  });

  describe('let a fault answer as something else would', () => {
    const html = '<html><body>502 Bad Gateway 잠시만요</body></html>';
    const answerOf = async (rule: Members, path = '/certifications/imp_000000000001') => {
      const put = await sandbox.call('PUT', '/sandbox/faults', [rule]);
      expect(put).toMatchObject({ status: 200 });
      return fetch(app.url + path, { headers: { authorization: sandbox.token } });
    };

    it('with a body and headers of its own', async () => {
      const rule = {
        route: '/certifications/{imp_uid}',
        status: 502,
        body: html,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'X-Gateway': 'edge-1',
          'cache-control': 'max-age=60',
        },
      };
      const answer = await answerOf(rule);
      expect(answer.status).toBe(502);
      expect(await answer.text()).toBe(html);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('x-gateway')).toBe('edge-1');
      expect(answer.headers.get('cache-control')).toBe('max-age=60');
      expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(html)));
      expect(answer.headers.get('x-request-id')).not.toBeNull();
      expect((await sandbox.call('GET', '/sandbox/faults')).list).toMatchObject([rule]);
    });

    it('with the usual headers or the usual body where it has none', async () => {
      const plain = await answerOf({ status: 503, body: '' });
      expect([plain.status, await plain.text(), plain.headers.get('content-type')]).toEqual([
        503,
        '',
        'application/json; charset=UTF-8',
      ]);
      const limited = await answerOf({ status: 429, headers: { 'Retry-After': '7' } });
      expect(limited.headers.get('retry-after')).toBe('7');
      expect(await limited.json()).toEqual({
        code: -1,
        message: '샌드박스에서 지정한 오류입니다.',
        response: null,
      });
    });

    it('to HEAD without the body', async () => {
      await answerOf({ status: 502, body: html });
      const answer = await fetch(`${app.url}/certifications/imp_000000000001`, { method: 'HEAD' });
      expect([answer.status, await answer.text()]).toEqual([502, '']);
    });

    it.each<[rule: Members, says: string]>([
      [
        { status: 502, headers: { 'Content-Length': '1' } },
        'faults[0].headers.Content-Length must be left out',
      ],
      [
        { status: 502, headers: { 'transfer-encoding': 'chunked' } },
        'faults[0].headers.transfer-encoding must be left out',
      ],
      [{ status: 502, headers: { Connection: 'close' } }, 'faults[0].headers.Connection must be left out'],
      [
        { status: 502, headers: { 'keep-alive': 'timeout=1' } },
        'faults[0].headers.keep-alive must be left out',
      ],
      [{ status: 502, headers: { Trailer: 'x' } }, 'faults[0].headers.Trailer must be left out'],
      [{ status: 502, headers: { Upgrade: 'x' } }, 'faults[0].headers.Upgrade must be left out'],
      [
        { status: 502, headers: { 'x-a': 'b\r\nset-cookie: c' } },
        'faults[0].headers.x-a must be a text in ASCII without line breaks',
      ],
      [{ status: 502, headers: { 'x-a': 'b\n' } }, 'faults[0].headers.x-a must be a text in ASCII'],
      [{ status: 502, headers: { 'x-a': '가' } }, 'faults[0].headers.x-a must be a text in ASCII'],
      [{ status: 502, headers: { 'x-a': 1 } }, 'faults[0].headers.x-a must be a text'],
      [{ status: 502, headers: { 'x a': 'b' } }, 'must have a name of letters, digits and hyphens'],
      [{ status: 502, headers: { 'x-a:b': 'b' } }, 'must have a name of letters, digits and hyphens'],
      [{ status: 502, headers: { '': 'b' } }, 'must have a name of letters, digits and hyphens'],
      [{ status: 502, headers: { 'X-A': 'b', 'x-a': 'c' } }, 'must be there once'],
      [
        { status: 502, headers: JSON.parse('{"__proto__":"x"}') },
        'faults[0].headers must be an object of header names',
      ],
      [{ status: 502, headers: [['x-a', 'b']] }, 'faults[0].headers must be an object of header names'],
      [
        { status: 502, headers: { 'x-a': 'b'.repeat(1001) } },
        'faults[0].headers.x-a must have at most 1000 characters',
      ],
      [
        {
          status: 502,
          headers: Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`x-${at}`, 'b'.repeat(1000)])),
        },
        'faults[0].headers must have at most 8192 characters in all',
      ],
      [{ status: 502, body: 'b'.repeat(32_769) }, 'faults[0].body must have at most 32768 characters'],
      [{ status: 502, body: { html } }, 'faults[0].body must be a text, or null'],
      [{ body: html }, 'faults[0].body must stand beside a status'],
      [{ headers: { 'x-a': 'b' } }, 'faults[0].headers must stand beside a status'],
    ])('but not with %j', async (rule, says) => {
      const refused = await sandbox.call('PUT', '/sandbox/faults', [rule]);
      expect(refused.status).toBe(400);
      expect(refused.message).toContain(says);
    });

    it('on a path that meets a route, and only there', async () => {
      const status = async (path: string, method = 'GET') =>
        (await fetch(app.url + path, { method, headers: { authorization: sandbox.token } })).status;
      for (const route of ['/certifications/imp_000000000001', 'GET /certifications/imp_000000000001']) {
        await sandbox.call('PUT', '/sandbox/faults', [{ route, status: 503 }]);
        expect(await status('/certifications/imp_000000000001')).toBe(503);
        expect(await status('/certifications/imp_000000000002')).toBe(200);
        expect(await status('/users/pg/imp00000000')).toBe(200);
      }
      await sandbox.call('PUT', '/sandbox/faults', [
        { route: 'HEAD /certifications/{imp_uid}', status: 503 },
      ]);
      expect([
        await status('/certifications/imp_000000000001', 'HEAD'),
        await status('/certifications/imp_000000000001'),
      ]).toEqual([503, 200]);
      await sandbox.call('PUT', '/sandbox/faults', [{ route: '/users/pg/imp00000000', status: 503 }]);
      expect([await status('/users/pg/imp00000000'), await status('/users/pg/imp00000001')]).toEqual([
        503, 200,
      ]);
    });

    it('on every route of the API that there is', () => {
      const routes = v1Routes({ ...app, clock: systemClock, sandbox: true });
      expect(Object.fromEntries(routes.map(({ path, methods }) => [path, Object.keys(methods)]))).toEqual(
        API_ROUTES,
      );
    });
  });

  describe('find the messages of one phone or certification', () => {
    const messages = async (query: Record<string, string>) => {
      const found = await sandbox.call('GET', `/sandbox/messages?${new URLSearchParams(query)}`);
      expect(found.status).toBe(200);
      return found.list.map((message) => message['imp_uid']);
    };

    it('in any spelling', async () => {
      const impUid = await sandbox.requestOtp();
      await sandbox.requestOtp({ phone: '01000000006' });
      for (const phone of [
        '01000000005',
        '010-0000-0005',
        '010 0000 0005',
        '+82 10-0000-0005',
        '+821000000005',
        '821000000005',
      ])
        expect(await messages({ phone }), phone).toEqual([impUid]);
      expect((await sandbox.call('GET', '/sandbox/messages?phone=+82 10 0000 0005')).list).toHaveLength(1);
    });

    it('by imp_uid, alone and beside a phone, waiting or not', async () => {
      const first = await sandbox.requestOtp();
      const second = await sandbox.requestOtp();
      const other = await sandbox.requestOtp({ phone: '01000000006' });
      expect(await messages({ imp_uid: first })).toEqual([first]);
      expect(await messages({ imp_uid: other, phone: '010-0000-0006' })).toEqual([other]);
      expect(await messages({ imp_uid: other, phone: SIMCHEONG.phone })).toEqual([]);
      expect(await messages({ phone: SIMCHEONG.phone })).toEqual([second, first]);
      expect(await messages({ imp_uid: 'imp_none' })).toEqual([]);
      const waiting = messages({ phone: '010-0000-0007', wait: '20' });
      await sandbox.requestOtp({ phone: '01000000008' });
      const awaited = await sandbox.requestOtp({ phone: '01000000007' });
      expect(await waiting).toEqual([awaited]);
    });
  });

  it('has a channel with carrier approval and without the foreigner add-on', async () => {
    const made = await sandbox.certify({
      channel_key: 'channel-danal-carrier',
      name: 'SAMPLE JOHN',
      foreigner: true,
      carrier: 'SKT_MVNO',
      phone: '01000000006',
    });
    expect(made).toMatchObject({
      pg_provider: 'danal',
      phone: '01000000006',
      carrier: 'SKT_MVNO',
      foreigner: false,
      foreigner_v2: null,
    });
    const { channel_key: usual } = DEFAULT_SEED.merchants[0]?.channels[0] ?? {};
    expect(usual).toBe('channel-danal');
    expect((await sandbox.certify({}))['phone']).toBeUndefined();
  });
});

describe('startBonin', () => {
  it('has all of it, in types too', async () => {
    const bonin = await startBonin();
    try {
      const one = await bonin.certify({ name: '홍길동', person: 'gildong', origin: null });
      const other = await bonin.certify({ unique_key: CI });
      expect(one).not.toBe(other);
      await bonin.faults.set([
        { status: 502, body: '<html></html>', headers: { 'content-type': 'text/html' } },
      ]);
      const answer = await fetch(`${bonin.url}/certifications/${one}`);
      expect([answer.status, await answer.text()]).toEqual([502, '<html></html>']);
      await bonin.faults.clear();
      const { call, requestOtp } = await connect({ url: bonin.url } as RunningDevApp);
      const [first, second] = [await requestOtp(), await requestOtp({ phone: '01000000006' })];
      expect((await bonin.messages.next({ imp_uid: second })).imp_uid).toBe(second);
      expect((await bonin.messages.next({ phone: '+82 10-0000-0005' })).imp_uid).toBe(first);
      await expect(bonin.messages.next({ imp_uid: first, seconds: 0 })).rejects.toThrow(
        'no message within 0 seconds',
      );
      await expect(bonin.messages.next({ phone: 'nobody' })).rejects.toThrow('phone must be a mobile number');
      expect((await call('GET', '/sandbox/messages')).list).toHaveLength(2);
    } finally {
      await bonin.close();
    }
  });
});
