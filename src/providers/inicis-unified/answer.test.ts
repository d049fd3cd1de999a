import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toAppError } from '../../errors.ts';
import { cryptSeedBlock, expandSeedKey } from '../seed.ts';
import { type AskedResult, readResult } from './answer.ts';
import type { Service } from './settings.ts';

interface Vectors {
  readonly session: Readonly<Record<'mid' | 'mTxId' | 'txId' | 'token' | 'iv', string>>;
  readonly cases: readonly {
    readonly name: string;
    readonly svc: Service;
    readonly plain?: true;
    readonly answer: Readonly<Record<string, unknown>>;
    readonly expect: Readonly<Record<string, unknown>>;
    readonly expect_with_return_di?: Readonly<Record<string, unknown>>;
  }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../test/contract/vectors/inicis-step4.json', import.meta.url), 'utf8'),
);
const { session, cases } = vectors;
const NOW = Date.parse('2026-01-01T00:00:00Z');
const SETTINGS = {
  iv: session.iv,
  return_di: false,
  ask_unverified_sex: false,
  agencies_without_ci: ['KAKAO'],
} as const;

function outcome(answer: unknown, service: Service = '03', settings: Partial<AskedResult['settings']> = {}) {
  const { txId, mTxId: attemptId, token } = session;
  const key = Buffer.from(token, 'base64');
  const asked = { attemptId, txId, service, key, settings: { ...SETTINGS, ...settings }, now: NOW };
  try {
    const body = answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer));
    const { providerTid, identity, unclear } = readResult(body, asked);
    return { outcome: 'certified', providerTid, ...identity, unclear };
  } catch (thrown) {
    const { code, providerCode, detail } = toAppError(thrown);
    return { outcome: 'failed', code, providerCode, detail };
  }
}

const CODES: Readonly<Record<string, string>> = {
  provider_code: 'provider_refused',
  binding_mismatch: 'binding_mismatch',
  incomplete_result: 'incomplete_result',
  unreadable_answer: 'unreadable_answer',
};
const [first] = cases;
const RIGHT = first?.answer ?? {};
/** What is encrypted in the answers. */
const VALUES = {
  M: 'd9V14OSjOTmp6EgVm0XdDg==',
  '0': 'qtWY0BmooEZGd+SJVj6blg==',
  name: '2zg5Hkdl0+l26iT8fVs34w==',
};

describe('an answer of Inicis', () => {
  it.each(cases.filter(({ plain }) => plain !== true))('is read: $name', (each) => {
    const { answer, svc, expect: expected, expect_with_return_di: withDi } = each;
    const got = outcome(answer, svc);
    if (expected['outcome'] === 'failed')
      return expect(got).toMatchObject({
        outcome: 'failed',
        code: CODES[String(expected['reason'])],
        providerCode: null,
      });
    expect(got).toMatchObject({
      outcome: 'certified',
      providerTid: expected['pg_tid'],
      name: expected['name'],
      birthday: expected['birthday'],
      phone: expected['phone'],
      ci: expected['unique_key'] || null,
      di: expected['unique_in_site'],
      gender: expected['gender'],
      foreigner: expected['foreigner_v2'],
      carrier: null,
      mvno: false,
      unclear: [],
    });
    if (withDi !== undefined)
      expect(outcome(answer, svc, { return_di: true })).toMatchObject({ di: withDi['unique_in_site'] });
  });

  it('in clear is not taken: encryption was asked for', () => {
    const plain = cases.find((each) => each.plain === true);
    expect(outcome(plain?.answer, plain?.svc)).toMatchObject({ code: 'unreadable_answer' });
    for (const member of ['userName', 'userPhone', 'userBirthday', 'userCi'])
      expect(outcome({ ...RIGHT, [member]: 'U0FOREJPWA==' }), member).toMatchObject({
        code: 'unreadable_answer',
      });
  });

  it.each([
    ['', 'an empty body'],
    ['null', 'null'],
    ['[]', 'a list'],
    ['"0000"', 'a text'],
    ['{"resultCode":"0000"', 'a half'],
    ['resultCode=0000', 'a form'],
    ['{"resultCode":"9001","resultCode":"0000"}', 'a name that is there twice'],
    ['{"resultCode":"9001","resultMsg":"\u00ff"}', 'another character set', 'latin1'],
  ] as const)('is unreadable: %s', (body, _, encoding: BufferEncoding = 'utf8') => {
    expect(outcome(Buffer.from(body, encoding))).toMatchObject({ code: 'unreadable_answer' });
  });

  it.each([0, '0', null, undefined, true, ['0000'], '00000', '0000 '])(
    'of code %j is no success',
    (resultCode) => {
      expect(outcome({ ...RIGHT, resultCode })).toMatchObject({
        code: typeof resultCode === 'string' ? 'provider_refused' : 'unreadable_answer',
      });
    },
  );

  it('of another code is refused with it, whatever else there is', () => {
    const other = { ...RIGHT, txId: 'another', userName: 'broken' };
    expect(outcome({ ...other, resultCode: '8801' })).toMatchObject({
      code: 'provider_refused',
      providerCode: '8801',
    });
    expect(outcome({ ...other, resultCode: '<script>' })).toMatchObject({ providerCode: null });
  });

  it.each(['txId', 'mTxId', 'svcCd'])(
    'belongs to the attempt by its %s, before anything is opened',
    (member) => {
      for (const value of ['another', '', null, undefined, 3])
        expect(outcome({ ...RIGHT, userName: 'broken', [member]: value })).toMatchObject({
          code: 'binding_mismatch',
          detail: `inicis-unified result: another ${member}`,
        });
      expect(outcome({ ...RIGHT, [member]: String(RIGHT[member]).toUpperCase().concat(' ') })).toMatchObject({
        code: 'binding_mismatch',
      });
    },
  );

  it.each(['userName', 'userPhone', 'userBirthday', 'userCi'])('is nothing without %s', (member) => {
    for (const value of ['', null, undefined, 7, ['x']])
      expect(outcome({ ...RIGHT, [member]: value })).toMatchObject({
        code: 'incomplete_result',
        detail: `inicis-unified result: no usable ${member}`,
      });
  });

  it('needs a birthday that exists, and a phone number with digits', () => {
    expect(outcome({ ...RIGHT, userBirthday: VALUES.name })).toMatchObject({ code: 'incomplete_result' });
    expect(outcome({ ...RIGHT, userPhone: VALUES.name })).toMatchObject({ code: 'incomplete_result' });
  });

  it.each([
    '====',
    'A',
    'AAAA',
    `${VALUES.name.slice(0, -4)}!w==`,
    `${VALUES.name} `,
    VALUES.M.toLowerCase(),
  ])('is unreadable with %j for a name', (userName) => {
    expect(outcome({ ...RIGHT, userName })).toMatchObject({ code: 'unreadable_answer' });
  });

  it('is unreadable when a name is no UTF-8', () => {
    const key = expandSeedKey(Buffer.from(session.token, 'base64'));
    const plain = Buffer.concat([Buffer.of(0xff), Buffer.alloc(15, 15)]);
    const iv = Buffer.from(session.iv);
    const block = cryptSeedBlock(
      plain.map((byte, at) => byte ^ (iv[at] ?? 0)),
      key,
      'encrypt',
    );
    expect(outcome({ ...RIGHT, userName: block.toString('base64') })).toMatchObject({
      code: 'unreadable_answer',
    });
  });

  it('is unreadable with the IV of another merchant', () => {
    expect(outcome(RIGHT, '03', { iv: 'SASHOSTSIRIAS000' })).toMatchObject({ code: 'unreadable_answer' });
  });

  it('may lack the CI only from agencies that are listed', () => {
    const without = { ...RIGHT, userCi: '' };
    expect(outcome({ ...without, providerDevCd: 'KAKAO' })).toMatchObject({ ci: null });
    expect(outcome(without, '03', { agencies_without_ci: ['TOSS'] })).toMatchObject({ ci: null });
    expect(outcome({ ...without, providerDevCd: 'KAKAO' }, '03', { agencies_without_ci: [] })).toMatchObject({
      code: 'incomplete_result',
    });
    expect(outcome({ ...RIGHT, providerDevCd: 'KAKAO' })).toMatchObject({ ci: expect.stringContaining('+') });
  });

  it.each([
    [{ userGender: VALUES.M, isForeign: VALUES['0'] }, 'male', false, []],
    [{ userGender: 'F', isForeign: '1' }, 'female', true, []],
    [{ userGender: 'X', isForeign: '2' }, null, null, ['userGender', 'isForeign']],
    [{ userGender: '', isForeign: undefined }, null, null, ['userGender', 'isForeign']],
    [{ userGender: VALUES.name, isForeign: 1 }, null, null, ['userGender', 'isForeign']],
    [{ userGender: 'm', isForeign: 'true' }, null, null, ['userGender', 'isForeign']],
  ])('tells sex and nationality: %j', (flags, gender, foreigner, unclear) => {
    expect(outcome({ ...RIGHT, ...flags })).toMatchObject({ gender, foreigner, unclear });
  });

  it('of service 01 tells sex and nationality only when people are asked to type them', () => {
    const simple = { ...RIGHT, svcCd: '01', userGender: 'F', isForeign: '1' };
    expect(outcome(simple, '01')).toMatchObject({ gender: null, foreigner: null, unclear: [] });
    const asked = { ask_unverified_sex: true };
    expect(outcome(simple, '01', asked)).toMatchObject({ gender: 'female', foreigner: true });
    expect(outcome({ ...simple, userGender: '' }, '01', asked)).toMatchObject({ gender: null, unclear: [] });
  });

  it('opens the DI only when it goes into the certification', () => {
    const broken = { ...RIGHT, userDi: 'broken' };
    expect(outcome(broken)).toMatchObject({ di: null });
    expect(outcome(broken, '03', { return_di: true })).toMatchObject({ code: 'unreadable_answer' });
    expect(outcome({ ...RIGHT, userDi: '' }, '03', { return_di: true })).toMatchObject({ di: null });
    expect(outcome({ ...RIGHT, svcCd: '01' }, '01', { return_di: true })).toMatchObject({ di: null });
  });

  it('is refused without a word about the person', () => {
    for (const answer of [
      { ...RIGHT, mTxId: 'ZZZZZZZZZZZZZZZZZZZZ' },
      { ...RIGHT, userCi: '' },
      { ...RIGHT, userCi: `${RIGHT['userCi']}AAAA` },
      { ...RIGHT, resultCode: '1', resultMsg: '01000000000 19900131 실패' },
    ])
      expect(JSON.stringify(outcome(answer))).not.toMatch(
        /홍길동|01000000000|19900131|1990-01-31|SANDBOX|2zg5/,
      );
  });
});
