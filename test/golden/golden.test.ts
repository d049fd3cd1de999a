import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type GoldenCase, OWN_FOLDER, parseCase, readCases } from '../../src/conformance/case-file.ts';
import { checkEveryAnswer, compareAnswer, type Situation } from '../../src/conformance/compare.ts';
import { exchange, type RawAnswer, type RawRequest } from '../../src/conformance/exchange.ts';
import { fakeCi, fakeDi } from '../../src/sandbox/fake-ids.ts';
import { ciOf, diOf, findPerson } from './people.ts';
import { runCase } from './run-case.ts';

const entries = readCases(OWN_FOLDER);
describe('golden cases of the V1 contract', () => {
  for (const entry of entries)
    it(`${entry.name}: ${entry.golden?.why ?? 'not a case'}`, async () => {
      if (entry.golden === null) throw new Error(entry.problem);
      expect(await runCase(entry.golden)).toEqual([]);
    });

  it('are all there', () => {
    expect(entries).toHaveLength(337);
  });
});

describe('the people of the cases', () => {
  const table = readFileSync(`${OWN_FOLDER}/README.md`, 'utf8');
  const rows = [...table.matchAll(/^\| `(\w+)` \|.*\| `(SANDBOX\/[^`]+)` \|$/gm)];

  // The runner has the formulas a second time; without this nothing would hold the sandbox's against them.
  it.each(rows.map(([, name = '', ci = '']) => [name, ci]))(
    '%s has one CI and DI, here and in the sandbox',
    (name, ci) => {
      const person = findPerson(name);
      expect(ciOf(person)).toBe(ci);
      expect(fakeCi(person)).toBe(ci);
      expect(fakeDi(person, 'channel-kcp')).toBe(diOf(person, 'channel-kcp'));
    },
  );

  it('are seven', () => {
    expect(rows).toHaveLength(7);
  });
});

const HEADERS = {
  'Content-Type': 'application/json; charset=UTF-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Access-Control-Allow-Origin': '*',
};
const OK = '{"code":0,"message":null,"response":{"a":null,"b":"\\uac00\\/"}}';
const EXPECTED = { status: 200, body: { code: 0, message: null, response: { a: null, b: '가/' } } };

/** A right answer with changes; a header given as null is left out. */
function answer(body = OK, changed: Readonly<Record<string, string | null>> = {}, status = 200): RawAnswer {
  const bytes = Buffer.from(body, 'utf8');
  const headers = Object.entries({ ...HEADERS, 'Content-Length': String(bytes.length), ...changed });
  return {
    status,
    headers: headers.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    body: bytes,
  };
}

function compare(came: RawAnswer, expected: GoldenCase['response'] = EXPECTED): readonly string[] {
  return compareAnswer(came, expected, {
    kept: new Map([['token', 'a'.repeat(40)]]),
    tokenNames: ['token'],
    otpRequestedAt: () => -30,
  });
}

const DEV: Situation = { method: 'GET', mode: 'dev', corsOrigins: [], origin: null, toPublicList: false };
const SERVE: Situation = { ...DEV, mode: 'serve' };

describe('the comparer of golden cases', () => {
  it('finds nothing in a right answer', () => {
    expect(compare(answer())).toEqual([]);
    expect(checkEveryAnswer(answer(), DEV)).toEqual([]);
  });

  it.each([
    ['another order of members', '{"code":0,"message":null,"response":{"b":"\\uac00\\/","a":null}}'],
    ['another order in the envelope', '{"message":null,"code":0,"response":{"a":null,"b":"\\uac00\\/"}}'],
    ['a member too many', '{"code":0,"message":null,"response":{"a":null,"b":"\\uac00\\/","c":1}}'],
    ['an absent member where null is expected', '{"code":0,"message":null,"response":{"b":"\\uac00\\/"}}'],
    ['a number as text', '{"code":"0","message":null,"response":{"a":null,"b":"\\uac00\\/"}}'],
    ['an empty list for null', '{"code":0,"message":null,"response":{"a":[],"b":"\\uac00\\/"}}'],
    ['another text', '{"code":0,"message":null,"response":{"a":null,"b":"\\uac01\\/"}}'],
    ['no JSON', 'ok'],
    ['no body', ''],
  ])('finds %s', (_what, body) => {
    expect(compare(answer(body))).not.toEqual([]);
  });

  it('finds null where a member is expected to be absent', () => {
    const expected = { status: 200, body: { code: 0, message: null, response: { b: '가/' } } };
    expect(compare(answer(), expected)).toEqual(['body.response.a: expected to be absent, came null']);
  });

  it('finds another status, a missing, an unwanted and another header, and a missing raw text', () => {
    expect(compare(answer(), { ...EXPECTED, status: 404 })).toHaveLength(1);
    expect(compare(answer(), { ...EXPECTED, headers: { etag: 'x' } })).toHaveLength(1);
    expect(compare(answer(), { ...EXPECTED, headers: { 'cache-control': null } })).toHaveLength(1);
    expect(compare(answer(), { ...EXPECTED, headers: { 'cache-control': 'No-Store' } })).toHaveLength(1);
    expect(compare(answer(), { ...EXPECTED, raw: ['\\uAC00'] })).toHaveLength(1);
    expect(compare(answer(), { ...EXPECTED, raw: ['\\uac00\\/'] })).toEqual([]);
    expect(compare(answer(), { status: 200, body: null })).toHaveLength(1);
  });

  it.each([
    ['{{token}}', 'a'.repeat(40), 'b'.repeat(40)],
    ['{{hex40}}', 'b'.repeat(40), 'B'.repeat(40)],
    ['{{new_token}}', 'b'.repeat(40), 'a'.repeat(40)],
    ['{{imp_uid}}', 'imp_012345678901', 'imps_012345678901'],
    ['{{pg_tid:danal}}', '202503141019301234567010', '202503141020001234567010'],
    ['{{pg_tid:kcp_v2}}', 'x', ''],
    ['x{{token}}', 'x{{token}}', `x${'a'.repeat(40)}`],
  ])('matches %s with the right text only', (placeholder, right, wrong) => {
    const expected = { status: 200, body: { response: { imp_uid: '{{imp_uid}}', x: placeholder } } };
    const body = (x: string) => JSON.stringify({ response: { imp_uid: 'imp_000000000000', x } });
    expect(compare(answer(body(right)), expected)).toEqual([]);
    expect(compare(answer(body(wrong)), expected)).toHaveLength(1);
    expect(compare(answer('{"response":{"imp_uid":"imp_000000000000","x":null}}'), expected)).toHaveLength(1);
  });

  it.each<[rule: string, string, RawAnswer, Situation]>([
    ['T4', 'a byte that is not ASCII', answer('{"code":0,"message":null,"response":{"b":"가"}}'), DEV],
    ['T4', 'an unescaped slash', answer('{"code":0,"message":null,"response":{"b":"/"}}'), DEV],
    ['T4', 'upper-case escapes', answer('{"code":0,"message":null,"response":{"b":"\\uAC00"}}'), DEV],
    ['T4', 'a member twice', answer('{"code":0,"message":null,"response":{"b":1,"b":1}}'), DEV],
    ['T4', 'a newline at the end', answer(`${OK}\n`), DEV],
    ['T5', 'another order in the envelope', answer('{"message":null,"code":0,"response":{}}'), DEV],
    ['T5', 'a fourth member of the envelope', answer('{"code":0,"message":null,"response":{},"x":1}'), DEV],
    ['T5', 'success with a failing status', answer(OK, {}, 404), DEV],
    ['T5', 'failure with status 200', answer('{"code":-1,"message":"x","response":null}'), DEV],
    ['T1', 'a content type without charset', answer(OK, { 'Content-Type': 'application/json' }), DEV],
    ['T2', 'a length that is not the body’s', answer(OK, { 'Content-Length': '3' }), DEV],
    ['T2', 'no length', answer(OK, { 'Content-Length': null }), DEV],
    ['T2', 'chunks', answer(OK, { 'Transfer-Encoding': 'chunked' }), DEV],
    ['T3', 'compression', answer(OK, { 'Content-Encoding': 'identity' }), DEV],
    ['T8', 'no Cache-Control', answer(OK, { 'Cache-Control': null }), DEV],
    ['T8', 'no nosniff', answer(OK, { 'X-Content-Type-Options': null }), DEV],
    ['T8', 'the name of the server', answer(OK, { Server: 'x' }), DEV],
    ['T8', 'the name of a framework', answer(OK, { 'X-Powered-By': 'x' }), DEV],
    ['T9', 'no challenge on 401', answer('{"code":-1,"message":"x","response":null}', {}, 401), DEV],
    ['R9', 'no CORS in dev', answer(OK, { 'Access-Control-Allow-Origin': null }), DEV],
    ['R9', 'credentials allowed', answer(OK, { 'Access-Control-Allow-Credentials': 'true' }), DEV],
    ['R10', 'CORS in serve', answer(), SERVE],
    [
      'R10',
      'CORS for an origin that is not listed',
      answer(),
      { ...SERVE, corsOrigins: ['https://a'], origin: 'https://b' },
    ],
    ['R10', '* for a listed origin', answer(), { ...SERVE, corsOrigins: ['https://a'], origin: 'https://a' }],
    ['R7', 'a body on HEAD', answer(), { ...DEV, method: 'HEAD' }],
    ['T1', 'no content type on HEAD', answer('', { 'Content-Type': null }), { ...DEV, method: 'HEAD' }],
    ['P1', 'the ordinary envelope of the public list', answer(), { ...DEV, toPublicList: true }],
  ])('by %s finds %s on any answer', (rule, _what, came, situation) => {
    const differences = checkEveryAnswer(came, situation);
    expect(differences).not.toEqual([]);
    expect(differences.filter((difference) => !difference.startsWith(rule))).toEqual([]);
  });

  it('lets the public list be read from anywhere, with its own envelope', () => {
    const list = answer('{"code":0,"msg":"ok","data":[]}');
    expect(checkEveryAnswer(list, { ...SERVE, toPublicList: true })).toEqual([]);
    expect(checkEveryAnswer(list, DEV)).not.toEqual([]);
  });
});

describe('the runner of golden cases', () => {
  const content = (changes: object) =>
    JSON.stringify({
      name: 'x',
      given: {},
      request: { method: 'GET', path: '/nothing', headers: {}, body: null },
      response: {
        status: 404,
        headers: {},
        body: { code: -1, message: '존재하지 않는 API 경로입니다.', response: null },
      },
      grade: 'our choice',
      why: 'R5: Unknown route.',
      ...changes,
    });
  const play = async (changes: object) => await runCase(parseCase(content(changes), 'x'));

  it('passes what is right and fails what is not', async () => {
    expect(await play({})).toEqual([]);
    expect(await play({ response: { status: 404, body: { code: -1 } } })).not.toEqual([]);
  });

  it.each([
    ['an unknown member', { given: { certification: [] } }],
    ['an unknown member of a request', { request: { method: 'GET', path: '/', query: '' } }],
    ['a missing member', { response: { status: 200 } }],
    ['an unknown grade', { grade: 'guessed' }],
    ['another name than its file', { name: 'y' }],
  ])('refuses a case with %s', (_what, changes) => {
    expect(() => parseCase(content(changes), 'x')).toThrow();
  });

  it.each([
    ['unknown placeholder {{nobody}} in the request', { request: { method: 'GET', path: '/{{nobody}}' } }],
    [
      'unknown placeholder {{nobody}} in the expected body',
      { response: { status: 404, body: { code: '{{nobody}}', message: '', response: null } } },
    ],
    ['there is no key pair "Z9"', { given: { tokens: { token: { key: 'Z9', issued: 0 } } } }],
    [
      'before[0]: expected status 200',
      { given: { before: [{ at: 0, request: { method: 'GET', path: '/' }, status: 200 }] } },
    ],
  ])('fails a case with a reason: %s', async (reason, changes) => {
    const differences = await play(changes);
    expect(differences.join('\n')).toContain(reason);
  });
});

describe('the exchange of golden cases', () => {
  const plain: RawRequest = {
    method: 'GET',
    path: '/',
    headers: [],
    body: null,
    chunked: false,
    stayOpen: false,
  };

  /**
   * What a server received that answers `reply` once what came ends with `last`, and what the exchange made of it.
   * It takes nothing more from then on.
   */
  async function exchangeWith(request: RawRequest, reply: string, last = '\r\n\r\n') {
    let received = '';
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        if (received.endsWith(last)) socket.pause().end(reply);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      return {
        answer: await exchange({ host: '127.0.0.1', port, tls: false, basePath: '' }, request),
        received,
        port,
      };
    } finally {
      server.close();
    }
  }
  const REPLY = 'HTTP/1.1 413 Payload Too Large\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\n{}';

  it('sends target and headers unchanged and adds only host, connection and length', async () => {
    const request = {
      ...plain,
      path: '//a/../b?x={é',
      headers: [['aUth', ' x ']] as const,
      body: Buffer.from(''),
    };
    const { received, port, answer } = await exchangeWith(request, REPLY);
    const target = Buffer.from('//a/../b?x={é').toString('latin1');
    expect(received).toBe(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Length: 0\r\naUth:  x \r\n\r\n`,
    );
    expect(answer.headers).toEqual([
      ['X-A', '1'],
      ['x-a', '2'],
      ['Content-Length', '2'],
    ]);
  });

  it('sends a body in several chunks and no length', async () => {
    const request = { ...plain, body: Buffer.from('abcd'), chunked: true };
    const { received } = await exchangeWith(request, REPLY, '\r\n0\r\n\r\n');
    expect(received).toContain('Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n');
    expect(received).not.toContain('Content-Length');
  });

  it('reads an answer that comes before the body has been sent whole, and says when there is none', async () => {
    // More than a system keeps for whoever does not read.
    const request = { ...plain, body: Buffer.alloc(50_000_000) };
    expect((await exchangeWith(request, REPLY, '')).answer.status).toBe(413);
    await expect(exchangeWith(plain, 'garbage')).rejects.toThrow('garbage');
  });
});
