import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  copyLive,
  findCanaries,
  listFiles,
  type Spelling,
  spellBytes,
  spellText,
} from '../support/canaries.ts';
import { type Answer, Client, SECRET_A, textOf } from '../support/client.ts';
import { Shop } from '../support/shop.ts';
import { startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * What becomes of codes, names and numbers in the OTP flow, in the ways in which it fails above all. Codes are
 * random here, since the usual one stands in every message.
 */

const ANNA = {
  name: '뷁캐나리쀍',
  phone: '010-2468-1357',
  birth: '900131',
  gender_digit: '1',
  carrier: 'SKT',
};
const JOHN = { ...ANNA, name: 'Qwzxbird Canarino', phone: '+82 10 9753 8642', gender_digit: '5' };
const REGISTRATION_NUMBER = '900131-1928374';
const BYPASS = 'canaryInABypassXz1';
const COMPANY = 'canaryShopXz2';
const MERCHANT_UID = 'canary_order_Xz3';
/** One more than may be tried, should the code be one of them. */
const GUESSES = ['735190', '735191', '735192', '735193', '735194', '735195'];
const MALFORMED_CODE = '73519-canaryXz5';

type Canaries = Map<string, readonly Spelling[]>;

const TEXTS: Readonly<Record<string, string>> = {
  'name of Anna': ANNA.name,
  'phone of Anna': '01024681357',
  'phone of Anna as sent': ANNA.phone,
  'name of John': JOHN.name,
  'phone of John': '01097538642',
  'phone of John as sent': JOHN.phone,
  'registration number': REGISTRATION_NUMBER,
  'registration number without its hyphen': REGISTRATION_NUMBER.replace('-', ''),
  'second half of the registration number': '1928374',
  bypass: BYPASS,
  company: COMPANY,
  merchant_uid: MERCHANT_UID,
  'malformed code': MALFORMED_CODE,
  secret: SECRET_A,
};

/** Files with a code in them: on its own as digits, since times hold any six digits, or in another spelling. */
function findCodes(folders: readonly string[], codes: ReadonlySet<string>): readonly string[] {
  const hidden = new Map(
    [...codes].map((code) => [
      code,
      [...spellBytes(Buffer.from(code)).slice(1), ...spellBytes(Buffer.from(code, 'utf16le'))],
    ]),
  );
  const plain = folders.flatMap(listFiles).flatMap((file) => {
    const found = findCodesIn(readFileSync(file, 'latin1'), codes);
    return found.map(() => file);
  });
  return [...plain, ...findCanaries(folders, hidden).map(({ file }) => file)];
}

function findCodesIn(text: string, codes: ReadonlySet<string>): readonly string[] {
  return [...codes].filter((code) => new RegExp(`(?<!\\d)${code}(?!\\d)`).test(text));
}

function canariesIn(text: string, canaries: Canaries): readonly string[] {
  return [...canaries]
    .filter(([, spellings]) => spellings.some(({ bytes }) => text.includes(bytes.toString('latin1'))))
    .map(([label]) => label);
}

/** Everything that can become of a code: right, wrong, spent, late, superseded, deleted, refused. */
async function useCodes(shop: Shop, codes: Set<string>): Promise<readonly Answer[]> {
  const failures: Answer[] = [];
  const send = async (more: object): Promise<readonly [impUid: string, code: string]> => {
    const impUid = await shop.impUid(more);
    const code = (await shop.messages()).find((message) => message.imp_uid === impUid)?.otp ?? '';
    expect(code).toMatch(/^\d{6}$/);
    codes.add(code);
    return [impUid, code];
  };
  const fail = async (answer: Promise<Answer>, status: number) => {
    expect((await answer).status).toBe(status);
    failures.push(await answer);
  };
  for (const guess of GUESSES) codes.add(guess);
  const wrongFor = (code: string) => GUESSES.filter((guess) => guess !== code).slice(0, 5);
  for (const person of [ANNA, JOHN])
    for (const channel_key of ['channel-danal', 'channel-danal-approved', 'channel-kcp']) {
      const more = { ...person, channel_key, company: COMPANY, merchant_uid: MERCHANT_UID };
      const [first, firstCode] = await send({ ...more, bypass: { danal: { note: BYPASS } } });
      const [second, secondCode] = await send(more);
      await fail(shop.confirm(first, firstCode), 400);
      await fail(shop.confirm(second, MALFORMED_CODE), 400);
      await fail(shop.confirm(second, wrongFor(secondCode)[0]), 400);
      const confirmed = await shop.confirm(second, secondCode);
      expect(textOf(confirmed.response, 'name')).toBe(person.name);
      await fail(shop.confirm(second, secondCode), 400);

      const [spent, spentCode] = await send(more);
      for (const guess of wrongFor(spentCode)) await fail(shop.confirm(spent, guess), 400);
      await fail(shop.confirm(spent, spentCode), 400);

      const [deleted, deletedCode] = await send(more);
      expect((await shop.erase(deleted)).status).toBe(200);
      await fail(shop.confirm(deleted, deletedCode), 404);

      const [late, lateCode] = await send(more);
      await shop.client.call('PUT', '/sandbox/clock', { json: { advance: 180 } });
      await fail(shop.confirm(late, lateCode), 400);
      await shop.client.call('PUT', '/sandbox/clock', { json: {} });
    }
  const app = { ...ANNA, channel_key: 'channel-kcp', verification_method: 'APP' };
  const turnedDown = await shop.impUid(app);
  await fail(shop.confirm(turnedDown), 400);
  await shop.client.call('POST', '/sandbox/approvals', { json: { imp_uid: turnedDown, approve: false } });
  await fail(shop.confirm(turnedDown), 400);
  await fail(shop.confirm(turnedDown), 400);
  return failures;
}

function partsOf(fields: Readonly<Record<string, string>>): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--b--\r\n`;
}

/** Requests that fail with a person in them, and bodies that are not what they say they are. */
function failWithPeople(shop: Shop, token: string): Promise<readonly Answer[]> {
  const raw = (path: string, type: string, body: string | Buffer) =>
    shop.client.call('POST', path, { headers: { authorization: token, 'content-type': type }, body });
  const request = '/certifications/otp/request';
  const [json, form] = ['application/json', 'application/x-www-form-urlencoded'];
  const text = JSON.stringify(ANNA);
  const fields = new URLSearchParams(JOHN).toString();
  const credentials = `{"imp_key":"imp_apikey","imp_secret":"${SECRET_A}"}`;
  return Promise.all([
    shop.request({ ...ANNA, name: '불일치' }),
    shop.request({ ...ANNA, phone: '01099990086' }),
    shop.request({ ...ANNA, phone: '01099999010' }),
    shop.request({ ...JOHN, phone: '01099999015' }),
    shop.request({ ...JOHN, phone: '01099999993' }),
    shop.request({ ...ANNA, name: `${ANNA.name}?` }),
    shop.request({ ...ANNA, name: [ANNA.name] }),
    shop.request({ ...ANNA, phone: `${ANNA.phone}${JOHN.phone}` }),
    shop.request({ ...ANNA, birth: REGISTRATION_NUMBER }),
    shop.request({ ...ANNA, gender_digit: REGISTRATION_NUMBER }),
    shop.request({ ...ANNA, company: `${COMPANY} ${REGISTRATION_NUMBER}` }),
    shop.request({ ...ANNA, carrier: { phone: ANNA.phone } }),
    shop.request({ ...ANNA, is_mvno: JOHN.name }),
    shop.request({ ...ANNA, verification_method: 'APP' }),
    shop.request({ ...ANNA, bypass: `${BYPASS}}` }),
    shop.request({ ...ANNA, channel_key: 'channel-inicis' }),
    raw(request, json, text.slice(0, -1)),
    raw(request, json, `${text}${text}`),
    raw(request, json, `{"name":"${ANNA.name}","phone":"${ANNA.phone}"`),
    raw(request, json, Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xc8, 0xab])])),
    raw(request, form, `${fields}&x=%zz`),
    raw(request, form, text),
    raw(request, 'text/plain', text),
    raw(request, 'multipart/form-data; boundary=b', partsOf(JOHN).slice(0, -4)),
    raw(request, 'multipart/form-data; boundary=b', partsOf({ ...JOHN, name: `${JOHN.name}?` })),
    raw(request, 'multipart/form-data; boundary=b', text),
    raw(request, json, fields),
    raw('/users/getToken', form, credentials),
    raw('/users/getToken', json, `imp_key=imp_apikey&imp_secret=${SECRET_A}`),
    raw('/users/getToken', json, `{"imp_key":"${SECRET_A}","imp_secret":"imp_apikey"}`),
    raw(`/certifications/otp/confirm/imp_000000000009`, json, `{"otp":"${GUESSES[0]}"}`),
    raw(`/certifications/otp/confirm/imp_000000000009`, form, `otp:${GUESSES[1]}`),
    raw(`/certifications/otp/confirm/imp_000000000009`, form, `{"otp":"${GUESSES[2]}"}`),
  ]);
}

test('no file, log, error or list of requests contains a code, name, number or token of the OTP flow', async () => {
  const folder = temporaryFolder();
  const [data, logs] = [join(folder, 'data'), join(folder, 'logs')];
  mkdirSync(logs);
  const bonin = await startBonin(['--data', data, '--random-otp', '--log-level', 'debug'], {
    stderrFile: join(logs, 'stderr.log'),
  });
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const shop = new Shop(client, token);
  const canaries: Canaries = new Map(
    Object.entries({ ...TEXTS, token }).map(([label, text]) => [label, spellText(text)]),
  );
  const codes = new Set<string>();
  const seen: string[] = [];
  /** The list keeps the last 200, so it is read after each part. */
  const readSeen = async () => seen.push((await client.call('GET', '/sandbox/requests')).text);

  const failures = [...(await useCodes(shop, codes))];
  await readSeen();
  failures.push(...(await failWithPeople(shop, token)));
  await readSeen();

  for (const { status, text } of failures) {
    expect(status, text).toBeGreaterThanOrEqual(400);
    expect([...canariesIn(text, canaries), ...findCodesIn(text, codes)], text).toEqual([]);
  }
  for (const list of seen) {
    // A request's id is hexadecimal, so it may hold any six digits.
    const words = list.replaceAll(/"request_id":"[^"]*"/g, '');
    expect(findCodesIn(words, codes)).toEqual([]);
    expect(canariesIn(words, canaries)).toEqual([]);
  }
  // An empty list would prove nothing.
  expect(seen.join()).toContain('"name":"\\ubdc1***\\uc00d"');
  expect(seen.join()).toContain('"phone":"010-****-1357"');
  expect(seen.join()).toContain('"otp":"(6 characters)"');

  const stolen = copyLive(data, join(folder, 'stolen'));
  expect(findCanaries([stolen, logs], canaries)).toEqual([]);
  expect(findCodes([stolen, logs], codes)).toEqual([]);
  client.close();
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  expect(findCanaries([data, logs], canaries)).toEqual([]);
  expect(findCodes([data, logs], codes)).toEqual([]);
  expect(codes.size).toBeGreaterThan(30);
  const log = readFileSync(join(logs, 'stderr.log'), 'utf8');
  for (const code of ['otp_wrong', 'otp_late', 'identity_mismatch', 'provider_unavailable', 'body_malformed'])
    expect(log).toContain(code);
});

test('the search finds a code that was planted, and does not take a time for one', () => {
  const codes = new Set(['481516']);
  const holds = (content: string | Buffer) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'planted'), content);
    return findCodes([folder], codes).length > 0;
  };
  for (const planted of [
    '481516',
    '{"otp":"481516","time":1795563123456}',
    'digest of 481516 is',
    Buffer.from('x481516', 'utf16le'),
    Buffer.from('otp=481516').toString('hex'),
    Buffer.from('otp=481516').toString('base64'),
    Buffer.from('otp481516').toString('base64url'),
  ])
    expect(holds(planted), String(planted)).toBe(true);
  for (const clean of ['{"time":1794815161234}', 'imp_948151600000', '481517'])
    expect(holds(clean), clean).toBe(false);
  for (const [label, text] of Object.entries(TEXTS)) {
    const said = Buffer.from(`{"message":"${text}"}`).toString('latin1');
    expect(canariesIn(said, new Map([[label, spellText(text)]]))).toEqual([label]);
  }
});
