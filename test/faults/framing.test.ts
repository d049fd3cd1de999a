import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { exchange, RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * Requests that two servers in a row could read differently: whoever can make one decide for the front and the other
 * for the back gets past what the front checks.
 */

let app: RunningDevApp;
let port: number;
beforeAll(async () => {
  app = await startDevApp();
  port = Number(new URL(app.url).port);
});
afterAll(() => app.close());

const ROUTES = [
  'GET /livez',
  'POST /users/getToken',
  'OPTIONS /users/getToken',
  'GET /nowhere',
  'GET /page/x',
  'GET /sandbox',
];
const HOSTS = [
  'Host: a\r\nHost: b',
  'Host: a\r\nHost: a',
  'Host: a\r\nhOsT: b',
  'host: a\r\nX: y\r\nHOST: a',
  'Host:\r\nHost: a',
];

describe('two Host headers', () => {
  test.each(ROUTES)('are refused on %s, in the envelope, and end the connection', async (start) => {
    for (const hosts of HOSTS) {
      const connection = await RawConnection.open(port);
      connection.write(`${start} HTTP/1.1\r\n${hosts}\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n`);
      await connection.closed;
      const { answers } = readAnswers(connection.received);
      expect(
        answers.map(({ status }) => status),
        hosts,
      ).toEqual([400]);
      expect(JSON.parse(String(answers[0]?.body))).toEqual({
        code: -1,
        message: '잘못된 HTTP 요청입니다.',
        response: null,
      });
      expect(answers[0]?.headers.get('connection')).toEqual(['close']);
    }
  });

  test('are refused at serve, and one or none is not looked at', async () => {
    const serve = await startBonin(['--data', temporaryFolder()], { command: 'serve' });
    const status = async (host: string) =>
      (await exchange(serve.port, `GET /livez HTTP/1.1\r\n${host}\r\n`)).status;
    for (const hosts of HOSTS) expect(await status(`${hosts}\r\n`)).toBe(400);
    for (const host of [
      '',
      'Host:\r\n',
      'Host: a\r\n',
      'Host: api.iamport.kr:443\r\n',
      'X-Host: a\r\nHosts: b\r\nHost: c\r\n',
    ])
      expect(await status(host), host).toBe(200);
  });
});

test.each([
  ['two lengths', 'Content-Length: 1\r\nContent-Length: 1'],
  ['two different lengths', 'Content-Length: 1\r\nContent-Length: 2'],
  ['a list of lengths', 'Content-Length: 1, 1'],
  ['a length and chunks', 'Content-Length: 1\r\nTransfer-Encoding: chunked'],
  ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 1'],
  ['chunks twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'],
  ['a length with a sign', 'Content-Length: +1'],
  ['a header that goes on in the next line', 'Content-Length: 1\r\n 2'],
  ['a blank before the colon', 'Content-Length : 1'],
  ['a bare return in a header', 'X: a\rContent-Length: 1'],
])('%s are refused, and end the connection', async (_what, headers) => {
  const connection = await RawConnection.open(port);
  connection.write(`POST /users/getToken HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n1\r\nx\r\n0\r\n\r\n`);
  await connection.closed;
  expect(readAnswers(connection.received).answers.map(({ status }) => status)).toEqual([400]);
});
