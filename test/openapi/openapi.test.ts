import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v1Routes } from '../../src/api/v1/index.ts';
import { ERRORS_OF_ALL } from '../../src/api/v1/reference/operations.ts';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { OWN_FOLDER, readCases } from '../../src/conformance/case-file.ts';
import type { RawAnswer, RawRequest } from '../../src/conformance/exchange.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createLog } from '../../src/log.ts';
import { CONTROLS } from '../../src/sandbox/control-schemas.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { runCase } from '../golden/run-case.ts';
import { KEY_A, type RunningDevApp, SIMCHEONG, startDevApp } from '../support/dev-app.ts';
import { type ApiDocument, DocumentValidator, type Found, operationsOf } from './validator.ts';

let app: RunningDevApp;
let document: ApiDocument;
let validator: DocumentValidator;

beforeAll(async () => {
  app = await startDevApp();
  document = await fetchDocument('');
  validator = new DocumentValidator(document);
});
afterAll(() => app.close());

async function fetchDocument(query: string): Promise<ApiDocument> {
  return (await (await fetch(`${app.url}/openapi.json${query}`)).json()) as ApiDocument;
}

/** The operations of the contract: those of the sandbox are ours, and stand in `dev` only. */
function contractOf(of: ApiDocument): readonly Found[] {
  return operationsOf(of).filter(({ operation: { tags } }) => !tags.includes('Sandbox'));
}

function operation(id: string): Found {
  const found = operationsOf(document).find((one) => one.operation.operationId === id);
  if (found === undefined) throw new Error(`there is no operation ${id}`);
  return found;
}

describe('the OpenAPI document', () => {
  it.each(['ko', 'en'])('is valid OpenAPI 3.1 in %s', async (lang) => {
    const asked = await fetchDocument(`?lang=${lang}`);
    const result = await new Validator().validate(asked as unknown as Record<string, unknown>);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  it('is what the check of its form can refuse', async () => {
    const { paths: _, ...rest } = document;
    expect((await new Validator().validate({ ...rest, paths: { nowhere: {} } })).valid).toBe(false);
  });

  it('describes every method of every route, and nothing else', () => {
    const routes = v1Routes({ ...app, clock: systemClock, sandbox: true });
    const served = routes.flatMap(({ path, methods }) =>
      Object.keys(methods).map((method) => `${method.toLowerCase()} ${path}`),
    );
    expect(contractOf(document).map(({ method, path }) => `${method} ${path}`)).toEqual(served);
  });

  it('names its operations as the files that do them', () => {
    const ids = contractOf(document).map((found) => found.operation.operationId);
    expect(ids.sort()).toEqual(
      ['confirmOtp', 'deleteCertification', 'getCertification', 'getPgList', 'getToken', 'requestOtp'].sort(),
    );
  });

  it('says the same in both languages, in different words', async () => {
    const english = await fetchDocument('?lang=en');
    const [ko, en] = [flatten(document), flatten(english)];
    expect([...en.keys()]).toEqual([...ko.keys()]);
    const texts = [...ko].filter(([at]) => /\.(?:description|title|x-displayName)$/.test(at));
    expect(texts.length).toBeGreaterThan(100);
    expect(texts.filter(([, text]) => !/\p{Script=Hangul}/u.test(String(text)))).toEqual([]);
    const englishTexts = [...en].filter(([at]) => /\.(?:description|title|x-displayName)$/.test(at));
    expect(englishTexts.filter(([, text]) => /\p{Script=Hangul}/u.test(String(text)))).toEqual([]);
  });

  it('explains every member of what is sent and of what is taken', () => {
    const leaves = flatten(document);
    const members = new Set(
      [...leaves.keys()].flatMap((at) => /^(.*\.properties\.\w+)\./.exec(at)?.[1] ?? []),
    );
    expect(members.size).toBeGreaterThan(50);
    const silent = [...members].filter((at) => !leaves.has(`${at}.description`) && !leaves.has(`${at}.$ref`));
    expect(silent.filter((at) => !at.endsWith('.response'))).toEqual([]);
  });

  it('has examples that fit their schemas', () => {
    expect(operationsOf(document).flatMap((found) => validator.problemsOfExamples(found))).toEqual([]);
  });

  it('shows what the sandbox answers for the same ids', async () => {
    const { content } = operation('getCertification').operation.responses['200'] ?? {};
    const examples = Object.values(content?.['application/json']?.examples ?? {});
    const token = await tokenOf(KEY_A);
    for (const { value } of examples) {
      const { response: example } = value as { response: { imp_uid: string; pg_tid: string | null } };
      const answer = await fetch(`${app.url}/certifications/${example.imp_uid}`, {
        headers: { Authorization: token },
      });
      // The sandbox draws the rest of `pg_tid` at random.
      const tid =
        example.pg_tid === null ? null : expect.stringMatching(new RegExp(`^.{${example.pg_tid.length}}$`));
      expect(await answer.json()).toEqual({
        code: 0,
        message: null,
        response: { ...example, pg_tid: tid },
      });
    }
    expect(examples).toHaveLength(4);
  });

  it('shows requests that lead from a key pair to a certified person, as JSON and as forms of both kinds', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const body = (id: string) =>
        Object.values(operation(id).operation.requestBody?.content[type]?.examples ?? {})[0]?.value;
      const token = await tokenOf(body('getToken'), type);
      const requested = await post('/certifications/otp/request', body('requestOtp'), type, token);
      const { imp_uid: impUid } = requested.response;
      const confirmed = await post(`/certifications/otp/confirm/${impUid}`, body('confirmOtp'), type, token);
      expect(confirmed.response).toMatchObject({ imp_uid: impUid, certified: true, name: '심청' });
    }
  });
});

async function post(path: string, body: unknown, type: string, token = '') {
  const headers: Record<string, string> = { Authorization: token };
  // `fetch` names the boundary itself.
  if (type !== 'multipart/form-data') headers['Content-Type'] = type;
  const answer = await fetch(app.url + path, { method: 'POST', headers, body: write(body, type) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { response: Record<string, string> };
}

function write(body: unknown, type: string): string | URLSearchParams | FormData {
  if (type === 'application/json') return JSON.stringify(body);
  const fields = Object.entries(body as Record<string, string>);
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(fields);
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
}

async function tokenOf(keys: unknown, type = 'application/json'): Promise<string> {
  return (await post('/users/getToken', keys, type)).response['access_token'] ?? '';
}

/** Every leaf of a value by its place. */
function flatten(value: unknown, at = '', into = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) flatten(member, `${at}.${name}`, into);
  else into.set(at, value);
  return into;
}

/** What any operation can answer; few cases go there. */
const OF_ALL: readonly string[] = ERRORS_OF_ALL;
/** Statuses that are no operation's: unknown routes, wrong methods, preflights. */
const OF_NO_OPERATION = [204, 404, 405];

describe('the sandbox in the document', () => {
  it('has every control route that says something in JSON, under a tag of its own', () => {
    const described = operationsOf(document).filter((found) => found.operation.tags.includes('Sandbox'));
    const unsaid = ['GET /sandbox', 'GET /sandbox/events'];
    expect(described.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
      Object.keys(CONTROLS)
        .filter((name) => !unsaid.includes(name))
        .sort(),
    );
  });

  const ask = async (method: string, path: string, body?: unknown): Promise<RawAnswer> => {
    const answer = await fetch(app.url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      headers: [...answer.headers],
      body: Buffer.from(await answer.arrayBuffer()),
    };
  };

  it.each([
    ['post', '/sandbox/certifications', { name: '심청', person: 'a' }, { nmae: '심청' }],
    [
      'put',
      '/sandbox/faults',
      [{ route: '/users/getToken', times: 1, status: 502, body: 'x' }],
      [{ rout: 1 }],
    ],
    ['put', '/sandbox/faults', { faults: [] }, { fault: [] }],
    ['put', '/sandbox/clock', {}, { advnce: 3 }],
    ['put', '/sandbox/clock', { advance: 1 }, { advance: '1' }],
    ['post', '/sandbox/approvals', { imp_uid: 'imp_000000000001', approve: true }, { approve: 'yes' }],
    ['post', '/sandbox/reset', {}, { all: true }],
  ])('takes and refuses what %s %s does', async (method, path, good, bad) => {
    const found = operationsOf(document).find((one) => one.path === path && one.method === method);
    if (found === undefined) throw new Error('it is not described');
    for (const [body, status] of [
      [good, 200],
      [bad, 400],
    ] as const) {
      const answer = await ask(method.toUpperCase(), path, body);
      expect(answer.status).toBe(status);
      expect(validator.problemsOfAnswer(found, answer, true)).toEqual([]);
      expect(validator.fits(found, body)).toBe(status === 200);
    }
  });

  it('answers as it is described', async () => {
    await ask('POST', '/sandbox/reset');
    await tokenOf(KEY_A);
    const token = await tokenOf(KEY_A);
    await post('/certifications/otp/request', SIMCHEONG, 'application/json', token);
    for (const found of operationsOf(document)) {
      if (!found.operation.tags.includes('Sandbox') || !['get', 'delete'].includes(found.method)) continue;
      const answer = await ask(found.method.toUpperCase(), found.path);
      expect(validator.problemsOfAnswer(found, answer, true), found.path).toEqual([]);
      const refused = await ask(found.method.toUpperCase(), `${found.path}?nobody=1`);
      expect(refused.status, found.path).toBe(400);
      expect(validator.problemsOfAnswer(found, refused, true), found.path).toEqual([]);
    }
  });

  it('does not stand in serve', async () => {
    const serve = await createApp({
      policy: SERVE_POLICY,
      databaseUrl: 'sqlite::memory:',
      masterKeys: [newMasterKey()],
      log: createLog('silent'),
    });
    try {
      const { url } = await serve.listen(0, '127.0.0.1');
      const text = await (await fetch(`${url}/openapi.json`)).text();
      expect(text).toContain('/users/getToken');
      expect(text.toLowerCase()).not.toContain('/sandbox');
    } finally {
      await serve.close();
    }
  });
});

describe('the answers of the golden cases', () => {
  const entries = readCases(OWN_FOLDER);
  const shown = new Set<string>();
  const unknown = new Set<string>();

  for (const { name, golden } of entries)
    it(`${name} fit the document`, async () => {
      if (golden === null) throw new Error('not a case');
      const basePath = golden.given.base_path ?? '';
      const exchanges: { request: RawRequest; answer: RawAnswer }[] = [];
      await runCase(golden, { seen: (request, answer) => exchanges.push({ request, answer }) });
      expect(exchanges.length).toBeGreaterThan(0);
      for (const { request, answer } of exchanges) {
        const found = validator.find(request.method, request.path, basePath);
        if (found === null || request.method === 'OPTIONS') {
          expect(OF_NO_OPERATION).toContain(answer.status);
          continue;
        }
        expect(validator.problemsOfAnswer(found, answer, request.method !== 'HEAD')).toEqual([]);
        note(found, answer);
        if (answer.status !== 200) continue;
        expect(validator.problemsOfRequest(found, request, basePath)).toEqual([]);
        for (const member of validator.unknownMembers(found, request)) unknown.add(member);
      }
    });

  function note({ operation: { operationId } }: Found, { status, body }: RawAnswer): void {
    shown.add(`${operationId} ${status}`);
    if (status === 200 || body.length === 0) return;
    shown.add(`${operationId} ${(JSON.parse(body.toString('utf8')) as { message: string }).message}`);
  }

  it('were asked for with described members only, but for those that cases make up to be ignored', () => {
    expect([...unknown].sort()).toEqual([
      'getToken company',
      'getToken nested',
      'getToken pad',
      'requestOtp foo',
      'requestOtp imp_uid',
    ]);
  });

  it('show all that the document lists, but for what needs a broken server and three refusals', () => {
    const listed = contractOf(document).flatMap(({ operation: { operationId, responses } }) =>
      Object.values(responses).flatMap(({ content }) =>
        Object.entries(content['application/json']?.examples ?? {}).map(([code, { value }]) => {
          const { code: outcome, message } = value as { code: number; message: string | null };
          const sign = outcome === 0 || message === undefined ? '200' : message;
          return { code, sign: `${operationId} ${sign}` };
        }),
      ),
    );
    const unseen = listed.filter(({ code, sign }) => !shown.has(sign) && !OF_ALL.includes(code));
    expect(listed.length - unseen.length).toBeGreaterThan(60);
    expect(unseen.map(({ code, sign }) => `${sign.split(' ')[0]} ${code}`)).toEqual([
      'requestOtp identity_mismatch',
      'confirmOtp person_blocked',
      'confirmOtp line_not_allowed',
    ]);
  });
});

describe('the schemas of the document', () => {
  const json = (status: number, body: unknown): RawAnswer => ({
    status,
    headers: [['Content-Type', 'application/json; charset=UTF-8']],
    body: Buffer.from(JSON.stringify(body)),
  });
  const example = (id: string, name: string) => {
    const content = operation(id).operation.responses['200']?.content['application/json'];
    return structuredClone(content?.examples?.[name]?.value) as { response: Record<string, unknown> };
  };
  const problems = (id: string, status: number, body: unknown) =>
    validator.problemsOfAnswer(operation(id), json(status, body), true);
  const changed = (name: string, changes: Record<string, unknown>) => {
    const right = example('getCertification', name);
    return { ...right, response: { ...right.response, ...changes } };
  };

  it('let a right answer through', () => {
    expect(problems('getCertification', 200, changed('danal', {}))).toEqual([]);
    expect(problems('getCertification', 200, changed('uncertified', {}))).toEqual([]);
  });

  it.each([
    ['a member nobody knows', 'danal', { nickname: '길동' }],
    ['null where a member must be absent', 'danal', { phone: null }],
    ['a person while nobody is certified', 'uncertified', { name: '홍길동' }],
    ['a phone while nobody is certified', 'uncertified', { phone: '01000000001' }],
    ['a time as text', 'danal', { certified_at: '1767225600' }],
    ['a birth that is null', 'uncertified', { birth: null }],
    ['a gender of another spelling', 'danal', { gender: '남' }],
    ['a carrier of another spelling', 'kcp_v2', { carrier: 'LGU+' }],
    ['a phone with hyphens', 'kcp_v2', { phone: '010-0000-0005' }],
    ['an agency nobody knows', 'danal', { pg_provider: 'nobody' }],
  ])('catch %s', (_what, name, changes) => {
    expect(problems('getCertification', 200, changed(name, changes))).not.toEqual([]);
  });

  it('catch a missing member', () => {
    for (const name of ['unique_key', 'origin', 'foreigner_v2', 'birth']) {
      const { [name]: _, ...response } = example('getCertification', 'danal').response;
      expect(problems('getCertification', 200, { code: 0, message: null, response })).not.toEqual([]);
    }
  });

  it('catch a message, a status and a member of an envelope that are not of the operation', () => {
    const failure = (message: string) => ({ code: -1, message, response: null });
    expect(problems('getCertification', 404, failure('인증결과가 존재하지 않습니다.'))).toEqual([]);
    expect(problems('getCertification', 404, failure('Not Found'))).not.toEqual([]);
    expect(
      problems('getCertification', 404, { ...failure('인증결과가 존재하지 않습니다.'), a: 1 }),
    ).not.toEqual([]);
    expect(problems('getCertification', 429, failure('Too Many Requests'))).not.toEqual([]);
    expect(problems('confirmOtp', 400, failure('인증번호가 일치하지 않습니다.'))).toEqual([]);
    expect(problems('requestOtp', 400, failure('인증번호가 일치하지 않습니다.'))).not.toEqual([]);
    expect(problems('requestOtp', 400, failure('name, carrier 파라메터가 누락되었습니다.'))).toEqual([]);
    expect(problems('requestOtp', 400, failure('carrier, name 파라메터가 누락되었습니다.'))).not.toEqual([]);
  });

  it('catch what a token answer must never have', () => {
    const right = example('getToken', 'token');
    expect(
      problems('getToken', 200, { ...right, response: { ...right.response, scope: 'all' } }),
    ).not.toEqual([]);
  });
});
