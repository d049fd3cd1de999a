import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { KEY_A, SIMCHEONG, startDevApp } from '../support/dev-app.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { exchange } from '../support/raw-exchange.ts';
import { startBonin } from '../support/start-bonin.ts';

/** A running sandbox with calls that need no thought. */
async function start() {
  const app = await startDevApp();
  onTestFinished(() => app.close());
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(app.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { message, response } = (await answer.json()) as { message: string; response: never };
    return { status: answer.status, message, response };
  };
  const { response } = await call('POST', '/users/getToken', KEY_A);
  const authorization = (response as { access_token: string }).access_token;
  const open = async (headers: Record<string, string> = {}) => {
    const stream = await EventStream.open(app.url, headers);
    onTestFinished(() => stream.leave());
    return stream;
  };
  return {
    app,
    port: Number(new URL(app.url).port),
    call,
    open,
    /** A stream that has told what stood there before it. */
    async openReady(headers: Record<string, string> = {}) {
      const stream = await open(headers);
      expect(await stream.has('clock')).toBe(true);
      return stream;
    },
    requestOtp: (more: object = {}) =>
      call('POST', '/certifications/otp/request', { ...SIMCHEONG, ...more }, { authorization }),
    authorization,
  };
}

describe('the events of the sandbox', () => {
  test('send the present state first, then new events', async () => {
    const { call, openReady, requestOtp } = await start();
    await requestOtp();
    const stream = await openReady();
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
    expect(stream.events().map(({ event }) => event)).toEqual([
      'reset',
      'certification',
      'message',
      'request',
      'request',
      'faults',
      'clock',
    ]);
    const now = Math.floor(Date.now() / 1000) + 60;
    await call('PUT', '/sandbox/clock', { now });
    expect(await stream.has('clock', 2)).toBe(true);
    expect(stream.named('clock')[1]?.data).toMatchObject({ now, standing: true });
    await call('PUT', '/sandbox/faults', [{ route: '/users/getToken', times: 1, status: 503 }]);
    await call('POST', '/users/getToken', KEY_A);
    expect(await stream.has('faults', 3)).toBe(true);
    expect(stream.named('faults').map(({ data }) => data)).toMatchObject([
      [],
      [{ times: 1 }],
      [{ times: 0 }],
    ]);
    await requestOtp({ company: '가상서점' });
    expect(await stream.has('message', 2)).toBe(true);
    expect(stream.named('message')[1]?.data).toMatchObject({
      phone: SIMCHEONG.phone,
      otp: '123456',
      sent_at: now,
      text: expect.stringContaining('[가상서점]'),
    });
    await call('DELETE', '/sandbox/messages');
    await call('POST', '/sandbox/reset');
    expect(await stream.has('reset', 3)).toBe(true);
    expect(stream.named('reset').map(({ data }) => data)).toEqual([
      { what: 'all' },
      { what: 'messages' },
      { what: 'all' },
    ]);
  });

  test('resume after the last message that was seen, and start over when it is not known', async () => {
    const { call, openReady, requestOtp } = await start();
    for (let count = 0; count < 3; count++) await requestOtp();
    const ids = (await openReady()).named('message').map(({ id }) => id ?? '');
    expect(new Set(ids).size).toBe(3);

    const resumed = await openReady({ 'last-event-id': ids[0] ?? '' });
    expect(resumed.named('message').map(({ id }) => id)).toEqual(ids.slice(1));
    expect(resumed.named('reset')).toEqual([]);

    for (const unknown of ['msg_1', 'other-msg_1', '-', ids[0]?.replace(/\d+$/, '99') ?? '']) {
      const fresh = await openReady({ 'last-event-id': unknown });
      expect(fresh.named('reset'), unknown).toHaveLength(1);
      expect(fresh.named('message').map(({ id }) => id)).toEqual(ids);
    }
    await call('DELETE', '/sandbox/messages');
    const emptied = await openReady({ 'last-event-id': ids[2] ?? '' });
    expect([emptied.named('reset').length, emptied.named('message').length]).toEqual([1, 0]);
  });

  test('show no secret, no token, no code that was sent in and nobody in clear', async () => {
    const { call, open, openReady, requestOtp, authorization } = await start();
    const canaries = { name: '카나리아', birth: '19900131', otp: '864209', merchant_uid: 'canary-uid' };
    const before = await openReady();
    await call(
      'POST',
      '/certifications/otp/request?_token=canary-query',
      { ...canaries, phone: '01000007531', unknown: 'canary-unknown' },
      { authorization: 'Bearer canary-token' },
    );
    await requestOtp({ ...canaries, gender_digit: '1', verification_method: 'APP', phone: '01000007531' });
    await requestOtp({
      ...canaries,
      gender_digit: '1',
      verification_method: 'APP',
      phone: '01000007531',
      channel_key: 'channel-kcp',
    });
    await call('POST', '/sandbox/certifications', {
      name: canaries.name,
      merchant_uid: canaries.merchant_uid,
      birthday: '1990-01-31',
      phone: '01000007531',
    });
    // Its name is not shown either.
    await call('POST', '/sandbox/certifications', canaries);
    expect(await before.has('certification', 2)).toBe(true);
    const after = await open();
    expect(await after.has('clock')).toBe(true);
    for (const { text } of [before, after]) {
      expect(text).toContain('카**아');
      for (const canary of [
        canaries.name,
        canaries.birth,
        canaries.merchant_uid,
        '1990-01-31',
        '01000007531',
        'canary-token',
        'canary-query',
        'canary-unknown',
        authorization,
        KEY_A.imp_secret,
      ])
        expect(text).not.toContain(canary);
      // On its own as digits: ids and times may hold any six of them.
      expect(text).not.toMatch(new RegExp(`(?<!\\d)${canaries.otp}(?!\\d)`));
    }
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'go on while somebody sends a member called %s, and show nothing of it',
    async (name) => {
      const { app, openReady } = await start();
      const stream = await openReady();
      for (const [type, body] of [
        ['application/x-www-form-urlencoded', `${name}=Geheim-1`],
        ['application/json', `{"${name}":"Geheim-1"}`],
      ] as const)
        expect(
          (
            await fetch(`${app.url}/users/getToken`, {
              method: 'POST',
              headers: { 'content-type': type },
              body,
            })
          ).status,
        ).toBe(400);
      expect(await stream.has('request', 3)).toBe(true);
      expect(stream.text).not.toContain('Geheim-1');
      expect(JSON.stringify(await (await fetch(`${app.url}/sandbox/requests`)).json())).not.toContain(
        'Geheim-1',
      );
    },
  );

  test('end the oldest of 32 for one more, so that nobody can take them all', async () => {
    const { openReady } = await start();
    const streams: EventStream[] = [];
    for (let count = 0; count < 34; count++) streams.push(await openReady());
    await expect.poll(() => streams.filter(({ ended }) => ended)).toEqual(streams.slice(0, 2));
    // A place that became free is taken before anybody has to go.
    streams[10]?.leave();
    await expect.poll(() => streams[10]?.ended).toBe(true);
    streams.push(await openReady());
    expect(streams.filter(({ ended }) => ended)).toHaveLength(3);
  });

  test('end one of whoever holds most of them', async () => {
    const app = await startDevApp({ trustedProxies: ['127.0.0.1'] });
    onTestFinished(() => app.close());
    const open = async (client: string) => {
      const stream = await EventStream.open(app.url, { 'x-forwarded-for': client });
      onTestFinished(() => stream.leave());
      expect(await stream.has('clock')).toBe(true);
      return stream;
    };
    const patient = await open('203.0.113.1');
    const greedy: EventStream[] = [];
    for (let count = 0; count < 40; count++) greedy.push(await open('203.0.113.2'));
    await expect.poll(() => greedy.filter(({ ended }) => ended)).toEqual(greedy.slice(0, 9));
    const other = await open('203.0.113.3');
    await expect.poll(() => greedy.filter(({ ended }) => ended)).toEqual(greedy.slice(0, 10));
    expect([patient.ended, other.ended]).toEqual([false, false]);
  });

  test('HEAD gets the head and takes no place', async () => {
    const { port, openReady } = await start();
    for (let count = 0; count < 40; count++) {
      const { status, headers, body } = await exchange(
        port,
        'HEAD /sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n',
      );
      expect([status, headers.get('content-type'), body.length]).toEqual([200, ['text/event-stream'], 0]);
    }
    await openReady();
  });

  test('are refused for another host, for a page of another origin, and without GET', async () => {
    const { port } = await start();
    const status = async (request: string, headers: string) =>
      (await exchange(port, `${request} HTTP/1.1\r\n${headers}Content-Length: 0\r\n\r\n`)).status;
    expect(await status('GET /sandbox/events', 'Host: evil.example\r\n')).toBe(403);
    expect(await status('GET /sandbox/events', 'Host: localhost\r\nOrigin: http://evil.example\r\n')).toBe(
      403,
    );
    expect(await status('POST /sandbox/events', 'Host: localhost\r\n')).toBe(405);
  });

  test('beat every fifteen seconds', async () => {
    const { openReady } = await start();
    const beats: { beat: () => void; every: number | undefined }[] = [];
    const spy = vi.spyOn(globalThis, 'setInterval').mockImplementation(((
      beat: () => void,
      every?: number,
    ) => {
      beats.push({ beat, every });
      return setTimeout(() => {}, 0);
    }) as typeof setInterval);
    const stream = await openReady().finally(() => spy.mockRestore());
    const own = beats.filter(({ every }) => every === 15_000);
    expect(own).toHaveLength(1);
    own[0]?.beat();
    expect(await eventually(() => stream.text.endsWith('\n\n:\n\n'))).toBe(true);
  });

  test('end at once when the server stops', async () => {
    const { app, openReady } = await start();
    const stream = await openReady();
    const before = performance.now();
    await app.close();
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(await eventually(() => stream.ended)).toBe(true);
  });

  test('do not hold the process up at SIGTERM', async () => {
    const bonin = await startBonin(['--memory']);
    const stream = await EventStream.open(bonin.url);
    expect(await stream.has('clock')).toBe(true);
    const before = performance.now();
    expect(await bonin.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(bonin.stderr()).toBe('');
  });
});

describe('control routes that change something', () => {
  test.for([
    ['POST', '/sandbox/certifications', '{"name":"x"}'],
    ['DELETE', '/sandbox/messages', '{}'],
    ['PUT', '/sandbox/clock', '{"advance":1}'],
    ['PUT', '/sandbox/faults', '[]'],
    ['DELETE', '/sandbox/faults', '{}'],
    ['POST', '/sandbox/approvals', '{"imp_uid":"imp_000000000001","approve":true}'],
    ['POST', '/sandbox/reset', '{}'],
  ] as const)('%s %s does nothing for a page of another origin', async ([method, path, body]) => {
    const { port } = await start();
    const status = async (origin: string) =>
      (
        await exchange(
          port,
          `${method} ${path} HTTP/1.1\r\nHost: localhost:${port}\r\n${origin}Content-Type: text/plain\r\n` +
            `Content-Length: ${body.length}\r\n\r\n${body}`,
        )
      ).status;
    for (const foreign of [
      'http://evil.example',
      'null',
      'http://localhost',
      `http://localhost:${port}.evil.example`,
      `http://evil.example/localhost:${port}`,
    ])
      expect(await status(`Origin: ${foreign}\r\n`), foreign).toBe(403);
    for (const own of ['', `Origin: http://localhost:${port}\r\n`]) expect(await status(own), own).toBe(200);
  });
});
