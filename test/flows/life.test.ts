import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Client, KEY_A, KEY_B, SECRET_A, SECRET_B, textOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { exchange, RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { type Bonin, runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SEEDED = 'imp_000000000001';
const ENDED_IN_ORDER = { code: 0, signal: null };
const FORM = `imp_key=${KEY_A}&imp_secret=${SECRET_A}`;
const TOKEN_HEAD =
  'POST /users/getToken HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
  `Content-Length: ${FORM.length}\r\n`;

interface LogLine {
  readonly level: number;
  readonly requestId: string;
  readonly status: number;
}

/** Every line of the log, each of which must be JSON. */
function readLog(bonin: Bonin): readonly LogLine[] {
  return bonin
    .stderr()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

async function refusesConnections(port: number): Promise<boolean> {
  try {
    (await RawConnection.open(port)).destroy();
    return false;
  } catch {
    return true;
  }
}

test('a request under way at SIGTERM gets its 200, then the connection closes and the process ends', async () => {
  const bonin = await startBonin(['--memory']);
  const connection = await RawConnection.open(bonin.port);
  // The interim answer is the proof that the request is under way.
  connection.write(`${TOKEN_HEAD}Expect: 100-continue\r\n\r\n`);
  expect(await connection.receive((received) => received.includes('100 Continue'))).toBe(true);
  connection.write(FORM.slice(0, 20));
  bonin.signal('SIGTERM');
  expect(await eventually(() => refusesConnections(bonin.port))).toBe(true);
  for (const character of FORM.slice(20)) {
    connection.write(character);
    await new Promise(setImmediate);
  }
  await connection.closed;
  const { answers } = readAnswers(connection.received);
  expect(answers.map(({ status }) => status)).toEqual([100, 200]);
  expect(answers[1]?.headers.get('connection')).toEqual(['close']);
  expect(await bonin.exited).toEqual(ENDED_IN_ORDER);
  expect(bonin.stderr()).toBe('');
});

test('a connection that only waits does not hold a stop up', async () => {
  const bonin = await startBonin(['--memory']);
  const silent = await RawConnection.open(bonin.port);
  const kept = await RawConnection.open(bonin.port);
  kept.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await kept.receive((received) => readAnswers(received).answers.length === 1)).toBe(true);
  expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
  await kept.closed;
  await silent.closed;
});

test('a request that never ends is cut off at a stop, and the process ends in order all the same', async () => {
  const bonin = await startBonin(['--memory']);
  const connection = await RawConnection.open(bonin.port);
  connection.write(`${TOKEN_HEAD}Expect: 100-continue\r\n\r\n`);
  await connection.receive((received) => received.includes('100 Continue'));
  expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
  await connection.closed;
});

test('a second SIGTERM ends a stop that waits', async () => {
  const bonin = await startBonin(['--memory']);
  const connection = await RawConnection.open(bonin.port);
  connection.write(`${TOKEN_HEAD}Expect: 100-continue\r\n\r\n`);
  await connection.receive((received) => received.includes('100 Continue'));
  bonin.signal('SIGTERM');
  expect(await eventually(() => refusesConnections(bonin.port))).toBe(true);
  bonin.signal('SIGTERM');
  expect(await bonin.exited).toEqual({ code: 1, signal: null });
});

test('SIGINT stops like SIGTERM, under load, and what was answered is kept', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--data', data]);
  const client = new Client(bonin.url);
  const kept: string[] = [];
  const writer = async () => {
    for (;;) kept.push(await client.create());
  };
  const writers = Array.from({ length: 4 }, () => writer().catch((error: Error) => error));
  expect(await eventually(() => kept.length > 20)).toBe(true);
  bonin.signal('SIGINT');
  expect(await bonin.exited).toEqual(ENDED_IN_ORDER);
  await Promise.all(writers);
  client.close();
  expect(readdirSync(data).sort()).toEqual(['bonin.db', 'master.keys']);

  const again = await startBonin(['--data', data]);
  const reader = new Client(again.url);
  const { token } = await reader.token();
  const found = await Promise.all(kept.map((impUid) => reader.lookup(token, impUid)));
  expect(found.map(({ status }) => status)).toEqual(kept.map(() => 200));
  reader.close();
});

test('/livez and /readyz answer in the envelope, to HEAD as well', async () => {
  const bonin = await startBonin(['--memory']);
  for (const path of ['/livez', '/readyz']) {
    const answer = await exchange(bonin.port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      code: 0,
      message: null,
      response: { status: 'ok' },
    });
    const head = await exchange(bonin.port, `HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toEqual([String(answer.body.length)]);
  }
});

test('every answer has an X-Request-Id, and a refused one is in the log under it, without a person', async () => {
  const bonin = await startBonin(['--memory', '--log-level', 'info']);
  const call = (head: string, body = '') =>
    exchange(bonin.port, `${head} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const accepted = [
    await call('GET /livez'),
    await call('OPTIONS /users/getToken'),
    await call('HEAD /livez'),
    await exchange(bonin.port, `${TOKEN_HEAD}\r\n${FORM}`),
  ];
  const refused = [
    await call('GET /nowhere/HongGilDong'),
    await call('PUT /users/getToken'),
    await call('HEAD /users/getToken'),
    await call('GET /certifications/imp_1?_token=HongGilDong'),
    await call('POST /users/getToken', 'name=HongGilDong'),
    await call('POST /users/getToken', 'x'.repeat(70_000)),
    await call('POST /sandbox/certifications', '{"name":"HongGilDong'),
    await call('POST /sandbox/reset'),
    await exchange(bonin.port, 'HongGilDong\r\n\r\n'),
    await exchange(bonin.port, `GET / HTTP/1.1\r\nHost: ${'HongGilDong'.repeat(3000)}\r\n\r\n`),
    await exchange(bonin.port, 'CONNECT HongGilDong:80 HTTP/1.1\r\nHost: x\r\n\r\n'),
  ];
  expect(accepted.map(({ status }) => status)).toEqual([200, 204, 200, 200]);
  expect(refused.map(({ status }) => status)).toEqual([
    404, 405, 405, 401, 400, 413, 403, 403, 400, 431, 404,
  ]);
  const ids = [...accepted, ...refused].map(({ headers }) => headers.get('x-request-id'));
  expect(
    ids.every((values) => values?.length === 1 && /^[0-9a-f]{12}-[0-9a-z]+$/.test(values[0] ?? '')),
  ).toBe(true);
  expect(new Set(ids.flat()).size).toBe(ids.length);

  expect(await eventually(() => readLog(bonin).length >= refused.length)).toBe(true);
  expect(readLog(bonin).map(({ requestId, status }) => `${requestId} ${status}`)).toEqual(
    refused.map(({ headers, status }) => `${headers.get('x-request-id')} ${status}`),
  );
  expect(bonin.stderr()).not.toContain('HongGilDong');
});

test('nothing is logged of ordinary refusals unless asked for', async () => {
  const bonin = await startBonin(['--memory']);
  const client = new Client(bonin.url);
  expect((await client.call('GET', '/nowhere')).status).toBe(404);
  await client.lookup('no token', SEEDED);
  client.close();
  await bonin.stop();
  expect(bonin.stderr()).toBe('');
});

test('certifications, deletions and tokens survive a restart', async () => {
  const data = join(temporaryFolder(), 'made/on/the/way');
  const first = await startBonin(['--data', data]);
  const client = new Client(first.url);
  const issued = await client.token();
  const kept = await client.create({ name: '김하늘', merchant_uid: 'order-1' });
  const before = await client.lookup(issued.token, kept);
  await client.erase(issued.token, SEEDED);
  client.close();
  expect(await first.stop()).toEqual(ENDED_IN_ORDER);

  const second = await startBonin(['--data', data]);
  const again = new Client(second.url);
  expect((await again.lookup(issued.token, kept)).text).toBe(before.text);
  expect((await again.lookup(issued.token, SEEDED)).status).toBe(404);
  expect(await again.token()).toEqual(issued);
  again.close();
});

test('--memory keeps nothing and makes no file', async () => {
  const data = join(temporaryFolder(), 'data');
  const options = { env: { BONIN_DATA: data } };
  const first = await startBonin(['--memory'], options);
  const client = new Client(first.url);
  const { token } = await client.token();
  const impUid = await client.create();
  expect((await client.lookup(token, impUid)).status).toBe(200);
  client.close();
  await first.stop();
  expect(existsSync(data)).toBe(false);

  const second = await startBonin(['--memory'], options);
  const again = new Client(second.url);
  expect((await again.lookup(token, impUid)).status).toBe(401);
  expect((await again.lookup((await again.token()).token, impUid)).status).toBe(404);
  again.close();
});

test('the clock can be stopped, moved and let go, and tokens follow it', async () => {
  const bonin = await startBonin(['--memory']);
  const client = new Client(bonin.url);
  const put = async (json: unknown) =>
    Number((await client.call('PUT', '/sandbox/clock', { json })).response?.['now']);
  expect(await put({ now: 1_800_000_000 })).toBe(1_800_000_000);
  const { token, expiresAt } = await client.token();
  expect(expiresAt).toBe(1_800_001_800);
  expect(await put({ advance: 1799 })).toBe(1_800_001_799);
  expect((await client.lookup(token, SEEDED)).status).toBe(200);
  expect(await put({ advance: 1 })).toBe(1_800_001_800);
  expect((await client.lookup(token, SEEDED)).status).toBe(401);
  expect((await client.token()).token).not.toBe(token);
  expect((await client.call('GET', '/sandbox/clock')).response).toEqual({ now: 1_800_001_800 });
  expect(Math.abs((await put({})) - Date.now() / 1000)).toBeLessThan(60);
  for (const wrong of [{ now: -1 }, { now: 1.5 }, { now: '7' }, { advance: -1 }, { advance: 1e12 }])
    expect((await client.call('PUT', '/sandbox/clock', { json: wrong })).status).toBe(400);
  client.close();
});

test('a reset brings the seeded state and the real time back', async () => {
  const bonin = await startBonin(['--memory']);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const seeded = await client.lookup(token, SEEDED);
  const made = await client.create();
  await client.erase(token, SEEDED);
  await client.call('PUT', '/sandbox/clock', { json: { now: 1 } });
  expect((await client.call('POST', '/sandbox/reset')).status).toBe(200);
  expect((await client.lookup(token, made)).status).toBe(404);
  const again = await client.lookup(token, SEEDED);
  const person = (answer: typeof again) => ({ ...answer.response, pg_tid: null });
  expect(person(again)).toEqual(person(seeded));
  const { response } = await client.call('GET', '/sandbox/clock');
  expect(Math.abs(Number(response?.['now']) - Date.now() / 1000)).toBeLessThan(60);
  client.close();
});

test('control routes are closed to foreign hosts, and open to all when an address for all was given', async () => {
  const status = async (bonin: Bonin, host: string, request: string) =>
    (await exchange(bonin.port, `${request} HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`)).status;
  const requests = ['GET /sandbox/clock', 'POST /sandbox/reset', 'POST /sandbox/certifications'];
  const foreign = ['Host: evil.example\r\n', 'Host: 127.0.0.1.evil.example\r\n', 'Host: 10.0.0.1\r\n', ''];
  const local = [
    '127.0.0.1',
    'localhost',
    'LOCALHOST:8282',
    'shop.localhost:80',
    '[::1]:8282',
    '127.0.0.1:1',
  ];

  const closed = await startBonin(['--memory']);
  for (const request of requests) {
    for (const host of foreign) expect(await status(closed, host, request), `${request} ${host}`).toBe(403);
    for (const host of local) expect(await status(closed, `Host: ${host}\r\n`, request), host).toBe(200);
  }
  // The published routes never look at it.
  expect(await status(closed, 'Host: evil.example\r\n', 'GET /certifications/x')).toBe(401);

  const onlyHere = await startBonin(['--memory', '--host', '127.0.0.1']);
  const open = await startBonin(['--memory', '--host', '0.0.0.0']);
  for (const request of requests)
    for (const host of foreign) {
      expect(await status(onlyHere, host, request), `${request} ${host}`).toBe(403);
      expect(await status(open, host, request), `${request} ${host}`).toBe(200);
    }
});

test("bonin token and bonin lookup tell a running server's answers by their exit codes", async () => {
  const bonin = await startBonin(['--memory']);
  const client = new Client(bonin.url);
  const env = { BONIN_URL: bonin.url, BONIN_IMP_KEY: KEY_A, BONIN_IMP_SECRET: SECRET_A };
  const { token } = await client.token();
  const wire = await client.lookup(token, SEEDED);
  client.close();

  const asked = await runBonin(['token'], { env });
  expect(asked).toMatchObject({ code: 0, stdout: `${token}\n` });
  expect(asked.stderr).toMatch(/^bonin: valid for \d+ more seconds\n$/);

  const masked = await runBonin(['lookup', SEEDED], { env });
  expect(masked).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(masked.stdout)).toMatchObject({ imp_uid: SEEDED, certified: true });
  for (const secret of ['name', 'birthday', 'unique_key', 'unique_in_site'])
    expect(masked.stdout).not.toContain(textOf(wire.response, secret));
  expect(masked.stdout).not.toContain(String(wire.response?.['birth']));

  const raw = await runBonin(['lookup', SEEDED, '--raw', '--url', `${bonin.url}/`], { env });
  expect(raw).toMatchObject({ code: 0, stderr: '', stdout: `${wire.text}\n` });

  const oneLine = /^bonin: [^\n]+\n$/;
  const unknown = await runBonin(['lookup', 'imp_000000009999'], { env });
  expect(unknown).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(oneLine) });
  const notYours = await runBonin(['lookup', SEEDED], {
    env: { ...env, BONIN_IMP_KEY: KEY_B, BONIN_IMP_SECRET: SECRET_B },
  });
  expect(notYours).toMatchObject({ code: 3, stdout: '', stderr: unknown.stderr });
  for (const words of [['lookup', SEEDED], ['token']]) {
    const wrong = await runBonin(words, { env: { ...env, BONIN_IMP_SECRET: 'wrong' } });
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(oneLine) });
  }
  await bonin.stop();
  const gone = await runBonin(['lookup', SEEDED], { env });
  expect(gone).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/does not answer/) });
});

test('a server that does not speak the envelope is told as a failure', async () => {
  const server = createServer((_request, response) => response.end('<html>404</html>'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const env = { BONIN_URL: url, BONIN_IMP_KEY: KEY_A, BONIN_IMP_SECRET: SECRET_A };
  const answer = await runBonin(['token'], { env });
  server.close();
  expect(answer).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^bonin: .*no JSON\n$/),
  });
});

test('wrong arguments exit with 2, help and version with 0', async () => {
  for (const words of [['lookup'], ['lookup', 'a', 'b'], ['token', 'x'], ['token', '--url', 'x']]) {
    const { code, stdout, stderr } = await runBonin(words);
    expect({ code, stdout }, words.join(' ')).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: bonin [\s\S]*\n\n(?:bonin: [^\n]+\n)+$/);
  }
  for (const words of [
    [],
    ['--help'],
    ['-h'],
    ['help'],
    ['dev', '--help'],
    ['lookup', '-h'],
    ['token', '--help'],
  ]) {
    const { code, stdout, stderr } = await runBonin(words);
    expect({ code, stderr }, words.join(' ')).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Usage: bonin/);
  }
  for (const words of [['--version'], ['-v']])
    expect(await runBonin(words)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
});
