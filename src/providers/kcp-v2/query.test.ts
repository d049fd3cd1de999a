import { createCipheriv, pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { birthInstant } from '../../api/v1/birth.ts';
import type { HostedReturn } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { createKcpV2 } from './index.ts';

const vectors = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../test/contract/vectors/kcp-v2-${name}.json`, import.meta.url), 'utf8'),
  );

interface Mapping {
  readonly payload: string;
  readonly environment: string;
  readonly expect: Readonly<Record<string, unknown>>;
}
const { enc_key, site_cd, cases, must_fail } = vectors('crypto') as {
  readonly enc_key: string;
  readonly site_cd: string;
  readonly cases: readonly { name: string; rv: string; cipher_base64: string; plain: string }[];
  readonly must_fail: readonly { name: string; rv: string; cipher_base64: string }[];
};
const mapping = vectors('mapping') as {
  readonly cases: readonly Mapping[];
  readonly comm_id: Readonly<Record<string, string>>;
  readonly sex_code: Readonly<Record<string, string | null>>;
  readonly local_code: Readonly<Record<string, { foreigner: boolean; foreigner_v2: boolean | null }>>;
};

const SETTINGS = { environment: 'production', site_cd, enc_key, web_siteid: '', page_submit: 'Y' };
const KEY = 'ABCDEFGH12345678';
const ATTEMPT = 'a1B2c3D4e5F6g7H8i9J0';
const NOW = Date.parse('2026-11-30T00:00:00+09:00');
const PERSON = JSON.parse(cases.find(({ name }) => name === 'result-full')?.plain ?? '') as Record<
  string,
  unknown
>;

/** As KCP encrypts. */
function encrypt(plain: string | Uint8Array) {
  const salt = Buffer.alloc(16, 7);
  const derive = (password: string) => pbkdf2Sync(password, salt, 10_000, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', derive(enc_key), derive(site_cd).subarray(0, 16));
  const bytes = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    res_cd: '0000',
    res_msg: 'ok',
    rv: salt.toString('base64'),
    enc_cert_data: bytes.toString('base64'),
  };
}

/** The adapter when the window reported success, and KCP answers the query with these, one after the other. */
function openAdapter(...answers: readonly unknown[]) {
  const asked: (readonly [string, RequestInit])[] = [];
  const lines: unknown[] = [];
  const answer: typeof fetch = async (url, options = {}) => {
    asked.push([String(url), options]);
    const body = answers[Math.min(asked.length, answers.length) - 1];
    if (body instanceof Error) throw body;
    return new Response(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const { hosted } = createKcpV2({ fetch: answer, log: (...line) => lines.push(line) });
  const complete = async (more: object = {}) => {
    const returned = {
      channel: {} as HostedReturn['channel'],
      settings: SETTINGS,
      attemptId: ATTEMPT,
      memo: KEY,
      state: 'Zm9vYmFyYmF6cXV4MTIzNA',
      isCancel: false,
      fields: [
        ['res_cd', '0000'],
        ['reg_cert_key', 'of-the-browser'],
        ['ordr_idxx', 'of-the-browser'],
        ['user_name', '이몽룡'],
      ],
      now: NOW,
      ...more,
    } as const;
    const result = await hosted?.complete(returned);
    if (result === undefined) throw new Error('it has no window');
    return result;
  };
  return { complete, asked, lines };
}
const completeWith = (payload: object, more: object = {}) =>
  openAdapter(encrypt(JSON.stringify(payload))).complete(more);
const without = (...names: readonly string[]) =>
  Object.fromEntries(Object.entries(PERSON).filter(([name]) => !names.includes(name)));

async function errorOf(called: Promise<unknown>): Promise<AppError> {
  const thrown = await called.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

describe('the query of a result at KCP', () => {
  it('asks about what was kept, and never about what the browser brought back', async () => {
    const { complete, asked } = openAdapter(encrypt(JSON.stringify(PERSON)));
    expect((await complete()).identity.name).toBe('홍길동');
    const headers = { 'Content-Type': 'application/json', site_cd };
    const body = JSON.stringify({ reg_cert_key: KEY, ordr_idxx: ATTEMPT });
    expect(asked).toEqual([
      [
        'https://cert.kcp.co.kr/api/query/getCertData.do',
        expect.objectContaining({ method: 'POST', headers, body }),
      ],
    ]);
    await complete({ settings: { ...SETTINGS, environment: 'test' } });
    expect(asked[1]?.[0]).toBe('https://testcert.kcp.co.kr/api/query/getCertData.do');
  });

  it('is repeated once when no answer began', async () => {
    const once = openAdapter(new Error('reset'), encrypt(JSON.stringify(PERSON)));
    expect((await once.complete()).identity.name).toBe('홍길동');
    const sent = once.asked.map(([url, { method, headers, body }]) => [url, method, headers, body]);
    expect(sent[1]).toEqual(sent[0]);
    const never = openAdapter(new Error('reset'));
    expect((await errorOf(never.complete())).code).toBe('provider_unavailable');
    expect(never.asked).toHaveLength(2);
  });

  it.each([
    ['CS24', 'CS24'],
    ['9999', '9999'],
    ['', null],
    ['0', '0'],
    ['<b>', null],
  ])(
    'that is refused with %j ends with it, and is never given up by the person',
    async (res_cd, providerCode) => {
      const { complete, lines } = openAdapter({ ...encrypt(JSON.stringify(PERSON)), res_cd });
      expect(await errorOf(complete())).toMatchObject({ code: 'provider_refused', providerCode });
      const line = { adapter: 'kcp-v2', step: 'query', attempt: ATTEMPT, code: providerCode ?? 'not a code' };
      expect(lines).toContainEqual(['warn', line, 'an agency refused']);
    },
  );

  it.each([
    ['a number as code', { ...encrypt('{}'), res_cd: 0 }],
    ['no code', { ...encrypt('{}'), res_cd: undefined }],
    ['HTML', '<html></html>'],
    ['no salt', { ...encrypt('{}'), rv: undefined }],
    ['a salt that is a number', { ...encrypt('{}'), rv: 5 }],
    ['no encrypted part', { ...encrypt('{}'), enc_cert_data: undefined }],
    ['an encrypted part that is no text', { ...encrypt('{}'), enc_cert_data: ['x'] }],
    ['a code that is there twice', '{"res_cd":"0001","res_cd":"0000"}'],
    ['a list inside', encrypt('[]')],
    ['a text inside', encrypt('"x"')],
    ['nothing inside', encrypt('')],
    ['a name inside that is there twice', encrypt('{"user_name":"홍길동","user_name":"심청"}')],
    ['bytes inside that are no UTF-8', encrypt(Buffer.from('{"user_name":"\xb0\xa1"}', 'latin1'))],
  ])('is unreadable with %s, and not repeated', async (_, answer) => {
    const { complete, asked } = openAdapter(answer);
    expect((await errorOf(complete())).code).toBe('unreadable_answer');
    expect(asked).toHaveLength(1);
  });

  it.each(must_fail.filter(({ name }) => !/wrong-site|hex-decoded/.test(name)))(
    'is unreadable with $name',
    async ({ rv, cipher_base64 }) => {
      const answer = { res_cd: '0000', rv, enc_cert_data: cipher_base64 };
      expect((await errorOf(openAdapter(answer).complete())).code).toBe('unreadable_answer');
    },
  );
});

describe('a result of KCP', () => {
  it.each(mapping.cases)('becomes a certification as in $payload, $environment', async (vector) => {
    const sealed = cases.find(({ name }) => name === vector.payload);
    const answer = { res_cd: '0000', rv: sealed?.rv, enc_cert_data: sealed?.cipher_base64 };
    const settings = { ...SETTINGS, environment: vector.environment };
    const completed = openAdapter(answer).complete({ settings });
    const { outcome, reason, provider_code, ...members } = vector.expect;
    if (outcome === 'failed') {
      const code = reason === 'provider_code' ? 'provider_refused' : reason;
      expect(await errorOf(completed)).toMatchObject({ code, providerCode: provider_code ?? null });
      return;
    }
    const { identity, providerTid, mayLackBirthday } = await completed;
    const { birthday, foreigner, carrier, mvno } = identity;
    const shown: Readonly<Record<string, unknown>> = {
      pg_provider: 'kcp_v2',
      pg_tid: providerTid,
      pg_tid_from: providerTid === KEY ? 'reg_cert_key' : 'per_cert_no',
      name: identity.name,
      gender: identity.gender,
      birthday: birthday === '' && mayLackBirthday ? null : birthday,
      birth: birthday === '' ? 0 : birthInstant(JSON.stringify(birthday)),
      foreigner: foreigner ?? false,
      foreigner_v2: foreigner,
      phone: identity.phone,
      carrier: mvno ? `${carrier}_MVNO` : carrier,
      unique_key: identity.ci,
      unique_in_site: identity.di,
    };
    expect(shown).toMatchObject(members);
  });

  it.each(Object.entries(mapping.comm_id))('with the carrier %j shows %s', async (comm_id, shown) => {
    const { identity, unclear } = await completeWith({ ...PERSON, comm_id });
    const { carrier, mvno } = identity;
    expect(mvno ? `${carrier}_MVNO` : (carrier ?? 'absent')).toBe(shown);
    expect(unclear).toEqual(shown !== 'absent' ? [] : comm_id === '' ? ['comm_id'] : ['carrier']);
  });

  it.each(Object.entries(mapping.sex_code))('with the sex %j shows %j', async (sex_code, gender) => {
    const { identity, unclear } = await completeWith({ ...PERSON, sex_code });
    expect(identity.gender).toBe(gender);
    expect(unclear).toEqual(gender === null ? ['sex_code'] : []);
  });

  it.each(Object.entries(mapping.local_code))('with the nationality %j', async (local_code, shown) => {
    const { identity } = await completeWith({ ...PERSON, local_code });
    expect([identity.foreigner ?? false, identity.foreigner]).toEqual([shown.foreigner, shown.foreigner_v2]);
  });

  it.each(['__proto__', 'constructor', '1', '03', '01x'])(
    'does not take %j for a sex or a nationality',
    async (code) => {
      const { identity } = await completeWith({ ...PERSON, sex_code: code, local_code: code, comm_id: code });
      expect(identity).toMatchObject({ gender: null, foreigner: null, carrier: null });
    },
  );

  it.each(['user_name', 'phone_no', 'birth_day', 'CI'])('is incomplete without %s', async (name) => {
    const bare = without('CI_URL', name);
    for (const payload of [
      bare,
      { ...bare, [name]: '' },
      { ...bare, [name]: '  ' },
      { ...bare, [name]: 5 },
    ]) {
      if (name === 'CI' && payload[name] === '  ') continue;
      const error = await errorOf(completeWith(payload));
      expect(error).toMatchObject({
        code: 'incomplete_result',
        detail: `kcp-v2 query: success without ${name}`,
      });
    }
  });

  it('is incomplete with a birthday that is no day, on the test server too', async () => {
    for (const environment of ['production', 'test'])
      for (const birth_day of ['19901332', '20991231', '900131', 'x'])
        expect(
          (await errorOf(completeWith({ ...PERSON, birth_day }, { settings: { ...SETTINGS, environment } })))
            .code,
        ).toBe('incomplete_result');
  });

  it('may lack birthday, sex and nationality on the test server only, and nothing else', async () => {
    const settings = { ...SETTINGS, environment: 'test' };
    const blank = { ...PERSON, birth_day: '', sex_code: '', local_code: '' };
    expect(await completeWith(blank, { settings })).toMatchObject({
      identity: { birthday: '', gender: null, foreigner: null },
      mayLackBirthday: true,
      unclear: ['birth_day', 'sex_code', 'local_code'],
    });
    expect((await errorOf(completeWith(blank))).code).toBe('incomplete_result');
    expect(await completeWith(PERSON)).toMatchObject({ mayLackBirthday: false });
    for (const name of ['user_name', 'phone_no'])
      expect((await errorOf(completeWith({ ...blank, [name]: '' }, { settings }))).code).toBe(
        'incomplete_result',
      );
  });

  it.each([
    ['CS16', 'CS16'],
    ['9999', '9999'],
    ['', null],
    [0, null],
    [null, null],
  ])('with the code %j inside is refused with it', async (res_cd, providerCode) => {
    const error = await errorOf(completeWith({ ...PERSON, res_cd }));
    expect(error).toMatchObject({ code: 'provider_refused', providerCode });
  });

  it('needs no code inside', async () => {
    expect((await completeWith(without('res_cd', 'res_msg'))).identity.name).toBe('홍길동');
  });

  it.each([
    ['CI', 'ci'],
    ['DI', 'di'],
  ] as const)('takes %s from its encoded copy, else as it is', async (name, member) => {
    const copy = `${name}_URL`;
    const text = PERSON[name] as string;
    const other = text.replace('REAL', 'LEAR');
    const encoded = encodeURIComponent(text);
    const plays: readonly (readonly [payload: object, value: string, unclear: readonly string[]])[] = [
      [{ [name]: text, [copy]: encoded }, text, []],
      [{ [copy]: encoded }, text, []],
      [{ [name]: text }, text, []],
      [{ [member]: text }, text, []],
      [{ [name]: text, [member]: other }, text, []],
      // Not decoded as a form: a plus stays a plus.
      [{ [copy]: text }, text, []],
      [{ [name]: other, [copy]: encoded }, text, [copy]],
      [{ [name]: text, [copy]: '' }, text, [copy]],
      [{ [name]: text, [copy]: '%zz' }, text, [copy]],
      [{ [name]: text, [copy]: '%B0%A1' }, text, [copy]],
      [{ [name]: text, [copy]: 5 }, text, [copy]],
    ];
    for (const [payload, value, unclear] of plays) {
      const result = await completeWith({ ...without(name, copy), ...payload });
      expect(result.identity[member]).toBe(value);
      expect(result.unclear).toEqual(unclear);
    }
  });

  it('keeps a CI of another form, and names it', async () => {
    const { identity, unclear } = await completeWith({ ...without('CI_URL'), CI: 'short' });
    expect(identity.ci).toBe('short');
    expect(unclear).toEqual(['ci']);
  });

  it('has no DI where KCP sends none', async () => {
    const { identity, unclear } = await completeWith(without('DI', 'DI_URL'));
    expect(identity.di).toBeNull();
    expect(unclear).toEqual(['DI']);
  });

  it.each([
    ['per_cert_no', { per_cert_no: 'x'.repeat(50) }, KEY, 'x'.repeat(50)],
    ['the key, when that is empty', { per_cert_no: '' }, KEY, KEY],
    ['the key, when that is too long', { per_cert_no: 'x'.repeat(51) }, KEY, KEY],
    ['the key, when that is no text', { per_cert_no: 5 }, KEY, KEY],
    ['our id, when both are too long', { per_cert_no: 'x'.repeat(51) }, 'k'.repeat(51), ATTEMPT],
  ])('is numbered by %s', async (_, more, memo, tid) => {
    expect((await completeWith({ ...PERSON, ...more }, { memo })).providerTid).toBe(tid);
  });

  it('leaves no person, key or number in the log or in an error', async () => {
    const canary = {
      ...without('CI_URL', 'DI_URL'),
      user_name: '까나리아',
      phone_no: '01000007531',
      birth_day: '19910203',
      CI: 'canary-ci',
      DI: 'canary-di',
      CI_URL: '%zz',
      comm_id: 'CANARY',
      per_cert_no: 'canary-number',
      res_msg: '까나리아',
    };
    const good = openAdapter(encrypt(JSON.stringify(canary)));
    // The core writes these names to the log.
    const { unclear } = (await good.complete()) ?? {};
    expect(unclear).not.toEqual([]);
    expect(good.lines).toHaveLength(1);
    const bad = openAdapter(encrypt(JSON.stringify({ ...canary, CI: '' })));
    const error = await errorOf(bad.complete());
    const inner = openAdapter(encrypt(JSON.stringify({ ...canary, res_cd: 'CS16' })));
    const told = inspect(
      [good.lines, unclear, bad.lines, inner.lines, error, await errorOf(inner.complete())],
      {
        depth: 9,
      },
    );
    for (const secret of [/까나리아/, /7531/, /1991/, /canary/i, new RegExp(enc_key), new RegExp(KEY)])
      expect(told).not.toMatch(secret);
  });
});
