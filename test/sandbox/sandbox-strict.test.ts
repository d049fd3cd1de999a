import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';

describe('control input that is not understood', () => {
  let app: RunningDevApp;

  beforeAll(async () => {
    app = await startDevApp();
  });
  afterAll(() => app.close());
  beforeEach(() => call('POST', '/sandbox/reset'));

  async function call(method: string, path: string, body?: unknown) {
    const answer = await fetch(app.url + path, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const { code, message, response } = (await answer.json()) as {
      code: number;
      message: string | null;
      response: unknown;
    };
    return { status: answer.status, code, message, response };
  }
  async function refusal(method: string, path: string, body?: unknown): Promise<string> {
    const refused = await call(method, path, body);
    expect(refused).toMatchObject({ status: 400, code: -1, response: null });
    return refused.message ?? '';
  }
  const people = async (message: Promise<string>) => expect(await message).not.toMatch(/홍길동|SECRET/);

  it.each<[method: string, path: string, body: unknown, says: string]>([
    // unknown members, with the nearest name
    ['POST', '/sandbox/certifications', { nmae: 'x' }, 'nmae is not known here (known: name, birthday, '],
    ['POST', '/sandbox/certifications', { nmae: 'x' }, 'did you mean name?'],
    ['POST', '/sandbox/certifications', { merchantUid: 'x' }, 'did you mean merchant_uid?'],
    ['POST', '/sandbox/certifications', { toString: 'x' }, 'toString is not known here'],
    ['POST', '/sandbox/certifications', '{"__proto__":{"name":"x"}}', '__proto__ is not known here'],
    ['POST', '/sandbox/certifications', '{"constructor":1}', 'constructor is not known here'],
    [
      'PUT',
      '/sandbox/clock',
      { advnce: 3 },
      'advnce is not known here (known: now, advance); did you mean advance?',
    ],
    ['PUT', '/sandbox/clock', { now: 5, advnce: 3 }, 'did you mean advance?'],
    [
      'PUT',
      '/sandbox/faults',
      [{ rout: '/users/getToken' }],
      'faults[0].rout is not known here (known: route, ',
    ],
    ['PUT', '/sandbox/faults', { faults: [{}, { rout: 'x' }] }, 'faults[1].rout is not known here'],
    [
      'PUT',
      '/sandbox/faults',
      { rout: '/users/getToken' },
      'rout is not known here (known: faults); did you mean faults?',
    ],
    ['POST', '/sandbox/approvals', { imp_uid: 'imp_1', aprove: true }, 'did you mean approve?'],
    ['POST', '/sandbox/reset', { all: true }, 'all is not known here'],
    // of another type
    ['POST', '/sandbox/certifications', [], 'the body must be an object'],
    ['POST', '/sandbox/certifications', [{ name: 'x' }], 'the body must be an object'],
    ['POST', '/sandbox/certifications', 'null', 'the body must be an object'],
    ['POST', '/sandbox/certifications', '"name"', 'the body must be an object'],
    ['POST', '/sandbox/certifications', { name: 7 }, 'name must be a name of 1 to 50 characters'],
    ['POST', '/sandbox/certifications', { name: null }, 'name must be a name'],
    ['POST', '/sandbox/certifications', { name: '' }, 'name must be a name'],
    ['POST', '/sandbox/certifications', { name: { first: 'x' } }, 'name must be a name'],
    ['POST', '/sandbox/certifications', { phone: 1012345678 }, 'phone must be a mobile number, or null'],
    ['POST', '/sandbox/certifications', { phone: '02-123-4567' }, 'phone must be a mobile number, or null'],
    ['POST', '/sandbox/certifications', { certified: 'false' }, 'certified must be true or false'],
    [
      'POST',
      '/sandbox/certifications',
      { gender: 'mael' },
      'gender must be one of male, female, or null; did you mean male?',
    ],
    ['POST', '/sandbox/certifications', { birthday: '1990-13-01' }, 'birthday must be a day of the calendar'],
    [
      'POST',
      '/sandbox/certifications',
      { birthday: '2990-01-01' },
      'birthday must not be later than today by the clock',
    ],
    ['POST', '/sandbox/certifications', { channel_key: 'channel-danl' }, 'did you mean channel-danal?'],
    [
      'POST',
      '/sandbox/certifications',
      { merchant_uid: 'x'.repeat(60_000) },
      'merchant_uid must be a text of 1 to 100',
    ],
    [
      'POST',
      '/sandbox/certifications',
      { merchant_uid: '900131-1234567' },
      'without a resident registration number',
    ],
    ['PUT', '/sandbox/clock', [], 'the body must be an object'],
    ['PUT', '/sandbox/clock', '', 'the body: is empty'],
    ['PUT', '/sandbox/clock', { advance: '3' }, 'advance must be whole seconds'],
    ['PUT', '/sandbox/clock', { advance: -3 }, 'advance must be whole seconds'],
    ['PUT', '/sandbox/clock', { now: null }, 'now must be whole seconds'],
    ['PUT', '/sandbox/clock', { now: 1, advance: 1 }, 'advance must not stand beside now'],
    ['PUT', '/sandbox/faults', [[]], 'faults[0] must be an object'],
    ['PUT', '/sandbox/faults', [null], 'faults[0] must be an object'],
    ['PUT', '/sandbox/faults', {}, 'faults must be a list of faults (it is missing)'],
    ['PUT', '/sandbox/faults', '', 'the body: is empty'],
    [
      'PUT',
      '/sandbox/faults',
      [{ times: 1.5 }],
      'faults[0].times must be a whole number of 1 to 1000000, or null',
    ],
    [
      'PUT',
      '/sandbox/faults',
      [{ status: 503, abort: true }],
      'faults[0].abort must not stand beside status',
    ],
    ['POST', '/sandbox/approvals', { imp_uid: 'imp_1', approve: 'yes' }, 'approve must be true or false'],
    [
      'POST',
      '/sandbox/approvals',
      { imp_uid: 'imp_999999999999', approve: true },
      'imp_uid must be that of a certification',
    ],
    ['POST', '/sandbox/approvals', { approve: true }, 'imp_uid must be an imp_uid (it is missing)'],
    // routes
    [
      'PUT',
      '/sandbox/faults',
      [{ route: '/certification/{imp_uid}' }],
      'did you mean /certifications/{imp_uid}?',
    ],
    [
      'PUT',
      '/sandbox/faults',
      [{ route: 'GET /users/getToken' }],
      'faults[0].route must be one of /users/getToken, ',
    ],
    [
      'PUT',
      '/sandbox/faults',
      [{ route: 'get /certifications/{imp_uid}' }],
      'did you mean GET /certifications/{imp_uid}?',
    ],
    [
      'PUT',
      '/sandbox/faults',
      [{ route: '/certifications/{impUid}' }],
      'did you mean /certifications/{imp_uid}?',
    ],
    ['PUT', '/sandbox/faults', [{ route: '/certifications/imp_1?x=1' }], 'faults[0].route must be one of'],
    ['PUT', '/sandbox/faults', [{ route: '' }], 'faults[0].route must be one of'],
    ['PUT', '/sandbox/faults', [{ route: '/sandbox/clock' }], 'faults[0].route must be one of'],
    ['PUT', '/sandbox/faults', [{ route: 'http://localhost/users/getToken' }], 'did you mean'],
    // bodies that are no JSON, and names that are there twice
    [
      'POST',
      '/sandbox/certifications',
      '{"name":"홍길동","name":"심청"}',
      'the body: line 1, column 15: the name "name" is there twice',
    ],
    ['PUT', '/sandbox/faults', '[{"status":503,"times":1,"status":500}]', 'the name "status" is there twice'],
    ['PUT', '/sandbox/clock', '{"now":1,}', 'the body: line 1, column 10: a comma too many before }'],
    ['PUT', '/sandbox/clock', "{'now':1}", 'single quotes'],
    // the query
    [
      'GET',
      '/sandbox/messages?fone=01000000001',
      undefined,
      'fone is not known in the query (known: phone, imp_uid, after, wait); did you mean phone?',
    ],
    [
      'GET',
      '/sandbox/messages?phone=01000000001&phone=01000000003',
      undefined,
      'phone must stand in the query once',
    ],
    ['GET', '/sandbox/messages?phone=undefined', undefined, 'phone must be a mobile number'],
    ['GET', '/sandbox/messages?after=latest', undefined, 'after must be the id of a message'],
    ['GET', '/sandbox/messages?wait=31', undefined, 'wait must be a whole number of seconds from 0 to 30'],
    ['GET', '/sandbox/messages?wait=1.5', undefined, 'wait must be a whole number'],
    ['GET', '/sandbox/messages?__proto__=1', undefined, '__proto__ is not known in the query'],
    [
      'DELETE',
      '/sandbox/messages?phone=01000000001',
      undefined,
      'phone is not known in the query, where nothing is taken',
    ],
    ['GET', '/sandbox/faults?route=x', undefined, 'route is not known in the query'],
    ['POST', '/sandbox/reset?what=all', undefined, 'what is not known in the query'],
    ['GET', '/sandbox/events?after=1', undefined, 'after is not known in the query'],
    ['GET', '/sandbox?lan=en', undefined, 'did you mean lang?'],
    ['GET', '/sandbox?lang=fr', undefined, 'lang must be one of ko, en'],
  ])('%s %s %j is refused: %s', async (method, path, body, says) => {
    const message = await refusal(method, path, body);
    expect(message).toContain(says);
    expect(message).not.toMatch(/홍길동|심청|900131/);
  });

  it('changes nothing', async () => {
    await call('PUT', '/sandbox/clock', { now: 1_900_000_000 });
    await call('PUT', '/sandbox/faults', [{ status: 503, route: '/users/getToken' }]);
    await refusal('PUT', '/sandbox/clock', { advnce: 3 });
    await refusal('PUT', '/sandbox/faults', [{ status: 500 }, { rout: '/users/getToken' }]);
    expect((await call('GET', '/sandbox/clock')).response).toEqual({ now: 1_900_000_000 });
    expect((await call('GET', '/sandbox/faults')).response).toMatchObject([{ status: 503 }]);
    await call('PUT', '/sandbox/clock', {});
    const { response } = await call('GET', '/sandbox/clock');
    expect(response).not.toEqual({ now: 1_900_000_000 });
  });

  it('has all its problems named, and no value', async () => {
    const message = await refusal('POST', '/sandbox/certifications', {
      name: '홍길동<SECRET>',
      birthday: 'SECRET',
      '홍길동 SECRET': 1,
    });
    expect(message).toMatch(
      /name must be .*; birthday must be .*; \(a name that is not shown\) is not known here/,
    );
    await people(Promise.resolve(message));
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`m${at}`, 1]));
    expect(await refusal('POST', '/sandbox/certifications', many)).toMatch(/ and 4980 more$/);
    expect(await refusal('POST', '/sandbox/certifications', { name: deep(30_000) })).toMatch(/^name must be/);
  });

  it('is told from what is left empty', async () => {
    expect((await call('GET', '/sandbox/messages?phone=&imp_uid=&after=&wait=')).status).toBe(200);
    expect((await call('POST', '/sandbox/certifications')).status).toBe(200);
    expect((await call('POST', '/sandbox/certifications', {})).status).toBe(200);
    expect((await call('POST', '/sandbox/certifications', '\ufeff{"name":"심청"}\r\n')).status).toBe(200);
    const nothingTold = { phone: null, carrier: null, gender: null, foreigner: null, origin: null };
    expect((await call('POST', '/sandbox/certifications', nothingTold)).status).toBe(200);
  });

  it('is refused in the call of a page too, where the sandbox is chosen', async () => {
    const start = async (sandbox: unknown) => {
      const answer = await fetch(`${app.url}/page/start`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_code: 'imp00000000', window: 'layer', sandbox }),
      });
      return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) };
    };
    const refusedWith = (text: string) => ({
      status: 400,
      ok: false,
      error_code: 'INVALID_PARAM',
      error_reason: 'INVALID_PARAM',
      error_msg: '본인인증 요청 값이 올바르지 않습니다.',
      warning: expect.stringContaining(text),
    });
    expect(await start({ outcome: 'canceled' })).toEqual(refusedWith('did you mean cancel?'));
    expect(await start({ person: '홍길순' })).toEqual(refusedWith('sandbox.person must be one of 홍길동, '));
    expect(await start({ outcom: 'cancel' })).toEqual(refusedWith('sandbox.outcom is not known here'));
    expect(await start({ auto: 'true' })).toEqual(refusedWith('sandbox.auto must be true or false, or null'));
    expect(await start({ delay_ms: 10_001 })).toEqual(
      refusedWith('sandbox.delay_ms must be a whole number of 0 to 10000'),
    );
    expect(await start({ picker: 'close' })).toEqual(
      refusedWith('sandbox.picker must be one of folded, open, hidden'),
    );
    expect(await start([])).toEqual(refusedWith('sandbox must be an object, or null'));
    for (const sandbox of [
      undefined,
      null,
      {},
      { outcome: 'cancel', person: '홍길동', auto: true, delay_ms: 0 },
    ])
      expect(await start(sandbox)).toMatchObject({ status: 200, ok: true });
  });
});

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
