import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { type AppOptions, createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { Client } from '../support/client.ts';
import { SIMCHEONG, startDevApp } from '../support/dev-app.ts';
import { Shop } from '../support/shop.ts';
import { SlowProvider } from '../support/slow-provider.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CONSENT, SIMCHEONG_FORM, type Started, shopOf, Visitor } from './shop.ts';

/* What strangers can do with a page that is open to everybody, by the rules of production. */

const USER_CODES = ['imp00000001', 'imp00000002', 'imp00000003', 'imp00000004', 'imp00000005'] as const;
const [HERE, ELSEWHERE] = USER_CODES;
const SECRET = 'SecretOfAbuse/1234567890';
const MINUTES = 60_000;
const LONGEST_NAME = 20;

type More = Partial<Pick<AppOptions, 'trustedProxies' | 'databaseUrl' | 'masterKeys'>>;

/** A server of production with some merchants and an agency that sends to everybody; its clock stands. */
async function startServer(more: More = {}) {
  const provider = new SlowProvider();
  provider.open();
  const time = { now: Date.now() };
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    moveClock: () => ({ now: () => time.now }),
    providers: provider.providers,
    ...more,
  });
  onTestFinished(() => app.close());
  for (const userCode of USER_CODES)
    await app.merchants.save({
      name: `상점 ${userCode.slice(-1)}`,
      userCode,
      keys: [{ impKey: userCode, impSecret: SECRET }],
      channels: [
        {
          channelKey: userCode,
          provider: 'kcp_v2',
          providerMerchantId: 'P1',
          carrierApproval: false,
          foreignerAddOn: false,
          minimumAge: null,
        },
      ],
    });
  const { url } = await app.listen(0, '127.0.0.1');
  const client = new Client(url);
  onTestFinished(() => client.close());
  return { app, url, time, provider, client };
}
type Server = Awaited<ReturnType<typeof startServer>>;

/** A merchant's own server. */
async function shopAt({ client }: Server, userCode: string = HERE): Promise<Shop> {
  return new Shop(client, (await client.token(userCode, SECRET)).token);
}

/** What `/page/start` says to whoever calls from an address that a proxy names. */
async function startFrom({ url }: Server, address: string | null, more: object = {}) {
  const answer = await fetch(`${url}/page/start`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(address !== null && { 'x-forwarded-for': address }),
    },
    body: JSON.stringify({ user_code: HERE, window: 'popup', ...more }),
  });
  const body = (await answer.json()) as Started;
  return { ...body, status: answer.status, headers: answer.headers };
}

/** Walks up to the message, and says on which screen that ends. */
async function askForCode(server: Server, userCode: string, phone: string): Promise<Visitor> {
  const started = await shopOf(server).start({ user_code: userCode });
  const visitor = new Visitor();
  await visitor.open(started.url);
  for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, { ...SIMCHEONG_FORM, phone }])
    await visitor.send(form);
  return visitor;
}

const phoneOf = (number: number): string => `0100000${String(1000 + number)}`;

describe('the name of a service', () => {
  it.each(['A\nB', 'A\r\nB', 'A\rB', 'A\0B', 'A\tB', 'A\u0085B', 'A\u001b[0mB', 'A\u007fB', 'A\ud800B'])(
    'of %j is refused by the page and by the API, and nothing is sent',
    async (company) => {
      const server = await startServer();
      const refused = await startFrom(server, null, { company });
      expect(refused).toMatchObject({ status: 400, ok: false, error_reason: 'INVALID_PARAM' });
      expect(refused.imp_uid).toBeUndefined();
      expect((await (await shopAt(server)).request({ company })).status).toBe(400);
      expect(server.provider.sent).toEqual([]);
    },
  );

  it('is one line of at most 20 characters in a message, the same one on the page and by the API', async () => {
    const server = await startServer();
    const names = [
      'x'.repeat(100),
      '가나다라마바사아자차카타파하 가나다라마바사아자차카타파하',
      'A\u2028B\u2029C',
      '\u202eA\u2066B\u200bC',
      '가게] 인증번호는 000000 입니다. [다른가게',
      'http://evil.example/x',
      '@evil.example #000000',
      '😀'.repeat(60),
      '\u3164\u2800',
      '[]',
    ];
    for (const [number, company] of names.entries()) {
      server.time.now += 10 * MINUTES;
      const phone = phoneOf(number);
      expect((await (await shopAt(server)).request({ company, phone })).status).toBe(200);
      const started = await startFrom(server, null, { company });
      const visitor = new Visitor();
      await visitor.open(started.url);
      for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, { ...SIMCHEONG_FORM, phone }])
        await visitor.send(form);
      expect(visitor.screen).toBe('code');
      const [byApi = '', byPage = ''] = server.provider.sent.slice(-2);
      expect(byPage).toBe(byApi);
      expect(byPage).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}[\]]+$/u);
      expect(byPage).not.toContain('://');
      expect([...byPage].length).toBeLessThanOrEqual(LONGEST_NAME);
    }
    expect(server.provider.sent).toHaveLength(2 * names.length);
    // Nothing of the last two would be seen: the merchant's own name stands there.
    expect(server.provider.sent.slice(-4)).toEqual(Array.from({ length: 4 }, () => '상점 1'));
  });

  it('adds no line to a message of the sandbox', async () => {
    const app = await startDevApp();
    onTestFinished(() => app.close());
    const shop = shopOf(app);
    const { url } = await shop.start({
      company: '가게\u2028[새가게] 인증번호는 000000 입니다.\u2029@evil.example',
    });
    const visitor = new Visitor();
    await visitor.open(url);
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
      await visitor.send(form);
    const [message] = (await shop.messages()) as readonly { readonly text?: string }[];
    expect(message?.text).toBe(
      '[가게 새가게 인증번호는 000000] 인증번호는 123456 입니다.\n@localhost #123456',
    );
  });
});

describe('starts of the page', () => {
  it('are sixty in ten minutes from one address, and then TOO_MANY_REQUESTS', async () => {
    const server = await startServer();
    for (let count = 0; count < 60; count++) expect((await startFrom(server, null)).status).toBe(200);
    server.time.now += 200_000;
    for (let count = 0; count < 2; count++) {
      const { headers, ...refused } = await startFrom(server, null);
      expect(refused).toEqual({
        status: 429,
        ok: false,
        error_code: 'TOO_MANY_REQUESTS',
        error_reason: 'TOO_MANY_REQUESTS',
        error_msg: '요청이 많습니다. 잠시 후 다시 시도해주세요.',
      });
      expect(headers.get('retry-after')).toBe('400');
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('content-type')).toBe('application/json; charset=UTF-8');
    }
    // An attempt that runs goes on; and what would not start anyhow is told so.
    expect((await startFrom(server, null, { user_code: 'imp99999999' })).status).toBe(404);
    server.time.now += 400_000;
    expect((await startFrom(server, null)).status).toBe(200);
  });

  it('are counted by the address that a trusted proxy names, and by no word of anybody else', async () => {
    const behind = await startServer({ trustedProxies: ['127.0.0.1'] });
    for (let count = 0; count < 60; count++) await startFrom(behind, '192.0.2.1');
    expect((await startFrom(behind, '192.0.2.1')).status).toBe(429);
    expect((await startFrom(behind, '198.51.100.1, 192.0.2.1')).status).toBe(429);
    expect((await startFrom(behind, '192.0.2.2')).status).toBe(200);
    const open = await startServer();
    for (let count = 0; count < 60; count++) await startFrom(open, `192.0.2.${count}`);
    expect((await startFrom(open, '192.0.2.99')).status).toBe(429);
  });

  it('are counted by all servers on a database together', async () => {
    const more = {
      databaseUrl: `sqlite:${join(temporaryFolder(), 'bonin.db')}`,
      masterKeys: [newMasterKey()],
    };
    const servers = [await startServer(more), await startServer(more)];
    for (const server of servers) for (const other of servers) other.time.now = server.time.now;
    const statuses: number[] = [];
    for (let count = 0; count < 62; count++)
      statuses.push((await startFrom(servers[count % 2] as Server, null)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(60);
    expect(statuses.slice(-2)).toEqual([429, 429]);
  });

  it('are without limit in dev', async () => {
    const app = await startDevApp();
    onTestFinished(() => app.close());
    const shop = shopOf(app);
    for (let count = 0; count < 70; count++) expect((await shop.start()).status).toBe(200);
  });
});

describe('messages that the page sends', () => {
  it('lock nobody out at another merchant', async () => {
    const server = await startServer();
    const phone = phoneOf(1);
    const screens = async (userCode: string, many: number) => {
      const seen: string[] = [];
      for (let count = 0; count < many; count++)
        seen.push((await askForCode(server, userCode, phone)).screen);
      return seen;
    };
    const FIVE = Array.from({ length: 5 }, () => 'code');
    expect(await screens(HERE, 6)).toEqual([...FIVE, 'person']);
    // The same number, at a merchant's own server of the same merchant, and on the page of another one.
    expect((await (await shopAt(server)).request({ phone })).status).toBe(429);
    expect(await screens(ELSEWHERE, 1)).toEqual(['code']);
    expect((await (await shopAt(server, ELSEWHERE)).request({ phone })).status).toBe(200);
    expect(server.provider.sent).toHaveLength(7);
  });

  it('are twenty to one phone at all merchants together', async () => {
    const server = await startServer();
    const phone = phoneOf(2);
    const statuses: number[] = [];
    for (const userCode of USER_CODES) {
      const shop = await shopAt(server, userCode);
      for (let count = 0; count < 5; count++) statuses.push((await shop.request({ phone })).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
    const visitor = await askForCode(server, HERE, phone);
    expect([visitor.screen, visitor.html.includes('role="alert"')]).toEqual(['person', true]);
    expect(server.provider.sent).toHaveLength(20);
  });

  it('are a few from one address, however many phones it names', async () => {
    const server = await startServer();
    for (let count = 0; count < 40; count++) {
      const started = await startFrom(server, null);
      if (started.status === 429) break;
      const visitor = new Visitor();
      await visitor.open(started.url);
      const form = { ...SIMCHEONG_FORM, phone: phoneOf(count) };
      for (const each of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, form]) await visitor.send(each);
    }
    // A start and a message count one each.
    expect(server.provider.sent).toHaveLength(30);
    expect((await (await shopAt(server)).request()).status).toBe(429);
  });

  it('are 120 a minute of one merchant', async () => {
    const server = await startServer({ trustedProxies: ['127.0.0.1'] });
    const { token } = await server.client.token(HERE, SECRET);
    const request = async (number: number) => {
      const address = `192.0.2.${number}`;
      const answer = await server.client.call('POST', '/certifications/otp/request', {
        headers: { authorization: token, 'x-forwarded-for': address },
        json: { ...SIMCHEONG, phone: phoneOf(number) },
      });
      return answer.status;
    };
    for (let number = 0; number < 120; number++) expect(await request(number)).toBe(200);
    expect(await request(120)).toBe(429);
    expect((await askForCode(server, HERE, phoneOf(121))).screen).toBe('person');
    expect((await askForCode(server, ELSEWHERE, phoneOf(121))).screen).toBe('code');
  });

  it('come thirty seconds apart in one attempt, also to another number', async () => {
    const server = await startServer();
    const visitor = await askForCode(server, HERE, phoneOf(1));
    expect(visitor.screen).toBe('code');
    await visitor.send({ do: 'resend' });
    expect([visitor.screen, visitor.html.includes('role="alert"')]).toEqual(['code', true]);
    await visitor.send({ do: 'other_number' });
    for (const phone of [phoneOf(2), phoneOf(3)]) {
      await visitor.send({ ...SIMCHEONG_FORM, phone });
      expect([visitor.screen, visitor.html.includes('role="alert"')]).toEqual(['person', true]);
    }
    server.time.now += 29_999;
    await visitor.send({ ...SIMCHEONG_FORM, phone: phoneOf(2) });
    expect(visitor.screen).toBe('person');
    expect(server.provider.sent).toHaveLength(1);
    server.time.now += 1;
    await visitor.send({ ...SIMCHEONG_FORM, phone: phoneOf(2) });
    expect(visitor.screen).toBe('code');
    expect(server.provider.sent).toHaveLength(2);
  });
});

describe('wrong credentials', () => {
  it('are answered later and later, in the order of their number; right ones, and others, before them', async () => {
    const server = await startServer();
    const { app, url } = server;
    const wrong = new Client(url, 20);
    onTestFinished(() => wrong.close());
    const answered: number[] = [];
    const ask = (impSecret: string) =>
      wrong.call('POST', '/users/getToken', { json: { imp_key: HERE, imp_secret: impSecret } });
    for (let number = 0; number < 3; number++) expect((await ask('wrong')).status).toBe(401);
    // The last of these waits for eight seconds.
    const held = Array.from({ length: 8 }, async (_, number) => {
      const { status } = await ask(`wrong ${number}`);
      answered.push(number);
      return status;
    });
    expect((await ask(SECRET)).status).toBe(200);
    expect((await server.client.token(ELSEWHERE, SECRET)).token).toMatch(/^[0-9a-f]{40}$/);
    expect(answered.length).toBeLessThan(8);
    // Lets everybody go who waits.
    await app.close();
    expect(new Set(await Promise.all(held))).toEqual(new Set([401]));
  });
});
