import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { EventStream } from '../support/event-stream.ts';
import { exchange, type RawAnswer } from '../support/raw-exchange.ts';
import { startBonin } from '../support/start-bonin.ts';

/*
 * What pages of other origins may do with the sandbox of whoever looks at them: nothing. Its routes answer codes,
 * secrets and people to anybody who may ask.
 */

const READS = ['', '/page.js', '/messages', '/requests', '/faults', '/clock', '/events'];
const ROUTES = [
  ...READS.map((path) => `GET /sandbox${path}`),
  ...READS.map((path) => `HEAD /sandbox${path}`),
  ...[
    'POST /sandbox/certifications',
    'DELETE /sandbox/messages',
    'PUT /sandbox/clock',
    'PUT /sandbox/faults',
  ],
  ...['DELETE /sandbox/faults', 'POST /sandbox/approvals', 'POST /sandbox/reset'],
];

let app: RunningDevApp;
let port: number;
beforeAll(async () => {
  app = await startDevApp();
  port = Number(new URL(app.url).port);
});
afterAll(() => app.close());

const ask = (start: string, headers: readonly string[], host = `localhost:${port}`) =>
  exchange(
    port,
    [`${start} HTTP/1.1`, `Host: ${host}`, ...headers, 'Content-Length: 0', '', ''].join('\r\n'),
  );
const allowed = ({ headers }: RawAnswer) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));

const FOREIGN = [
  ['Origin: http://evil.example'],
  ['Origin: null'],
  ['Origin: http://localhost'],
  ['Origin: http://localhost:1'],
  ['Origin: file://'],
  ['Sec-Fetch-Site: cross-site'],
  ['Sec-Fetch-Site: same-site'],
  ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'],
  ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'],
  ['Sec-Fetch-Site: something'],
];

describe('a page of another origin', () => {
  test.each(ROUTES)('is refused at %s and may read nothing of it', async (start) => {
    for (const headers of FOREIGN) {
      const answer = await ask(start, headers);
      expect([answer.status, allowed(answer)], headers.join(', ')).toEqual([403, []]);
    }
  });

  test.each(ROUTES)('is refused when it asks beforehand for %s', async (start) => {
    const [method = '', path = ''] = start.split(' ');
    for (const origin of ['http://evil.example', 'null', 'http://localhost:1']) {
      const answer = await ask(`OPTIONS ${path}`, [
        `Origin: ${origin}`,
        `Access-Control-Request-Method: ${method}`,
      ]);
      expect([answer.status, allowed(answer)]).toEqual([403, []]);
    }
    expect(allowed(await ask(`OPTIONS ${path}`, []))).toEqual([]);
  });

  test('may read no refusal either', async () => {
    for (const start of ['PATCH /sandbox/messages', 'PUT /sandbox', 'GET /sandbox/messages?wait=x'])
      for (const headers of [[], ['Origin: http://evil.example']]) {
        const answer = await ask(start, headers);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(allowed(answer)).toEqual([]);
      }
  });

  test('may show the page as a window of its own, by a link, and nothing else that way', async () => {
    const visit = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
    expect((await ask('GET /sandbox', visit)).status).toBe(200);
    expect((await ask('GET /sandbox', visit, 'evil.example')).status).toBe(403);
    expect((await ask('GET /sandbox', [...visit, 'Origin: null'])).status).toBe(403);
    for (const path of READS.slice(1))
      expect((await ask(`GET /sandbox${path}`, visit)).status, path).toBe(403);
  });

  test('may call the API and the verification page as before', async () => {
    for (const start of ['POST /users/getToken', 'GET /certifications/x', 'POST /page/start', 'GET /livez']) {
      const answer = await ask(start, ['Origin: http://shop.example', 'Sec-Fetch-Site: cross-site']);
      expect(answer.headers.get('access-control-allow-origin'), start).toEqual(['*']);
    }
  });
});

test('pages of this server, and programs, are let in', async () => {
  for (const headers of [
    [],
    [`Origin: http://localhost:${port}`],
    [`Origin: HTTP://LOCALHOST:${port}`],
    ['Sec-Fetch-Site: same-origin'],
    ['Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'],
  ])
    for (const path of READS.filter((each) => each !== '/events')) {
      const answer = await ask(`GET /sandbox${path}`, headers);
      expect([answer.status, allowed(answer)], `${path} ${headers}`).toEqual([200, []]);
    }
  const stream = await EventStream.open(app.url, { 'sec-fetch-site': 'same-origin' });
  onTestFinished(() => stream.leave());
  expect(stream.status).toBe(200);
});

const LOCAL = [
  ...['localhost', 'LocalHost', 'LOCALHOST:80', 'localhost:8282', 'shop.localhost', 'a-b.c.LOCALHOST:1'],
  ...['127.0.0.1', '127.0.0.1:8282', '127.255.0.9:1', '[::1]', '[::1]:65535'],
];
const ELSEWHERE = [
  ...[
    '',
    'evil.example',
    'evil.example:8282',
    'evil.localhost.example',
    'xlocalhost',
    'x127.0.0.1',
    'a.127.0.0.1',
  ],
  ...[
    '127.0.0.1.example',
    '127.0.0.1.example:80',
    'localhost.example',
    'localhost.',
    'shop.localhost.',
    '.localhost',
  ],
  ...[
    '127.0.0.1.',
    '127.0.0.1:',
    'localhost:',
    'localhost:port',
    'localhost:1:2',
    'localhost:123456',
    'localhost:80x',
  ],
  ...[
    'user@localhost',
    'localhost@evil.example',
    'evil.example/localhost',
    'evil.example#.localhost',
    'a b.localhost',
  ],
  ...[
    'evil.example?.localhost',
    '[::1',
    '::1',
    '[::1].example',
    '[::1]evil',
    'x[::1]',
    '[::2]',
    '0.0.0.0',
    '128.0.0.1',
  ],
  ...[
    '1127.0.0.1',
    '127.0.0',
    '127.0.0.1.1',
    '127.0.0.1234',
    'localhost, evil.example',
    'evil.example, localhost',
  ],
  ...['http://localhost', '//localhost', 'api.iamport.kr', '10.0.0.1', 'localhost\t.example'],
];

describe('the host that a request names', () => {
  test.each(LOCAL)('is this machine when it is %j', async (host) => {
    expect((await ask('GET /sandbox/clock', [], host)).status).toBe(200);
  });

  test.each(ELSEWHERE)('is another one when it is %j', async (host) => {
    for (const start of [
      'GET /sandbox/clock',
      'GET /sandbox',
      'GET /sandbox/events',
      'OPTIONS /sandbox/clock',
    ])
      expect((await ask(start, [], host)).status, start).toBe(403);
    // On the API it is not looked at.
    expect((await ask('GET /livez', [], host)).status).toBe(200);
  });
});

describe('a host that was given to listen on', () => {
  test.each(['127.0.0.1', 'localhost', '::1', '127.0.0.2', '::ffff:127.0.0.1'])(
    'keeps the control routes to this machine when it is %s',
    async (host) => {
      const bonin = await startBonin(['--memory', '--host', host]);
      const clock = (name: string) => fetchStatus(bonin.url, name);
      expect(await clock('evil.example')).toBe(403);
      expect(await clock('localhost')).toBe(200);
    },
  );

  test.each(['0.0.0.0', '::'])('opens them to any name when it is %s', async (host) => {
    const bonin = await startBonin(['--memory'], { env: { BONIN_HOST: host } });
    expect(await fetchStatus(`http://127.0.0.1:${bonin.port}`, 'box.example:8282')).toBe(200);
    expect(await fetchStatus(`http://127.0.0.1:${bonin.port}`, 'box.example', 'http://evil.example')).toBe(
      403,
    );
  });
});

/** The status of the clock's route under a host name. */
async function fetchStatus(url: string, host: string, origin?: string): Promise<number> {
  const { hostname, port: at } = new URL(url);
  const head = ['GET /sandbox/clock HTTP/1.1', `Host: ${host}`, ...(origin ? [`Origin: ${origin}`] : [])];
  const address = hostname.replace(/^\[|\]$/g, '');
  return (await exchange(Number(at), `${head.join('\r\n')}\r\n\r\n`, address)).status;
}
