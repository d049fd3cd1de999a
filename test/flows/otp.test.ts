import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { DEFAULT_SEED } from '../../src/server/dev.ts';
import { KEY_A, type RunningDevApp, SIMCHEONG, startDevApp } from '../support/dev-app.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Answer {
  readonly status: number;
  readonly message: string | null;
  readonly response: Readonly<Record<string, unknown>> & readonly Record<string, unknown>[];
}

const WRONG = '인증번호가 일치하지 않습니다.';
const SPENT = '인증번호 입력 횟수를 초과하였습니다. 다시 요청해주세요.';
const DONE = '이미 인증이 완료되었습니다.';

/** What a merchant's server does, and what a test may do besides. */
function clientOf({ url }: RunningDevApp) {
  let token = '';
  const call = async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: token, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, ...((await answer.json()) as Omit<Answer, 'status'>) };
  };
  return {
    call,
    async logIn() {
      token = String((await call('POST', '/users/getToken', KEY_A)).response['access_token']);
    },
    request: (more: object = {}) => call('POST', '/certifications/otp/request', { ...SIMCHEONG, ...more }),
    async impUid(more: object = {}) {
      return String(
        (await call('POST', '/certifications/otp/request', { ...SIMCHEONG, ...more })).response['imp_uid'],
      );
    },
    confirm: (impUid: string, otp?: string) =>
      call('POST', `/certifications/otp/confirm/${impUid}`, otp === undefined ? {} : { otp }),
  };
}

describe('the OTP flow of the sandbox', () => {
  let app: RunningDevApp;
  let client: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    app = await startDevApp();
    client = clientOf(app);
    await client.logIn();
  });
  afterAll(() => app.close());

  it('goes from request over message and confirmation to lookup', async () => {
    const impUid = await client.impUid({ company: '가상상점' });
    const inbox = await client.call('GET', `/sandbox/messages?phone=${SIMCHEONG.phone}`);
    expect(inbox.response[0]).toMatchObject({ imp_uid: impUid, otp: '123456', phone: SIMCHEONG.phone });
    expect(inbox.response[0]?.['text']).toMatch(/^\[가상상점\] .*123456.*\n@localhost #123456$/);
    const confirmed = await client.confirm(impUid, '123456');
    expect(confirmed.response).toMatchObject({
      imp_uid: impUid,
      certified: true,
      name: '심청',
      gender: 'female',
    });
    const found = await client.call('GET', `/certifications/${impUid}`);
    expect(found.response).toEqual(confirmed.response);
  });

  it('signs a message with the merchant when no company is named', async () => {
    const impUid = await client.impUid({ phone: '01000000098' });
    const [message] = (await client.call('GET', '/sandbox/messages?phone=01000000098')).response;
    expect(message).toMatchObject({ imp_uid: impUid, text: expect.stringMatching(/^\[가상상점\] /) });
  });

  it('recognises one person, whatever the number of blanks in the name', async () => {
    const ofName = async (name: string, phone: string) => {
      const impUid = await client.impUid({
        ...{ name, phone, birth: '900131', gender_digit: '5', channel_key: 'channel-kcp' },
      });
      return (await client.confirm(impUid, '123456')).response as unknown as Record<string, unknown>;
    };
    const plain = await ofName('SAMPLE JOHN', '010-0000-0061');
    const wide = await ofName(' SAMPLE \u00a0\u3000 JOHN', '+82 010-0000-0062');
    expect(wide).toMatchObject({
      name: 'SAMPLE JOHN',
      unique_key: plain['unique_key'],
      phone: '01000000062',
    });
  });

  it.each(['\u200b', '\u3164', '\u202e', '\u2066', '\u2028', '\ufeff', '\u00ad', '\u{e0041}'])(
    'refuses a name with %j in it, which nobody sees, at its ends too',
    async (unseen) => {
      for (const name of [`심${unseen}청`, `심청${unseen}`, `${unseen}심청`])
        expect(await client.request({ name }), JSON.stringify(name)).toMatchObject({
          status: 400,
          message: 'name 값이 올바르지 않습니다.',
        });
    },
  );

  it.each(['0100000009', '010-0000-000', '82 10 0000 009'])('refuses the phone %s', async (phone) => {
    const answer = await client.request({ phone });
    expect(answer).toMatchObject({ status: 400, message: 'phone 값이 올바르지 않습니다.' });
  });

  it('takes what nobody sees out of the name of a service', async () => {
    const phone = '01000000063';
    await client.impUid({ phone, company: '\u202e가\u200b상\u3164상\u2028점' });
    const [message] = (await client.call('GET', `/sandbox/messages?phone=${phone}`)).response;
    expect(message?.['text']).toMatch(/^\[가상상 점\] /);
  });

  it('holds a request for messages until one comes', async () => {
    const phone = '01000000099';
    const waiting = client.call('GET', `/sandbox/messages?phone=010-0000-0099&wait=20`);
    const impUid = await client.impUid({ phone });
    const [message] = (await waiting).response;
    expect(message?.['imp_uid']).toBe(impUid);
    const after = await client.call('GET', `/sandbox/messages?phone=${phone}&after=${message?.['id']}`);
    expect(after.response).toEqual([]);
    await client.call('DELETE', '/sandbox/messages');
    expect((await client.call('GET', '/sandbox/messages')).response).toEqual([]);
    expect((await client.call('GET', '/sandbox/messages?wait=31')).status).toBe(400);
  });

  it.each([
    ['a name that does not match', { name: '불일치' }, 400, /일치하지 않습니다/],
    ['a blocked number', { phone: '01099990086' }, 400, /일시적으로 제한/],
    ['a code of the provider', { phone: '01099999010' }, 400, /거절/],
    ['wrong contract data', { phone: '01099999015' }, 500, /통신하지 못했습니다/],
    ['a provider that does not answer', { phone: '01099999993' }, 500, /통신하지 못했습니다/],
  ])('answers %s as the provider would', async (_what, more, status, message) => {
    const answer = await client.request(more);
    expect(answer.status).toBe(status);
    expect(answer.message).toMatch(message);
  });

  it('waits for the approval of an APP request, and takes a refusal', async () => {
    const app1 = await client.impUid({ verification_method: 'APP', channel_key: 'channel-kcp' });
    expect((await client.confirm(app1)).message).toBe('앱 인증이 아직 완료되지 않았습니다.');
    await client.call('POST', '/sandbox/approvals', { imp_uid: app1, approve: true });
    expect((await client.confirm(app1)).response).toMatchObject({ certified: true, pg_provider: 'kcp_v2' });
    const app2 = await client.impUid({ verification_method: 'APP', channel_key: 'channel-kcp' });
    await client.call('POST', '/sandbox/approvals', { imp_uid: app2, approve: false });
    expect((await client.confirm(app2)).message).toMatch(/거절/);
    expect((await client.confirm(app2)).message).toBe('실패한 인증입니다. 다시 요청해주세요.');
  });

  it('ends 180 seconds after the code was sent', async () => {
    const impUid = await client.impUid();
    await client.call('PUT', '/sandbox/clock', { advance: 180 });
    expect((await client.confirm(impUid, '123456')).message).toMatch(/유효시간/);
    await client.call('PUT', '/sandbox/clock', {});
  });

  it('counts five tries for a thousand simultaneous wrong guesses', async () => {
    const impUid = await client.impUid();
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => client.confirm(impUid, String(200_000 + at))),
    );
    const messages = answers.map(({ message }) => message);
    expect(messages.filter((message) => message === WRONG)).toHaveLength(4);
    expect(messages.filter((message) => message === SPENT)).toHaveLength(996);
    expect((await client.confirm(impUid, '123456')).message).toBe(SPENT);
  });

  it('answers one of a thousand simultaneous right confirmations with 200', async () => {
    const impUid = await client.impUid();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => client.confirm(impUid, '123456')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ message }) => message === DONE)).toHaveLength(999);
  });
});

describe('a channel with a minimum age', () => {
  it('refuses whoever is younger at the request, and takes them in from their birthday on', async () => {
    const merchants = DEFAULT_SEED.merchants.map((merchant) => ({
      ...merchant,
      channels: merchant.channels.map((channel) => ({ ...channel, min_age: 19 })),
    }));
    const seed = { ...DEFAULT_SEED, merchants };
    const app = await startDevApp({ seed });
    const client = clientOf(app);
    await client.logIn();
    const setDay = (day: string) =>
      client.call('PUT', '/sandbox/clock', { now: Date.parse(`${day}T00:00:00+09:00`) / 1000 - 1 });
    await setDay('2025-03-02');
    // A token of the new time; born on 2006-03-02, so that this second is the last of eighteen years.
    await client.logIn();
    const born = { birth: '060302', gender_digit: '4' };
    expect(await client.request(born)).toMatchObject({
      status: 400,
      message: '이용 가능한 연령이 아닙니다.',
    });
    expect((await client.call('GET', '/sandbox/messages')).response).toEqual([]);
    await client.call('PUT', '/sandbox/clock', { advance: 1 });
    const impUid = await client.impUid(born);
    expect((await client.confirm(impUid, '123456')).status).toBe(200);

    // What the provider confirmed counts, on the day of the confirmation.
    const early = await client.impUid({ ...born, phone: '01000000006' });
    await setDay('2025-03-02');
    expect((await client.confirm(early, '123456')).message).toBe('이용 가능한 연령이 아닙니다.');
    expect((await client.confirm(early, '123456')).message).toBe('실패한 인증입니다. 다시 요청해주세요.');
    await app.close();
  });
});

describe('random codes', () => {
  it('are in the inbox, in no answer, and on the disk only as digests', async () => {
    const folder = temporaryFolder();
    const app = await startDevApp({
      databaseUrl: `sqlite:${join(folder, 'bonin.db')}`,
      masterKeys: [newMasterKey()],
      randomOtp: true,
    });
    const client = clientOf(app);
    await client.logIn();
    const phone = '01000008642';
    const requested = await client.request({ phone });
    const [message] = (await client.call('GET', `/sandbox/messages?phone=${phone}`)).response;
    const otp = String(message?.['otp']);
    expect(otp).toMatch(/^\d{6}$/);
    expect(Object.keys(requested.response)).toEqual(['imp_uid']);
    const files = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(file.includes(phone)).toBe(false);
      expect(file.includes(SIMCHEONG.name)).toBe(false);
      for (const encoding of ['utf8', 'utf16le'] as const)
        expect(file.includes(Buffer.from(otp, encoding))).toBe(false);
    }
    const confirmed = await client.confirm(String(requested.response['imp_uid']), otp);
    expect(confirmed.status).toBe(200);
    await app.close();
  });
});

describe('a channel that does not exist', () => {
  it('is replaced by the first one, which the log tells without what was asked for', async () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    const app = await startDevApp({ log });
    const client = clientOf(app);
    await client.logIn();
    expect((await client.request({ channel_key: 'channel-홍길동' })).status).toBe(200);
    expect(lines.join('')).toContain('"taken":"channel-danal"');
    expect(lines.join('')).not.toContain('홍길동');
    await app.close();
  });
});
