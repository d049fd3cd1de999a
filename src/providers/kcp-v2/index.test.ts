import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HostedReturn, Settings } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { createKcpV2 } from './index.ts';

const SITE = 'AO7F3';
const KEY = 'c2a22fa3ebe4698075bcac6b433d52e351c881b02fb83488d4283a43385b1f8e';
const SETTINGS = { environment: 'test', site_cd: SITE, enc_key: KEY, web_siteid: '', page_submit: 'Y' };
const LIVE = { ...SETTINGS, environment: 'production', site_cd: 'SM123', enc_key: 'ab'.repeat(32) };
const STATE = 'Zm9vYmFyYmF6cXV4MTIzNA';
const ATTEMPT = 'a1B2c3D4e5F6g7H8i9J0';
const REGISTERED = {
  res_cd: '0000',
  res_msg: 'ok',
  call_url: 'https://testcert.kcp.co.kr/kcp_cert/certGateway.do',
  reg_cert_key: 'ABCDEFGH12345678',
};
/** What the core says of itself. The adapter reads no more of a channel than its settings. */
const CHANNEL = {} as HostedReturn['channel'];

type Asked = readonly [url: string, options: RequestInit];

/** The adapter, whose calls are answered with these bodies. */
function openAdapter(...answers: readonly unknown[]) {
  const asked: Asked[] = [];
  const lines: unknown[] = [];
  const answer: typeof fetch = async (url, options = {}) => {
    asked.push([String(url), options]);
    const body = answers[Math.min(asked.length, answers.length) - 1];
    if (body instanceof Error) throw body;
    return new Response(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const { hosted } = createKcpV2({ fetch: answer, log: (...line) => lines.push(line) });
  if (hosted === undefined) throw new Error('it has no window');
  const begin = (more: object = {}) =>
    hosted.begin({
      channel: CHANNEL,
      settings: SETTINGS,
      attemptId: ATTEMPT,
      returnAddress: `https://id.example/page/back/${STATE}`,
      state: STATE,
      serviceName: '상점',
      prefill: { name: '홍길동', phone: '01012345678' },
      carriers: ['SKT'],
      minimumAge: 19,
      now: 0,
      ...more,
    });
  const back = (fields: HostedReturn['fields'], more: object = {}): HostedReturn => ({
    channel: CHANNEL,
    settings: SETTINGS as Settings,
    attemptId: ATTEMPT,
    memo: REGISTERED.reg_cert_key,
    state: STATE,
    isCancel: false,
    fields,
    now: 0,
    ...more,
  });
  const complete = (fields: HostedReturn['fields'], more: object = {}) => hosted.complete(back(fields, more));
  const contradicts = (...fields: readonly (readonly [string, string])[]) => hosted.contradicts(back(fields));
  return { hosted, begin, complete, contradicts, asked, lines };
}

async function errorOf(called: Promise<unknown>): Promise<AppError> {
  const thrown = await called.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

/** What KCP reads of a registration. */
function decrypt([, { headers, body }]: Asked, site = SITE, key = KEY): string {
  const salt = Buffer.from(new Headers(headers).get('rv') ?? '', 'base64');
  expect(salt).toHaveLength(16);
  const derive = (password: string) => pbkdf2Sync(password, salt, 10_000, 32, 'sha256');
  const decipher = createDecipheriv('aes-256-cbc', derive(key), derive(site).subarray(0, 16));
  return decipher.update(String(body), 'base64', 'utf8') + decipher.final('utf8');
}

describe('the registration of a trade at KCP', () => {
  it('is one encrypted text of the seven fields, and leads to the window by a form', async () => {
    const { begin, asked } = openAdapter(REGISTERED);
    expect(await begin()).toEqual({
      address: REGISTERED.call_url,
      fields: { reg_cert_key: REGISTERED.reg_cert_key, kcp_page_submit_yn: 'Y' },
      memo: REGISTERED.reg_cert_key,
    });
    const [url, { method, headers, body, redirect }] = asked[0] as Asked;
    expect([url, method, redirect]).toEqual([
      'https://testcert.kcp.co.kr/api/reg/certDataReg.do',
      'POST',
      'manual',
    ]);
    expect(Object.keys(headers as object).toSorted()).toEqual(['Content-Type', 'rv', 'site_cd']);
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', site_cd: SITE });
    expect(body).toMatch(/^[0-9A-Za-z+/]+={0,2}$/);
    // Not escaped, in this order: as the vector `register-full`.
    expect(decrypt(asked[0] as Asked)).toBe(
      `{"site_cd":"AO7F3","ordr_idxx":"${ATTEMPT}","Ret_URL":"https://id.example/page/back/${STATE}",` +
        `"web_siteid":"","param_opt_1":"${STATE}","param_opt_2":"","param_opt_3":""}`,
    );
    expect(asked).toHaveLength(1);
  });

  it('goes to the server of the environment, with the site of the channel', async () => {
    const call_url = 'https://cert.kcp.co.kr/kcp_cert/certGateway.do';
    const { begin, asked } = openAdapter({ ...REGISTERED, call_url });
    const settings = { ...LIVE, web_siteid: 'J12345678901', page_submit: 'N' };
    expect((await begin({ settings })).fields).toMatchObject({ kcp_page_submit_yn: 'N' });
    expect(asked[0]?.[0]).toBe('https://cert.kcp.co.kr/api/reg/certDataReg.do');
    const sent = JSON.parse(decrypt(asked[0] as Asked, LIVE.site_cd, LIVE.enc_key));
    expect(sent).toMatchObject({ site_cd: 'SM123', web_siteid: 'J12345678901' });
  });

  it('says nothing about a person', async () => {
    const { begin, asked } = openAdapter(REGISTERED);
    await begin();
    expect(decrypt(asked[0] as Asked)).not.toMatch(/홍길동|01012345678|19/);
  });

  it('is not tried with a return address that KCP would cut', async () => {
    const { begin, asked } = openAdapter(REGISTERED);
    const addressOf = (length: number) => 'https://id.example/'.padEnd(length, 'x');
    expect((await errorOf(begin({ returnAddress: addressOf(257) }))).code).toBe('provider_misconfigured');
    expect(asked).toEqual([]);
    await begin({ returnAddress: addressOf(256) });
  });

  it.each([
    ['S001', 'S001'],
    ['9999', '9999'],
    ['0', '0'],
    ['', null],
    ['<script>', null],
    ['00000', '00000'],
    [' 0000', null],
  ])('that is refused with %j tells the operator', async (res_cd, providerCode) => {
    const { begin, lines } = openAdapter({
      ...REGISTERED,
      res_cd,
      res_msg: '사이트코드 %0A오류 01012345678',
    });
    const error = await errorOf(begin());
    expect(error).toMatchObject({ code: 'provider_misconfigured', providerCode });
    const message = '사이트코드 오류 *';
    expect(error.detail).toBe(`kcp-v2 register: ${message}`);
    const code = providerCode ?? 'not a code';
    const line = { adapter: 'kcp-v2', step: 'register', attempt: ATTEMPT, message, code };
    expect(lines).toContainEqual(['warn', line, 'an agency refused']);
  });

  it.each([
    ['a number as code', { ...REGISTERED, res_cd: 0 }],
    ['no code', { ...REGISTERED, res_cd: undefined }],
    ['HTML', '<html></html>'],
    ['a list', '[]'],
    ['a code that is there twice', '{"res_cd":"0000","res_cd":"0001"}'],
    ['no address', { ...REGISTERED, call_url: undefined }],
    ['no key', { ...REGISTERED, reg_cert_key: undefined }],
    ['an empty key', { ...REGISTERED, reg_cert_key: '' }],
    ['a key that is too long', { ...REGISTERED, reg_cert_key: 'x'.repeat(101) }],
    ['a key with a line break', { ...REGISTERED, reg_cert_key: 'x\n' }],
    ['a key in Hangul', { ...REGISTERED, reg_cert_key: '키' }],
    ['a key that is a number', { ...REGISTERED, reg_cert_key: 12_345 }],
  ])('is unreadable with %s', async (_, answer) => {
    const { begin, asked } = openAdapter(answer);
    expect((await errorOf(begin())).code).toBe('unreadable_answer');
    expect(asked).toHaveLength(1);
  });

  it('takes keys of 1 and of 100 characters', async () => {
    for (const reg_cert_key of ['x', '!'.repeat(100)])
      expect((await openAdapter({ ...REGISTERED, reg_cert_key }).begin()).memo).toBe(reg_cert_key);
  });

  it('is not repeated when KCP cannot be reached', async () => {
    const { begin, asked } = openAdapter(new Error('reset'), REGISTERED);
    expect((await errorOf(begin())).code).toBe('provider_unavailable');
    expect(asked).toHaveLength(1);
  });
});

describe('the address of the window', () => {
  const TESTS = [
    'https://testcert.kcp.co.kr',
    'https://testcert.kcp.co.kr/',
    'https://testcert.kcp.co.kr:443/a?b=c@d',
    'https://stg-smcert.kcp.co.kr/a',
    'https://test.kcp.co.kr/a',
    'https://testspl.pay.kcp.co.kr/a',
    'https://TESTCERT.KCP.CO.KR/a',
  ];
  const LIVES = [
    'https://cert.kcp.co.kr/a',
    'https://smcert.kcp.co.kr/a',
    'https://a.test.kcp.co.kr/a',
    'https://cert.kcp.co.kr?a',
  ];
  const NEITHER = [
    '',
    'cert.kcp.co.kr/a',
    '//cert.kcp.co.kr/a',
    'http://cert.kcp.co.kr/a',
    'http://testcert.kcp.co.kr/a',
    'ftp://cert.kcp.co.kr/a',
    'javascript:alert(1)//.kcp.co.kr',
    'https://kcp.co.kr/a',
    'https://testkcp.co.kr/a',
    'https://.kcp.co.kr/a',
    'https://cert.kcp.co.kr./a',
    'https://cert.kcp.co.kr.evil.example/a',
    'https://certkcp.co.kr/a',
    'https://evil.example/.kcp.co.kr',
    'https://evil.example?.kcp.co.kr',
    'https://evil.example#.kcp.co.kr',
    'https://evil.example\\.kcp.co.kr',
    'https:\\\\cert.kcp.co.kr/a',
    'https://cert.kcp.co.kr\\a',
    'https://cert.kcp.co.kr/a\\b',
    'https://user@cert.kcp.co.kr/a',
    'https://user:word@testcert.kcp.co.kr/a',
    'https://@cert.kcp.co.kr/a',
    'https://cert.kcp.co.kr@evil.example/a',
    'https://cert.kcp.co.kr:8443/a',
    'https://testcert.kcp.co.kr:80/a',
    'https://cert.kcp.co.kr:x/a',
    ' https://cert.kcp.co.kr/a',
    'https://cert.kcp.co.kr/a b',
    'https://cert.kcp.co.kr/a\n',
    'https://cert.k\tcp.co.kr/a',
    'https://cert.kcp.co.kr/가',
    'https://cert.kcp.co.kｒ/a',
    'https://cert%2ekcp.co.kr/a',
    `https://cert.kcp.co.kr/${'a'.repeat(512)}`,
    `https://testcert.kcp.co.kr/${'a'.repeat(512)}`,
  ];
  const takes = async (settings: object, call_url: string) => {
    const begun = openAdapter({ ...REGISTERED, call_url }).begin({ settings });
    return begun.then(
      ({ address }) => address === call_url,
      (error: AppError) => {
        expect(error.code).toBe('unreadable_answer');
        return false;
      },
    );
  };

  it.each(TESTS)('is on a test server: %j', async (address) => {
    expect(await takes(SETTINGS, address)).toBe(true);
    expect(await takes(LIVE, address)).toBe(false);
  });

  it.each(LIVES)('is on a server of production: %j', async (address) => {
    expect(await takes(LIVE, address)).toBe(true);
    expect(await takes(SETTINGS, address)).toBe(false);
  });

  it.each(NEITHER)('is on neither: %j', async (address) => {
    expect(await takes(LIVE, address)).toBe(false);
    expect(await takes(SETTINGS, address)).toBe(false);
  });

  it('has at most 512 characters', async () => {
    const addressOf = (length: number) => 'https://testcert.kcp.co.kr/'.padEnd(length, 'a');
    expect(await takes(SETTINGS, addressOf(512))).toBe(true);
    expect(await takes(SETTINGS, addressOf(513))).toBe(false);
  });
});

describe('a return from the window', () => {
  const ok = ['res_cd', '0000'] as const;

  it('belongs to its attempt with the state, with the key, with both, and without', () => {
    const { contradicts } = openAdapter();
    const state = ['param_opt_1', STATE] as const;
    const key = ['reg_cert_key', REGISTERED.reg_cert_key] as const;
    const empty = [
      ['param_opt_1', ''],
      ['reg_cert_key', ''],
    ] as const;
    for (const fields of [[ok], [ok, state], [ok, key], [ok, state, key], [ok, ...empty], []])
      expect(contradicts(...fields)).toBeNull();
  });

  it.each([
    ['another state', [ok, ['param_opt_1', 'Zm9vYmFyYmF6cXV4MTIzNB']]],
    ['a part of the state', [ok, ['param_opt_1', STATE.slice(1)]]],
    ['the state in other letters', [ok, ['param_opt_1', STATE.toUpperCase()]]],
    ['another key', [ok, ['reg_cert_key', 'ABCDEFGH12345679']]],
    ['the key with a blank', [ok, ['reg_cert_key', `${REGISTERED.reg_cert_key} `]]],
    ['the code twice', [ok, ok]],
    ['two codes', [ok, ['res_cd', '9999']]],
    ['the state twice', [ok, ['param_opt_1', STATE], ['param_opt_1', STATE]]],
    ['another field twice', [ok, ['x', '1'], ['x', '2']]],
  ] as const)('is refused with %s, which is not quoted', (_, fields) => {
    const said = openAdapter().contradicts(...fields);
    expect(said).not.toBeNull();
    expect(said).not.toMatch(/Zm9v|ABCDEFGH/i);
  });

  it('with 9999 is given up, and nobody is asked', async () => {
    const { complete, asked } = openAdapter();
    expect(await errorOf(complete([['res_cd', '9999']]))).toMatchObject({ code: 'person_cancelled' });
    expect(await errorOf(complete([ok], { isCancel: true }))).toMatchObject({ code: 'person_cancelled' });
    expect(asked).toEqual([]);
  });

  it.each([
    ['CS12', 'CS12'],
    ['CS16', 'CS16'],
    ['CS24', 'CS24'],
    ['3001', '3001'],
    ['0', '0'],
    ['00000', '00000'],
    ['0000 ', null],
    ['', null],
    ['<b>', null],
  ])('with the code %j is refused with it, and nobody is asked', async (res_cd, providerCode) => {
    const { complete, asked, lines } = openAdapter();
    const error = await errorOf(complete([['res_cd', res_cd]]));
    expect(error).toMatchObject({ code: 'provider_refused', providerCode });
    expect(asked).toEqual([]);
    const line = { adapter: 'kcp-v2', step: 'return', attempt: ATTEMPT, code: providerCode ?? 'not a code' };
    expect(lines).toEqual([['warn', line, 'an agency refused']]);
  });

  it('without a code is refused without one', async () => {
    const { complete, asked } = openAdapter();
    const forged = [
      ['RES_CD', '0000'],
      ['__proto__', '0000'],
    ] as const;
    for (const fields of [[], forged])
      expect(await errorOf(complete(fields))).toMatchObject({ code: 'provider_refused', providerCode: null });
    expect(asked).toEqual([]);
  });
});
