import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from './shop.ts';

describe('the verification page, form by form', () => {
  let app: RunningDevApp;
  let shop: ReturnType<typeof shopOf>;
  let client: Client;

  beforeAll(async () => {
    app = await startDevApp();
    shop = shopOf(app);
    client = new Client({ impKey: KEY_A.imp_key, impSecret: KEY_A.imp_secret, baseUrl: app.url });
  });
  afterAll(() => app.close());

  /** A visitor of a new attempt, led to a screen. */
  async function visit(
    until: 'carrier' | 'consent' | 'method' | 'person' | 'code' | 'app',
    more: object = {},
  ) {
    const started = await shop.start(more);
    const visitor = new Visitor();
    await visitor.open(started.url);
    const steps = [
      ['consent', { carrier: 'KT' }],
      ['method', CONSENT],
      ['person', { method: until === 'app' ? 'APP' : 'SMS' }],
      [until === 'app' ? 'app' : 'code', SIMCHEONG_FORM],
    ] as const;
    for (const [next, form] of steps) {
      if (visitor.screen === until) break;
      await visitor.send(form);
      expect(visitor.screen).toBe(next);
    }
    return { started, visitor };
  }

  it('leads from the ticket over six screens to a certification, and the shop hears of it', async () => {
    const { started, visitor } = await visit('code', { channel_key: 'channel-kcp', merchant_uid: 'visit-1' });
    expect(started).toMatchObject({ ok: true, merchant_uid: 'visit-1', pg_provider: 'kcp_v2' });
    expect(await shop.result(started.handle)).toEqual({ status: 200, state: 'pending' });
    expect((await client.getCertification(started.imp_uid)).certified).toBe(false);
    await visitor.send({ otp: '123 456' });
    expect(visitor.screen).toBe('success');
    const result = {
      success: true,
      imp_success: true,
      imp_uid: started.imp_uid,
      merchant_uid: 'visit-1',
      pg_provider: 'kcp_v2',
      pg_type: 'certification',
    };
    expect(await shop.result(started.handle)).toEqual({ status: 200, state: 'done', result });
    const { message = '', ...finish } = visitor.finish;
    expect(finish).toEqual({ way: 'message', to: 'opener', targetOrigin: '*' });
    expect(JSON.parse(message)).toEqual({ bonin: 1, type: 'done', imp_uid: started.imp_uid, result });
    expect(await client.getCertification(started.imp_uid)).toMatchObject({
      certified: true,
      name: '심청',
      birthday: '2004-02-29',
      gender: 'female',
      phone: '01000000005',
      carrier: 'KT',
      origin: 'https://shop.example/join',
      merchant_uid: 'visit-1',
    });
  });

  it('shows nothing of a name of a service that nobody sees, and keeps a typed name without spare blanks', async () => {
    const company = '\u202e가상\u200b\u3164상점\u2066';
    const { started, visitor } = await visit('person', {
      company,
      name: '심  청',
      channel_key: 'channel-kcp',
    });
    expect(visitor.html).toContain('가상상점');
    expect(visitor.html).toContain('value="심 청"');
    expect(visitor.html).not.toMatch(/[\u202e\u200b\u3164\u2066]/);
    for (const name of ['심\u200b청', '심\u202e청', '심\u3164청', '심\u2028청']) {
      await visitor.send({ ...SIMCHEONG_FORM, name });
      expect(visitor.screen).toBe('person');
    }
    await visitor.send({ ...SIMCHEONG_FORM, name: '심\u3000 청', phone: '+82 010-0000-0064' });
    await visitor.send({ otp: '123456' });
    expect(await client.getCertification(started.imp_uid)).toMatchObject({
      name: '심 청',
      phone: '01000000064',
    });
  });

  it.each(['carrier', 'consent', 'method', 'person', 'code', 'app'] as const)(
    'ends with USER_CANCEL when the person cancels on the screen %s',
    async (screen) => {
      const { started, visitor } = await visit(screen);
      await visitor.send({ do: 'cancel' });
      expect(visitor.screen).toBe('failure');
      expect(await shop.result(started.handle)).toMatchObject({
        state: 'done',
        result: {
          success: false,
          error_code: 'USER_CANCEL',
          error_reason: 'USER_CANCEL',
          imp_uid: started.imp_uid,
        },
      });
      expect((await client.getCertification(started.imp_uid)).certified).toBe(false);
    },
  );

  it('says what is wrong, keeps what was typed, and goes on when it is right', async () => {
    const { visitor } = await visit('carrier');
    await visitor.send({});
    expect(visitor.screen).toBe('carrier');
    await visitor.send({ carrier: 'MVNO' });
    expect(visitor.html).toContain('aria-invalid');
    await visitor.send({ carrier: 'MVNO', network: 'LGT' });
    await visitor.send({ ...CONSENT, agree_carrier: '' });
    expect(visitor.screen).toBe('method');
    await visitor.send({ method: 'FAX' });
    expect(visitor.screen).toBe('method');
    await visitor.send({ method: 'SMS' });
    await visitor.send({ name: '심청', birth: '99130', gender_digit: '9', phone: '02-000-0000' });
    expect(visitor.screen).toBe('person');
    expect(visitor.html).toContain('value="심청"');
    expect(visitor.html.match(/aria-invalid="true"/g)).toHaveLength(3);
  });

  it('refuses a resident registration number, and shows it to nobody again', async () => {
    const { visitor } = await visit('person');
    for (const birth of ['040229-4000000', '0402294000000']) {
      await visitor.send({ ...SIMCHEONG_FORM, birth });
      expect(visitor.screen).toBe('person');
      expect(visitor.html).not.toMatch(/4000000/);
    }
    await visitor.send({ ...SIMCHEONG_FORM, name: '심청 040229-4000000' });
    expect(visitor.html).not.toMatch(/4000000/);
  });

  it('lets five wrong codes end it', async () => {
    const { started, visitor } = await visit('code');
    for (const otp of ['000000', '12345', '000001', '000002', '000003']) await visitor.send({ otp });
    // What is not six digits was no try.
    expect(visitor.screen).toBe('code');
    await visitor.send({ otp: '000004' });
    expect(visitor.screen).toBe('failure');
    expect((await shop.result(started.handle)).result).toMatchObject({ error_code: 'OTP_LIMIT' });
  });

  it('takes a late code no more, and a new one after a resend', async () => {
    const { visitor } = await visit('code');
    await visitor.send({ do: 'resend' });
    expect(visitor.screen).toBe('code');
    await shop.advance(180);
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('code');
    await visitor.send({ do: 'resend' });
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('success');
  });

  it('sends five codes at most, and takes wrong tries along to the next', async () => {
    const { started, visitor } = await visit('code');
    for (const otp of ['000001', '000002', '000003', '000004']) await visitor.send({ otp });
    for (let send = 2; send <= 5; send++) {
      await shop.advance(31);
      await visitor.send({ do: 'resend' });
      expect(visitor.screen).toBe('code');
    }
    await shop.advance(31);
    await visitor.send({ do: 'resend' });
    expect((await shop.result(started.handle)).result).toMatchObject({ error_code: 'SEND_LIMIT' });
  });

  it('asks again when the provider does not know the person, five times at most', async () => {
    const { started, visitor } = await visit('person');
    for (let time = 1; time <= 4; time++) {
      await visitor.send({ ...SIMCHEONG_FORM, name: '불일치' });
      expect(visitor.screen).toBe('person');
      expect(visitor.html).toContain('role="alert"');
    }
    await visitor.send({ ...SIMCHEONG_FORM, name: '불일치' });
    expect((await shop.result(started.handle)).result).toMatchObject({ error_code: 'IDENTITY_MISMATCH' });
  });

  it.each([
    ['0086', 'BLOCKED'],
    ['9014', 'NOT_READY'],
    ['9015', 'NOT_READY'],
    ['9993', 'PROVIDER_UNAVAILABLE'],
    ['9010', 'PROVIDER_ERROR'],
  ])('hands the provider code %s on, as %s', async (code, word) => {
    const { started, visitor } = await visit('person');
    await visitor.send({ ...SIMCHEONG_FORM, phone: `010-9999-${code}` });
    expect((await shop.result(started.handle)).result).toMatchObject({
      error_code: code,
      error_reason: word,
    });
    expect(visitor.screen).toBe('failure');
  });

  it('ends an attempt that was left, and forgets what was typed', async () => {
    const { started, visitor } = await visit('code');
    await shop.advance(900);
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('failure');
    expect((await shop.result(started.handle)).result).toMatchObject({ error_code: 'EXPIRED' });
  });

  it('asks the app until it is approved, or sends a message instead', async () => {
    const { visitor } = await visit('app');
    await visitor.send({ do: 'approved' });
    expect(visitor.screen).toBe('app');
    await visitor.send({ do: 'play_approval' });
    expect(visitor.screen).toBe('success');
    const other = await visit('app');
    await other.visitor.send({ do: 'to_sms' });
    expect(other.visitor.screen).toBe('code');
    await other.visitor.send({ otp: '123456' });
    expect(other.visitor.screen).toBe('success');
  });

  it('counts the age on the day in Seoul, to the second', async () => {
    const age = async () => {
      const { started, visitor } = await visit('person', { min_age: '19' });
      await visitor.send({ ...SIMCHEONG_FORM, birth: '060302' });
      await visitor.send({ otp: '123456' });
      return (await shop.result(started.handle)).result?.['error_code'];
    };
    await shop.setTime('2025-03-01T23:59:50+09:00');
    expect(await age()).toBe('UNDER_AGE');
    await shop.setTime('2025-03-02T00:00:00+09:00');
    expect(await age()).toBeUndefined();
    await shop.resetTime();
  });

  it('opens a ticket once, for whoever is first, and a look at the head does not count', async () => {
    const { url, handle } = await shop.start();
    expect((await fetch(url, { method: 'HEAD', redirect: 'manual' })).status).toBe(410);
    const opened = await Promise.all(Array.from({ length: 50 }, () => fetch(url, { redirect: 'manual' })));
    expect(opened.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(opened.filter(({ status }) => status === 410)).toHaveLength(49);
    expect(await shop.result(handle)).toMatchObject({ state: 'pending' });
    const late = await shop.start();
    await shop.advance(600);
    expect((await fetch(late.url, { redirect: 'manual' })).status).toBe(410);
  });

  it('acts on a form once: older steps, a second submit and fifty at once have no effect', async () => {
    const { visitor } = await visit('person');
    const { step } = visitor;
    const twin = new Visitor();
    twin.address = visitor.address;
    await Promise.all(Array.from({ length: 50 }, () => twin.send(SIMCHEONG_FORM, step)));
    await visitor.reload();
    expect(visitor.screen).toBe('code');
    const messages = await shop.messages();
    expect(
      messages.filter(({ imp_uid }) => visitor.html.length > 0 && imp_uid === messages[0]?.imp_uid),
    ).toHaveLength(1);
    await visitor.send({ do: 'cancel' }, step);
    expect(visitor.screen).toBe('code');
  });

  it('looks at one of fifty codes at once, and tells the others nothing of theirs', async () => {
    const { started, visitor } = await visit('code');
    const { address } = visitor;
    const send = async (step: string, otp: string) => {
      const body = new URLSearchParams({ step, do: 'next', otp });
      const answer = await fetch(address, { method: 'POST', body, redirect: 'manual' });
      const { date: _date, 'x-request-id': _id, ...headers } = Object.fromEntries(answer.headers);
      return JSON.stringify([answer.status, headers, await answer.text()]);
    };
    const overtaken = await send('0', '123456');
    for (let left = 5; left > 0; left--) {
      expect(visitor.screen).toBe('code');
      const { step } = visitor;
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => send(step, String(200_000 + 50 * left + n))),
      );
      expect(answers.filter((answer) => answer !== overtaken)).toHaveLength(1);
      expect(await send(step, '123456')).toBe(overtaken);
      await visitor.reload();
    }
    expect(visitor.screen).toBe('failure');
    expect((await shop.result(started.handle)).result).toMatchObject({ error_code: 'OTP_LIMIT' });
    expect(await send(visitor.step, '123456')).toBe(overtaken);
  });

  it('has one end, whoever comes first: the right code or the shop that closes', async () => {
    for (let round = 0; round < 20; round++) {
      const { started, visitor } = await visit('code');
      const twin = new Visitor();
      twin.address = visitor.address;
      const [, , closed] = await Promise.all([
        visitor.send({ otp: '123456' }),
        twin.send({ otp: '123456' }, visitor.step),
        shop.close(started.handle),
      ]);
      const { result } = await shop.result(started.handle);
      // Closing changes nothing while the code is being confirmed.
      if (closed.state === 'pending') expect(result).toMatchObject({ success: true });
      else expect(closed.result).toEqual(result);
      const { certified } = await client.getCertification(started.imp_uid);
      expect(certified).toBe(result?.['success']);
    }
  });

  it('answers an unknown handle, session and ticket alike: nothing is there', async () => {
    const nothing = 'A'.repeat(43);
    expect(await shop.result(nothing)).toMatchObject({
      status: 404,
      ok: false,
      error_reason: 'SYSTEM_ERROR',
    });
    expect(await shop.close(nothing)).toMatchObject({ status: 404, ok: false });
    for (const path of [`/page/${nothing}`, `/page/s/${nothing}`, '/page/x'])
      expect((await fetch(app.url + path, { redirect: 'manual' })).status).toBe(410);
  });
});
