import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAILURES } from '../../src/page/failure.ts';
import { Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const PEOPLE = '홍길동, 성춘향, 이몽룡, 심청, SAMPLE JOHN, 장화, 변학도';

describe('what a call chooses for the sandbox', () => {
  it.each<[unknown, string]>([
    [{ outcome: 'canceled' }, 'did you mean cancel?'],
    [{ outcome: 'SUCCESS' }, 'sandbox.outcome must be one of success, foreigner, minor,'],
    [{ outcome: 'constructor' }, 'sandbox.outcome must be one of'],
    [{ outcome: '' }, 'sandbox.outcome must be one of'],
    [{ outcome: ['success'] }, 'sandbox.outcome must be one of'],
    [{ person: '심쳥' }, `sandbox.person must be one of ${PEOPLE}, or null; did you mean 심청?`],
    [{ person: 5 }, `sandbox.person must be one of ${PEOPLE}, or null`],
    [
      { persons: '심청' },
      'sandbox.persons is not known here (known: person, outcome, auto, delay_ms, picker); did you mean person?',
    ],
    [{ delayMs: 5 }, 'did you mean delay_ms?'],
    [JSON.parse('{"__proto__":{"auto":true}}'), 'sandbox.__proto__ is not known here'],
    [{ auto: 'true' }, 'sandbox.auto must be true or false'],
    [{ auto: 1 }, 'sandbox.auto must be true or false'],
    [{ delay_ms: 10_001 }, 'sandbox.delay_ms must be a whole number of 0 to 10000'],
    [{ delay_ms: -1 }, 'sandbox.delay_ms must be'],
    [{ delay_ms: 1.5 }, 'sandbox.delay_ms must be'],
    [{ delay_ms: '5' }, 'sandbox.delay_ms must be'],
    [{ picker: 'opened' }, 'sandbox.picker must be one of folded, open, hidden, or null; did you mean open?'],
    [{ outcome: 'x', auto: 2 }, 'sandbox.auto must be true or false'],
    [[], 'sandbox must be an object'],
    [[{ auto: true }], 'sandbox must be an object'],
    ['auto', 'sandbox must be an object'],
    [true, 'sandbox must be an object'],
    [0, 'sandbox must be an object'],
  ])('is refused when it is %j, and starts nothing', async (sandbox, mistake) => {
    const answer = (await stage.call.start({ sandbox })) as unknown as Record<string, unknown>;
    expect(answer).toMatchObject({ status: 400, ok: false, error_reason: 'INVALID_PARAM' });
    expect(answer['error_msg']).toBe(FAILURES.INVALID_PARAM);
    expect(answer['warning']).toContain(mistake);
    expect(answer['imp_uid']).toBeUndefined();
  });

  it.each([
    null,
    {},
    '',
    'null',
    { person: null, outcome: null, auto: null, delay_ms: null, picker: null },
    { person: 'SAMPLE JOHN', outcome: 'app_lost', auto: false, delay_ms: 10_000, picker: 'hidden' },
  ])('may be %j', async (sandbox) => {
    expect(await stage.call.start({ sandbox })).toMatchObject({ status: 200, ok: true });
  });

  it('is told to the callback by the word, and to the console by what is wrong', async () => {
    await using shop = await stage.visit();
    const lines: string[] = [];
    shop.page.on('console', (message) => lines.push(message.text()));
    await shop.certify({ sandbox: { outcome: 'canceled', auto: true } });
    expect(await shop.result()).toEqual({
      success: false,
      imp_success: false,
      merchant_uid: expect.stringMatching(/^nobody_/),
      error_code: 'INVALID_PARAM',
      error_reason: 'INVALID_PARAM',
      error_msg: FAILURES.INVALID_PARAM,
      pg_type: 'certification',
    });
    await expect
      .poll(() => lines.join('\n'))
      .toMatch(/\[IMP\] sandbox\.outcome must be one of .*did you mean cancel\?/);
    await expect.poll(() => shop.context.pages()).toHaveLength(1);
  });
});
