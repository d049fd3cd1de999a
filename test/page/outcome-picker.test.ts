import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { OUTCOME_IDS } from '../../src/sandbox/page-add-ons/extras.ts';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from './shop.ts';

/** What each outcome comes to: word and code of the result, or null for a person; and whose name that is. */
const EXPECTED: Readonly<
  Record<string, readonly [word: string | null, code?: string | undefined, name?: string]>
> = {
  success: [null, undefined, '심청'],
  foreigner: [null, undefined, 'SAMPLE JOHN'],
  minor: [null, undefined, '장화'],
  mvno: [null, undefined, '성춘향'],
  no_ci: ['PROVIDER_ERROR'],
  cancel: ['USER_CANCEL'],
  popup_closed: ['USER_CANCEL'],
  message_lost: [null, undefined, '심청'],
  wrong_code: ['OTP_LIMIT'],
  attempt_expired: ['EXPIRED'],
  mismatch: ['IDENTITY_MISMATCH'],
  under_age: ['UNDER_AGE'],
  company_line: ['LINE_NOT_ALLOWED'],
  blocked: ['BLOCKED', '0086'],
  misconfigured: ['NOT_READY', '9015'],
  provider_down: ['PROVIDER_UNAVAILABLE'],
  empty_data: ['PROVIDER_ERROR'],
};

describe('the outcome picker of the sandbox', () => {
  let app: RunningDevApp;
  let shop: ReturnType<typeof shopOf>;
  let client: Client;
  beforeAll(async () => {
    app = await startDevApp();
    shop = shopOf(app);
    client = new Client({ impKey: KEY_A.imp_key, impSecret: KEY_A.imp_secret, baseUrl: app.url });
  });
  afterAll(() => app.close());

  /** Result of an attempt, the shop closing what is left open as its script would. */
  async function outcome(handle: string, impUid: string) {
    const { state, result = {} } = await shop.result(handle);
    const settled = state === 'done' ? result : ((await shop.close(handle)).result ?? {});
    const certification = await client.getCertification(impUid);
    return { settled, name: certification.certified ? certification.name : undefined, certification };
  }

  it.each(Object.entries(EXPECTED))('plays %s by one click', async (id, [word, code = word, name]) => {
    const { url, handle, imp_uid } = await shop.start();
    const visitor = new Visitor();
    await visitor.open(url);
    expect(visitor.html).toContain(`data-outcome="${id}"`);
    // Whom the fields name is certified; before anybody was named, it is the first of the seeded people.
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
      await visitor.send(form);
    await visitor.send({ do: `outcome:${id}` });
    const played = await outcome(handle, imp_uid);
    expect(played.settled['error_reason'] ?? null).toBe(word);
    expect(played.settled['error_code'] ?? null).toBe(code);
    expect(played.name).toBe(name);
  });

  it.each(Object.entries(EXPECTED))(
    'brings %s about when it was chosen in advance',
    async (id, [word, , name]) => {
      const { url, handle, imp_uid } = await shop.start({ sandbox: { outcome: id } });
      const visitor = new Visitor();
      await visitor.open(url);
      for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM, { otp: '123456' }])
        if (!['success', 'failure'].includes(visitor.screen)) await visitor.send(form);
      const played = await outcome(handle, imp_uid);
      expect(played.settled['error_reason'] ?? null).toBe(word);
      expect(played.name).toBe(name);
    },
  );

  it('leaves the CI empty where the channel imitates an agency that may give none', async () => {
    const { url, handle, imp_uid } = await shop.start({ channel_key: 'channel-inicis' });
    const visitor = new Visitor();
    await visitor.open(url);
    await visitor.send({ do: 'outcome:no_ci' });
    const { certification } = await outcome(handle, imp_uid);
    expect(certification).toMatchObject({ certified: true, unique_key: '', pg_provider: 'inicis_unified' });
  });

  it('lets a code expire, and a resend put it right', async () => {
    const { url } = await shop.start();
    const visitor = new Visitor();
    await visitor.open(url);
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }]) await visitor.send(form);
    await visitor.send({ do: 'outcome:code_expired' });
    expect(visitor.screen).toBe('code');
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('code');
    await visitor.send({ do: 'resend' });
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('success');
  });

  it('lets a code expire that was sent just now, and sends none for that', async () => {
    const { url } = await shop.start();
    const visitor = new Visitor();
    await visitor.open(url);
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
      await visitor.send(form);
    const messages = await shop.messages();
    await visitor.send({ do: 'outcome:code_expired' });
    expect([visitor.status, visitor.screen]).toEqual([200, 'code']);
    expect(await shop.messages()).toEqual(messages);
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('code');
    await visitor.send({ do: 'resend' });
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('success');
  });

  it('loses the app, and the message in its place works', async () => {
    const { url } = await shop.start();
    const visitor = new Visitor();
    await visitor.open(url);
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'APP' }, SIMCHEONG_FORM])
      await visitor.send(form);
    expect(visitor.screen).toBe('app');
    await visitor.send({ do: 'outcome:app_lost' });
    await visitor.send({ do: 'approved' });
    expect(visitor.screen).toBe('app');
    await visitor.send({ do: 'to_sms' });
    await visitor.send({ otp: '123456' });
    expect(visitor.screen).toBe('success');
  });

  it('is tested as a whole', () => {
    const elsewhere = ['code_expired', 'app_lost', 'slow'];
    expect([...Object.keys(EXPECTED), ...elsewhere].sort()).toEqual([...OUTCOME_IDS].sort());
  });
});
