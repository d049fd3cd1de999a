import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEY_A, type RunningDevApp, SIMCHEONG, startDevApp } from '../support/dev-app.ts';
import { type RawAnswer, RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { type Expected, type Replay, readReplays, toBytes } from './replays/replay-file.ts';

/*
 * What other HTTP stacks send, byte for byte. Each request is replayed over a bare socket, as one write and as
 * the two in which most stacks send a head and its body; where it came from stands in `replays/README.md`.
 */

const FOLDER = join(import.meta.dirname, 'replays');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

const HONG_GILDONG = {
  birth: 633_711_600,
  birthday: '1990-01-31',
  certified: true,
  certified_at: 1_767_225_600,
  foreigner: false,
  foreigner_v2: null,
  gender: 'male',
  imp_uid: 'imp_000000000001',
  merchant_uid: 'order_0001',
  name: '홍길동',
  origin: 'https://shop.example/join',
  pg_provider: 'danal',
  pg_tid: expect.stringMatching(/^20260101090000\d{7}010$/),
  unique_in_site: expect.stringMatching(/^MC0GCCqGSIb3DQIJAyEASANDBOX\/.{36}$/),
  unique_key: expect.stringMatching(/^SANDBOX\/.{78}==$/),
};
const BYEON_HAKDO = {
  ...HONG_GILDONG,
  birth: -459_163_800,
  birthday: '1955-06-15',
  imp_uid: 'imp_000000000008',
  merchant_uid: 'order_0008',
  name: '변학도',
};

const seconds = expect.toSatisfy((value: unknown) => Number.isInteger(value));

/** What must be answered; `impUid` is the certification whose code was asked for before. */
function expectedAnswer(expected: Expected, impUid: string): { status: number; body: object } {
  const ok = (response: object) => ({ status: 200, body: { code: 0, message: null, response } });
  switch (expected) {
    case 'token':
      return ok({
        access_token: expect.stringMatching(/^[0-9a-f]{40}$/),
        now: seconds,
        expired_at: seconds,
      });
    case 'certification':
      return ok(HONG_GILDONG);
    case 'deleted':
      return ok(BYEON_HAKDO);
    case 'sent':
      return ok({ imp_uid: expect.stringMatching(/^imp_\d{12}$/) });
    case 'confirmed':
      return ok({
        ...HONG_GILDONG,
        birth: 1_077_980_400,
        birthday: '2004-02-29',
        certified_at: seconds,
        gender: 'female',
        imp_uid: impUid,
        merchant_uid: expect.stringMatching(/^nobody_\d{13}$/),
        name: '심청',
        origin: null,
        pg_tid: expect.stringMatching(/^\d{21}010$/),
      });
    case 'name refused':
      return { status: 400, body: { code: -1, message: 'name 값이 올바르지 않습니다.', response: null } };
  }
}

const REASONS: Readonly<Record<number, string>> = { 200: 'OK', 400: 'Bad Request' };

function expectTransport({ status, reason, headers, body }: RawAnswer): void {
  expect(reason).toBe(REASONS[status]);
  expect(headers.get('content-type')).toEqual(['application/json; charset=UTF-8']);
  expect(headers.get('content-length')).toEqual([String(body.length)]);
  expect(headers.get('cache-control')).toEqual(['no-store']);
  expect(headers.get('x-content-type-options')).toEqual(['nosniff']);
  for (const absent of ['transfer-encoding', 'content-encoding', 'upgrade', 'etag', 'server', 'set-cookie'])
    expect(headers.get(absent), absent).toBeUndefined();
  expect(body.every((byte) => byte >= 0x20 && byte < 0x7f)).toBe(true);
}

/** Sends a request as its stack does, the body only after a 100 when the stack waits for one. */
async function send(connection: RawConnection, replay: Replay, bytes: Buffer, apart: boolean) {
  const bodyAt = bytes.indexOf('\r\n\r\n') + 4;
  if (!apart && !replay.waits) {
    connection.write(bytes);
  } else {
    connection.write(bytes.subarray(0, bodyAt));
    if (replay.waits) {
      const isToldToGoOn = await connection.receive((got) => readAnswers(got).answers.length > 0);
      expect(isToldToGoOn && readAnswers(connection.received).answers[0]?.status).toBe(100);
    } else await new Promise((resolve) => setTimeout(resolve, 2));
    connection.write(bytes.subarray(bodyAt));
  }
}

const finals = (got: Buffer) => readAnswers(got).answers.filter(({ status }) => status >= 200);

describe.each(FILES)('%s', (file) => {
  let app: RunningDevApp;
  let token: string;
  let connection: RawConnection;

  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json', authorization: token };
    const answer = await fetch(app.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return ((await answer.json()) as { response: Record<string, unknown> }).response;
  };

  beforeAll(async () => {
    app = await startDevApp();
    token = '';
    token = String((await post('/users/getToken', KEY_A))['access_token']);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await post('/sandbox/reset', {});
    connection = await RawConnection.open(Number(new URL(app.url).port));
  });
  afterEach(() => connection.destroy());

  const replays = readReplays(join(FOLDER, file)).flatMap((replay) => [
    { ...replay, apart: false, title: `${replay.name} (in one write)` },
    { ...replay, apart: true, title: `${replay.name} (head and body apart)` },
  ]);

  it.each(replays)('$title', async (replay) => {
    const impUid =
      replay.expected === 'confirmed'
        ? String((await post('/certifications/otp/request', SIMCHEONG))['imp_uid'])
        : '';
    await send(connection, replay, toBytes(replay, { token, imp_uid: impUid }), replay.apart);
    await connection.receive((got) => finals(got).length > 0);

    const [answer] = finals(connection.received);
    if (answer === undefined) throw new Error('nothing was answered');
    const { status, body } = expectedAnswer(replay.expected, impUid);
    expectTransport(answer);
    expect(answer.status).toBe(status);
    const answered: unknown = JSON.parse(answer.body.toString('latin1'));
    expect(answered).toStrictEqual(body);
    if (replay.expected === 'token') expect(answered).toMatchObject({ response: { access_token: token } });

    if (replay.closes) {
      await connection.receive(() => connection.isClosed);
      expect(connection.isClosed).toBe(true);
      expect(answer.headers.get('connection')).toEqual(['close']);
      return;
    }
    connection.write(
      `GET /certifications/imp_000000000001 HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\n\r\n`,
    );
    await connection.receive((got) => finals(got).length > 1);
    const [, second] = finals(connection.received);
    expect(JSON.parse(String(second?.body))).toStrictEqual({
      code: 0,
      message: null,
      response: HONG_GILDONG,
    });
    expect(connection.isClosed).toBe(false);
  });
});

it('the replays have what is known to be odd about each client', () => {
  const all = FILES.flatMap((file) => readReplays(join(FOLDER, file))).map((replay) =>
    toBytes(replay, { token: 'T', imp_uid: 'U' }).toString('latin1'),
  );
  const oddities = {
    'a blank in front of a form name': /& imp_secret=/,
    'a doubled slash': /^POST \/\/users\/getToken /,
    'null as the body of a delete': /^DELETE [\s\S]*\r\n\r\nnull$/,
    'a list as the body of a lookup': /^GET [\s\S]*\r\n\r\n\[\]$/,
    'a form type on a lookup': /^GET [\s\S]*x-www-form-urlencoded/,
    'the old header for the token': /X-ImpTokenHeader: T/,
    'a bare token': /Authorization: T\r\n/,
    'a Bearer token': /Authorization: Bearer T\r\n/,
    'an empty token header': /Authorization: \r\n/,
    'gzip offered': /Accept-Encoding: .*gzip/,
    'a pause before the body': /Expect: 100-continue/,
    'a body in chunks': /Transfer-Encoding: chunked/,
    'an offer of HTTP/2': /Upgrade: h2c/,
    'a connection to be closed': /Connection: close/,
    'Hangul lost': /"name":"\?\?"/,
  };
  for (const [oddity, pattern] of Object.entries(oddities))
    expect(
      all.some((bytes) => pattern.test(bytes)),
      oddity,
    ).toBe(true);
});
