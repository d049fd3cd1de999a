import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Channel } from '../../src/core/channel.ts';
import type { HostedReturn } from '../../src/core/provider.ts';
import { toAppError } from '../../src/errors.ts';
import { type Deviation, InicisSimulator, type Way } from '../../src/simulators/inicis-unified/index.ts';
import {
  adapterFor,
  bytesOf,
  CANARY,
  CANARY_TRACES,
  type Choice,
  OTHER_MERCHANT,
  OTHER_PERSON,
  pressInWindow,
  TEST_MERCHANT,
  TEST_SETTINGS,
} from '../support/inicis.ts';

const STATE = 'x'.repeat(22);
const BACK = `https://id.example/page/back/${STATE}`;
const CHANNEL: Channel = {
  id: 1,
  merchantId: 1,
  position: 0,
  channelKey: 'channel-inicis',
  adapter: 'inicis-unified',
  provider: 'inicis_unified',
  providerMerchantId: TEST_MERCHANT.mid,
  carrierApproval: false,
  foreignerAddOn: false,
  minimumAge: null,
  settings: { keyId: 1, salt: new Uint8Array(), blob: new Uint8Array() },
  proof: new Uint8Array(),
};
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'));

let agency: InicisSimulator;
let lines: string[];
beforeEach(async () => {
  lines = [];
  agency = await InicisSimulator.open({
    merchants: [TEST_MERCHANT, OTHER_MERCHANT],
    people: [CANARY, OTHER_PERSON],
  });
});
afterEach(async () => {
  await agency.close();
  expect(lines.join('\n')).not.toMatch(CANARY_TRACES);
  for (const secret of [TEST_MERCHANT.apiKey, TEST_MERCHANT.iv])
    expect(lines.join('\n')).not.toContain(secret);
});

let count = 0;

/** An attempt at the simulator. `timeout` is for each question. */
async function begin(settings: object = {}, prefill: object = {}, timeout = 10_000) {
  const log = (...line: readonly unknown[]) => void lines.push(JSON.stringify(line));
  const provider = adapterFor(agency, { fetch, log }, timeout);
  const { hosted } = provider;
  if (hosted === undefined) throw new Error('it has no window');
  count += 1;
  const attemptId = `A${String(count).padStart(19, '0')}`;
  const own = {
    channel: CHANNEL,
    settings: provider.parseSettings({ ...TEST_SETTINGS, ...settings }, CHANNEL),
  };
  const begun = await hosted.begin({
    ...own,
    attemptId,
    returnAddress: BACK,
    state: STATE,
    carriers: ['SKT', 'KT', 'LGT', 'MVNO'],
    serviceName: '가상상점',
    prefill: { name: '', phone: '', ...prefill },
    minimumAge: null,
    now: Date.now(),
  });
  const toReturn = (fields: HostedReturn['fields']): HostedReturn => ({
    ...own,
    attemptId,
    memo: begun.memo,
    state: STATE,
    isCancel: false,
    fields,
    now: Date.now(),
  });
  return {
    begun,
    press: (choice: Choice = { do: 'approve' }) => pressInWindow(begun.address, begun.fields ?? {}, choice),
    contradicts: (way: Way) => hosted.contradicts(toReturn(bytesOf(way.fields))),
    /** The identity, or the code of the error with Inicis's own. */
    async complete({ fields }: Pick<Way, 'fields'>) {
      try {
        const { identity, providerTid, unclear = [] } = await hosted.complete(toReturn(bytesOf(fields)));
        return { code: null, providerCode: null, ...identity, providerTid, unclear };
      } catch (thrown) {
        const { code, providerCode, detail } = toAppError(thrown);
        expect(String(detail)).not.toMatch(CANARY_TRACES);
        return { code, providerCode };
      }
    },
  };
}

/** The same from beginning to end. */
async function certify(settings: object = {}, choice: Choice = { do: 'approve' }, prefill: object = {}) {
  const attempt = await begin(settings, prefill);
  return attempt.complete(await attempt.press(choice));
}

const WHOLE = {
  code: null,
  name: CANARY.name,
  birthday: '1991-02-03',
  gender: 'female',
  foreigner: true,
  phone: CANARY.phone,
  carrier: null,
  mvno: false,
  ci: CANARY.ci,
  di: null,
  unclear: [],
};

describe('inicis-unified and the simulator of Inicis', () => {
  it('certify a person in service 03, in both entries, with flags in clear and encrypted', async () => {
    for (const entry of ['/id/auth', '/auth'])
      for (const flags of ['plain', 'sealed'] as const) {
        agency.readings = { ...agency.readings, flags, entries: [entry] };
        const certified = await certify({ entry });
        expect(certified).toMatchObject(WHOLE);
        expect(certified).toMatchObject({ providerTid: expect.stringMatching(/^INISA_INIiasTest\d{24}$/) });
      }
    expect(agency.warnings).toEqual([]);
    expect(agency.asked).toBe(4);
  });

  it('certify a person in service 01 without sex, nationality and DI', async () => {
    const simple = { ...WHOLE, gender: null, foreigner: null };
    expect(await certify({ service: '01' })).toMatchObject(simple);
    const asked = { service: '01', ask_unverified_sex: true };
    expect(await certify(asked)).toMatchObject(simple);
    expect(await certify(asked, { do: 'approve', agency: 'NAVER' })).toMatchObject(WHOLE);
  });

  it('tell the DI only to whom the settings show it', async () => {
    expect(await certify({ return_di: true })).toMatchObject({ ...WHOLE, di: CANARY.di });
  });

  it('take a CI that is missing from KAKAO only', async () => {
    const [simple, kakao] = [{ service: '01' }, { do: 'approve', agency: 'KAKAO' }] as const;
    expect(await certify(simple, kakao)).toMatchObject({ code: null, ci: null });
    expect(await certify({ ...simple, agencies_without_ci: [] }, kakao)).toMatchObject({
      code: 'incomplete_result',
    });
    agency.readings = { ...agency.readings, agenciesWithoutCi: ['TOSS'] };
    expect(await certify()).toMatchObject({ code: 'incomplete_result' });
    expect(await certify(simple, kakao)).toMatchObject({ ci: CANARY.ci });
  });

  it('agree about everything that the settings and the shop’s call add to the form', async () => {
    const more = { direct_agency: 'SMS', di_code: 'SITE', logo_url: 'https://shop.example/logo.png' };
    const fixed = { name: CANARY.name, phone: CANARY.phone, birthday: '1991-02-03' };
    expect(await certify(more, { do: 'approve' }, fixed)).toMatchObject(WHOLE);
    expect(agency.warnings).toEqual([]);
  });

  it('keep two merchants apart, each with its IV', async () => {
    const { mid, apiKey: api_key, iv } = OTHER_MERCHANT;
    expect(await certify({ mid, api_key, iv })).toMatchObject(WHOLE);
    expect(await certify({ iv })).toMatchObject({ code: 'unreadable_answer' });
    await expect(begin({ api_key }).then((attempt) => attempt.press())).rejects.toThrow('authHash is wrong');
    expect(await certify()).toMatchObject(WHOLE);
  });

  it.each([
    ['9001', '9001'],
    ['', null],
    ['<b>', null],
    ['x'.repeat(17), null],
  ])('end with the code %j of the window, without a question', async (code, providerCode) => {
    for (const encodesMessages of [true, false]) {
      agency.readings = { ...agency.readings, encodesMessages };
      expect(await certify({}, { do: 'fail', code })).toEqual({ code: 'provider_refused', providerCode });
    }
    expect(agency.asked).toBe(0);
  });

  it('never claim that a person gave up: Inicis has no code for it', async () => {
    expect(await certify({}, { do: 'cancel' })).toEqual({ code: 'provider_refused', providerCode: '9999' });
    agency.readings = { ...agency.readings, cancelCode: null };
    expect(await certify({}, { do: 'cancel' })).toEqual({ code: 'provider_refused', providerCode: null });
  });

  it.each([...read('inicis-url').reject, ''] as string[])('ask no other host: %j', async (authRequestUrl) => {
    const attempt = await begin();
    const way = await attempt.press();
    const hostile = { ...way.fields, authRequestUrl };
    expect(await attempt.complete({ fields: hostile })).toMatchObject({ code: 'binding_mismatch' });
    expect(agency.asked).toBe(0);
  });

  it('ask no other port, and no address of Inicis that only begins or ends like the right one', async () => {
    const other = await InicisSimulator.open({ merchants: [TEST_MERCHANT], people: [CANARY] });
    onTestFinished(() => other.close());
    const attempt = await begin();
    const way = await attempt.press();
    for (const authRequestUrl of [
      other.url,
      `${agency.url}.evil.example/`,
      `${agency.url}@${new URL(other.url).host}/`,
      `${other.url}/${agency.url}`,
      agency.url.replace('http', 'https'),
    ])
      expect(
        await attempt.complete({ fields: { ...way.fields, authRequestUrl } }),
        authRequestUrl,
      ).toMatchObject({
        code: 'binding_mismatch',
      });
    expect([agency.asked, other.asked]).toEqual([0, 0]);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['binding_mismatch', { mTxId: 'A0000000000000000000' }],
    ['binding_mismatch', { txId: 'INISA_other' }],
    ['binding_mismatch', { svcCd: '01' }],
    ['unreadable_answer', { resultCode: 0 }],
    ['provider_refused', { resultCode: '0' }],
    ['unreadable_answer', { userName: CANARY.name }],
    ['unreadable_answer', { userCi: `${'A'.repeat(42)}==` }],
    ['incomplete_result', { userName: '', userPhone: '', userBirthday: '', userCi: '' }],
    ['incomplete_result', { userPhone: undefined }],
  ])('say %s of an answer with %j', async (code, members) => {
    agency.deviate({ members });
    expect(await certify()).toMatchObject({ code });
    agency.deviate(null);
    expect(await certify()).toMatchObject(WHOLE);
  });

  it.each<[string, string, Deviation]>([
    ['unreadable_answer', 'of status 404', { status: 404 }],
    ['unreadable_answer', 'that leads elsewhere', { status: 302, headers: { Location: '/elsewhere' } }],
    ['unreadable_answer', 'that is empty', { body: '' }],
    ['unreadable_answer', 'in another language', { body: '<html>점검 중</html>' }],
    ['unreadable_answer', 'that is too long', { body: `{"resultCode":"0000","x":"${'y'.repeat(70_000)}"}` }],
    ['unreadable_answer', 'that is cut off', { cut: 'within' }],
    ['unreadable_answer', 'in EUC-KR', { body: Buffer.from('{"resultMsg":"\xbc\xba\xb0\xf8"}', 'latin1') }],
  ])('say %s of an answer %s, and do not ask again', async (code, _, deviation) => {
    agency.deviate(deviation);
    expect(await certify()).toMatchObject({ code });
    expect(agency.asked).toBe(1);
  });

  it('read an answer with a BOM and a wrong content type', async () => {
    const attempt = await begin();
    const way = await attempt.press();
    const { txId } = way.fields;
    const answer = await fetch(`${agency.url}/getResultData`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ mid: TEST_MERCHANT.mid, txId }),
    });
    const body = `\ufeff${await answer.text()}`;
    agency.deviate({ body, headers: { 'Content-Type': 'text/html; charset=euc-kr' } });
    expect(await attempt.complete(way)).toMatchObject(WHOLE);
  });

  it('ask once more when no answer began, or when the server failed', async () => {
    for (const deviation of [{ cut: 'before' }, { status: 500 }, { status: 502, body: 'proxy' }] as const) {
      const before = agency.asked;
      agency.deviate(deviation, 1);
      expect(await certify()).toMatchObject(WHOLE);
      expect(agency.asked - before).toBe(2);
    }
  });

  it.each<[string, Deviation]>([
    ['provider_unavailable', { cut: 'before' }],
    ['unreadable_answer', { status: 500 }],
    ['provider_unavailable', { ready: new Promise(() => {}) }],
  ])('say %s after two tries', async (code, deviation) => {
    const attempt = await begin({}, {}, 300);
    const way = await attempt.press();
    agency.deviate(deviation);
    expect(await attempt.complete(way)).toMatchObject({ code });
    expect(agency.asked).toBe(2);
  });

  it('say provider_unavailable when nobody listens there', async () => {
    const attempt = await begin();
    const way = await attempt.press();
    await agency.close();
    expect(await attempt.complete(way)).toMatchObject({ code: 'provider_unavailable' });
    agency = await InicisSimulator.open({ merchants: [], people: [] });
  });

  it('wait for a slow answer', async () => {
    let answerNow = () => {};
    agency.deviate({ ready: new Promise<void>((resolve) => (answerNow = resolve)) });
    const attempt = await begin();
    const completed = attempt.complete(await attempt.press());
    await expect.poll(() => agency.asked).toBe(1);
    answerNow();
    expect(await completed).toMatchObject(WHOLE);
    expect(agency.asked).toBe(1);
  });

  it('give a result once to one attempt, whatever Inicis says a second time', async () => {
    agency.readings = { ...agency.readings, again: 'refused' };
    const attempt = await begin();
    const way = await attempt.press();
    expect(await attempt.complete(way)).toMatchObject(WHOLE);
    expect(await attempt.complete(way)).toEqual({ code: 'provider_refused', providerCode: '9304' });
  });

  it('certify nobody by the return of another attempt, before and after its owner came back', async () => {
    const [victim, attacker] = [await begin(), await begin()];
    const brought = await victim.press();
    const own = await attacker.press({ do: 'approve', person: '1' });
    expect(await attacker.complete(brought)).toMatchObject({ code: 'binding_mismatch' });
    const { txId } = brought.fields;
    expect(await attacker.complete({ fields: { ...own.fields, txId: String(txId) } })).toMatchObject({
      code: 'binding_mismatch',
    });
    expect(await victim.complete(brought)).toMatchObject(WHOLE);
    expect(await attacker.complete(brought)).toMatchObject({ code: 'binding_mismatch' });
  });

  it('certify nobody by the answer of another attempt, or of another service', async () => {
    const [first, second] = [await begin(), await begin({ service: '01' })];
    const [firstWay, secondWay] = [await first.press(), await second.press()];
    const swap = (way: Way, { fields }: Way): Way => ({
      ...way,
      fields: { ...way.fields, txId: fields['txId'] ?? '' },
    });
    expect(await first.complete(swap(firstWay, secondWay))).toMatchObject({ code: 'binding_mismatch' });
    expect(await second.complete(swap(secondWay, firstWay))).toMatchObject({ code: 'binding_mismatch' });
  });

  it('certify nobody by a success that the browser made up', async () => {
    const attempt = await begin();
    const { fields } = await attempt.press({ do: 'fail', code: '9001' });
    const made = {
      ...fields,
      resultCode: '0000',
      authRequestUrl: `${agency.url}/getResultData`,
      txId: `INISA_INIiasTest${'1'.repeat(24)}`,
      token: Buffer.alloc(16).toString('base64'),
    };
    expect(await attempt.complete({ fields: made })).toEqual({
      code: 'provider_refused',
      providerCode: '9302',
    });
    expect(await attempt.complete({ fields: { resultCode: '0000' } })).toMatchObject({
      code: 'binding_mismatch',
    });
  });

  it('cannot read a person with a key that the browser exchanged', async () => {
    const attempt = await begin();
    const { fields } = await attempt.press();
    const token = Buffer.alloc(16, 7).toString('base64');
    expect(await attempt.complete({ fields: { ...fields, token } })).toMatchObject({
      code: 'unreadable_answer',
    });
  });

  it('contradict a return that has a field twice, and no other one', async () => {
    const attempt = await begin();
    const way = await attempt.press();
    expect(attempt.contradicts(way)).toBeNull();
    expect(attempt.contradicts({ ...way, fields: {} })).toBeNull();
  });

  it('keep what was asked for, when the settings of the channel change meanwhile', async () => {
    const attempt = await begin();
    const way = await attempt.press();
    agency.deviate({ members: { svcCd: '03' } });
    expect(await attempt.complete(way)).toMatchObject(WHOLE);
    expect(JSON.parse(attempt.begun.memo)).toEqual({ mid: TEST_MERCHANT.mid, service: '03' });
    expect(attempt.begun.memo).not.toMatch(CANARY_TRACES);
  });

  it('write one line to the log for each question and each end, with names and codes', async () => {
    await certify();
    await certify({}, { do: 'fail', code: '9001' });
    agency.deviate({ members: { userGender: '?', isForeign: '?' } });
    // What is unclear is returned: the core writes it to the log, once for every adapter.
    expect(await certify()).toMatchObject({ unclear: ['userGender', 'isForeign'] });
    expect(lines.map((line) => JSON.parse(line)[1])).toEqual([
      expect.objectContaining({ adapter: 'inicis-unified', step: 'result', status: 200 }),
      expect.objectContaining({ step: 'complete', code: 'provider_refused' }),
      expect.objectContaining({ step: 'result', status: 200 }),
    ]);
  });
});
