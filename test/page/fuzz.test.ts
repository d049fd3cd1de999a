import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTCOME_IDS } from '../../src/sandbox/page-add-ons/extras.ts';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { shopOf, Visitor } from './shop.ts';

const SEED = 20_260_314;
const word = fc.oneof(
  fc.constantFrom(
    'null',
    'undefined',
    '',
    ' ',
    '0',
    '-1',
    'true',
    'imp00000000',
    'popup',
    'layer',
    'redirect',
    'SKT',
    'MVNO',
  ),
  fc.constantFrom(
    'channel-kcp',
    'danal',
    '심청',
    '불일치',
    '01000000005',
    '010-9999-0086',
    '900131-1234567',
    '123456',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 200, maxLength: 3000 }),
);
const value = fc.oneof(word, fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>);
const CALL_MEMBERS = [
  'user_code',
  'tier',
  'channel_key',
  'pg',
  'merchant_uid',
  'min_age',
  'name',
  'phone',
  'carrier',
  'company',
  'm_redirect_url',
  'window',
  'page',
  'sandbox',
  'handle',
  'force',
  'reason',
];
const call = fc.dictionary(fc.oneof(fc.constantFrom(...CALL_MEMBERS), word), value, { maxKeys: 12 });
const startable = call.map((members) => ({ ...members, user_code: 'imp00000000', window: 'popup' }));
const body = fc.oneof(
  call.map((each) => JSON.stringify(each)),
  startable.map((each) => JSON.stringify(each)),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

const FIELDS = [
  'carrier',
  'network',
  'agree_all',
  'agree_personal',
  'agree_unique_id',
  'agree_carrier',
  'agree_service',
  'method',
  'name',
  'birth',
  'gender_digit',
  'phone',
  'otp',
];
const DOES = ['next', 'resend', 'other_number', 'to_sms', 'approved', 'play_approval', 'nothing', ''];
const form = fc.record({
  fields: fc.dictionary(fc.constantFrom(...FIELDS), word, { maxKeys: 8 }),
  does: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...DOES) },
    // `slow` waits for seconds at each step, and is tested elsewhere.
    {
      weight: 1,
      arbitrary: fc.constantFrom(...OUTCOME_IDS.filter((id) => id !== 'slow').map((id) => `outcome:${id}`)),
    },
    { weight: 1, arbitrary: fc.constant('cancel') },
  ),
  /** Whether the form is that of the screen, or of another one. */
  isCurrent: fc.boolean(),
  /** Whether it fills in what the screen asks for, so that the walk gets anywhere. */
  isRight: fc.boolean(),
});
const RIGHT = {
  carrier: 'KT',
  agree_personal: 'on',
  agree_unique_id: 'on',
  agree_carrier: 'on',
  agree_service: 'on',
  method: 'SMS',
  name: '심청',
  birth: '040229',
  gender_digit: '4',
  phone: '01000000005',
  otp: '123456',
};

describe('whatever is sent to the page', () => {
  let app: RunningDevApp;
  let shop: ReturnType<typeof shopOf>;
  beforeAll(async () => {
    app = await startDevApp();
    shop = shopOf(app);
  });
  afterAll(() => app.close());

  it('2,000 calls of a script are started or refused in words, and nothing fails', async () => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('start', 'result', 'close'), body, async (path, text) => {
        const answer = await shop.call(path, text);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 200) expect(answer.ok ?? answer.state).toBeTruthy();
        else {
          expect([400, 404]).toContain(answer.status);
          expect(answer).toMatchObject({ ok: false, error_reason: expect.stringMatching(/^[A-Z_]{3,30}$/) });
          expect(answer.error_msg).not.toMatch(/[%&#=+"'\\<>\n]/);
        }
      }),
      { seed: SEED, numRuns: 2000, endOnFailure: true },
    );
    expect([...statuses.keys()].sort()).toEqual([200, 400, 404]);
  });

  it('300 walks of forms in any order end at most once, and every answer is a screen', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(form, { minLength: 4, maxLength: 12 }), async (forms) => {
        const { url, handle } = await shop.start();
        const visitor = new Visitor();
        await visitor.open(url);
        let end: unknown;
        for (const { fields, does, isCurrent, isRight } of forms) {
          const step = isCurrent ? visitor.step : String(Number(visitor.step) - 1);
          await visitor.send({ ...(isRight ? RIGHT : fields), do: does }, step);
          expect(visitor.status).toBe(200);
          expect(visitor.screen).toMatch(/^(?:carrier|consent|method|person|code|app|success|failure)$/);
          seen.add(visitor.screen);
          const { state, result } = await shop.result(handle);
          if (end !== undefined) expect(result).toEqual(end);
          if (state === 'done') end = result;
        }
      }),
      { seed: SEED, numRuns: 300, endOnFailure: true },
    );
    expect([...seen].sort()).toEqual([
      'app',
      'carrier',
      'code',
      'consent',
      'failure',
      'method',
      'person',
      'success',
    ]);
  });
});
