import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  CERTIFIED,
  type CoreWorld,
  openCoreWorld,
  personAt,
  SETTINGS,
  START,
} from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Attempt, FailureReason } from './attempt.ts';
import { unpackDetails } from './certification.ts';
import { SECOND } from './clock.ts';

const RETURN = { isCancel: false, fields: [['result', 'ok']] } as const;
const failed = (reason: FailureReason) => ({ certified: false, reason, providerCode: null });

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

/** Begins a visit; returns the secrets of its return address and of its browser. */
async function begin(attempt: Attempt) {
  let back = '';
  const browser = await world.visits.begin(attempt, (secret) => {
    back = secret;
    return `https://bonin.example/back/${secret}`;
  });
  return { back, browser, after: await world.now(attempt) };
}

/** An attempt whose browser is back from the agency. */
async function comeBack() {
  const { back, browser, after } = await begin(await world.walkTo('agency'));
  await world.visits.keepReturn(back, RETURN, personAt());
  return { back, browser, attempt: await world.now(after) };
}
const endOf = async (attempt: Attempt) => (await world.now(attempt)).end;
const answer = (called: Promise<unknown>) =>
  called.catch((thrown) => (thrown instanceof AppError ? thrown.code : String(thrown)));

describe('the way to the window of an agency', () => {
  it('is asked for once, and leads there with an address by which the browser comes back', async () => {
    const attempt = await world.walkTo('agency', {
      launch: { serviceName: '상점 이름' },
      wishes: { minimumAge: 14, prefill: { name: '홍길동', phone: '01000001234' } },
      channelKey: 'hosted',
    });
    const { back, browser, after } = await begin(attempt);
    expect([back, browser]).toEqual([
      expect.stringMatching(/^[\w-]{22}$/),
      expect.stringMatching(/^[\w-]{22}$/),
    ]);
    expect(world.agency.begins).toEqual([
      {
        channel: attempt.channel,
        settings: SETTINGS,
        attemptId: expect.stringMatching(/^[0-9A-Za-z]{20}$/),
        returnAddress: `https://bonin.example/back/${back}`,
        state: back,
        serviceName: '상점 이름',
        prefill: { name: '홍길동', phone: '01000001234' },
        carriers: ['SKT', 'KT', 'LGT', 'MVNO'],
        minimumAge: 14,
        now: START,
      },
    ]);
    expect(after.progress?.agency).toMatchObject({
      address: 'https://agency.example/window',
      fields: null,
      memo: 'memo',
      returned: null,
      isAsked: false,
    });
    expect(await begin(after)).toMatchObject({ browser: null, after });
    expect(world.agency.begins).toHaveLength(1);
    expect(await world.attempts.find({ back })).toEqual(after);
  });

  it('does not name a service by what cannot be shown', async () => {
    await begin(await world.walkTo('agency', { launch: { serviceName: 'http://evil.example/' } }));
    expect(world.agency.begins).toMatchObject([{ serviceName: '' }]);
  });

  it('is none for an attempt on our own screens, nor after the end', async () => {
    const own = await world.walkTo('carrier');
    expect(await begin(own)).toMatchObject({ browser: null, after: own });
    const attempt = await world.walkTo('agency');
    await world.attempts.fail(attempt, 'USER_CANCEL');
    expect((await begin(await world.now(attempt))).browser).toBeNull();
    expect(world.agency.begins).toEqual([]);
  });

  it('is null for the slower of two windows', async () => {
    const attempt = await world.walkTo('agency');
    expect((await begin(attempt)).browser).not.toBeNull();
    expect((await begin(attempt)).browser).toBeNull();
  });

  it.each([
    [null, null, null],
    [14, null, 14],
    [null, 19, 19],
    [14, 19, 19],
    [19, 14, 19],
  ])(
    'names the higher one of the minimum ages %j of the call and %j of the channel: %j',
    async (call, channel, told) => {
      await world.changeChannels({ minimumAge: channel });
      await begin(await world.walkTo('agency', { wishes: { minimumAge: call } }));
      expect(world.agency.begins).toMatchObject([{ minimumAge: told }]);
    },
  );

  it.each<[ErrorCode, FailureReason]>([
    ['provider_unavailable', 'PROVIDER_UNAVAILABLE'],
    ['provider_misconfigured', 'NOT_READY'],
  ])('ends with the attempt when the agency answers %s', async (code, reason) => {
    const attempt = await world.walkTo('agency');
    world.agency.next('begin', code);
    expect(await begin(attempt)).toMatchObject({ browser: null, after: { end: failed(reason) } });
  });

  it('is thrown when it fails in another way, and can be asked for again', async () => {
    const attempt = await world.walkTo('agency');
    world.agency.next('begin', 'store_unavailable');
    expect(await answer(begin(attempt))).toBe('store_unavailable');
    expect((await begin(attempt)).browser).not.toBeNull();
  });

  it.each([
    { address: 'javascript:alert(1)', memo: '' },
    { address: '/relative', memo: '' },
    { address: 'https://agency.example/', memo: 'x'.repeat(2049) },
  ])('is refused when the adapter returns %j', async (begun) => {
    const attempt = await world.walkTo('agency');
    world.agency.next('begin', () => ({ fields: null, ...begun }));
    expect((await begin(attempt)).after.end).toEqual(failed('PROVIDER_UNAVAILABLE'));
  });

  it('may have a memo of 2048 characters and plain http', async () => {
    const attempt = await world.walkTo('agency');
    const begun = { address: 'http://agency.example/', fields: { a: 'b' }, memo: 'x'.repeat(2048) };
    world.agency.next('begin', () => begun);
    expect((await begin(attempt)).after.progress?.agency).toMatchObject(begun);
  });
});

describe('what a browser brings back', () => {
  it('is kept the first time, and later returns change nothing', async () => {
    const { back, attempt } = await comeBack();
    expect(attempt.progress?.agency?.returned).toEqual({ state: back, ...RETURN });
    await world.visits.keepReturn(back, { isCancel: true, fields: [['result', 'other']] }, personAt());
    expect(await world.now(attempt)).toEqual(attempt);
    await world.visits.keepReturn('unknown', RETURN, personAt());
    await world.attempts.fail(attempt, 'USER_CANCEL');
    await world.visits.keepReturn(back, RETURN, personAt());
  });

  it('is not kept when it contradicts what the agency said at the beginning', async () => {
    const { back, after } = await begin(await world.walkTo('agency'));
    world.agency.contradicts = ({ memo, state, isCancel, fields }) =>
      fields.length === 0 ? [memo, state, isCancel].join() : null;
    await world.visits.keepReturn(back, { isCancel: true, fields: [] }, personAt());
    expect(await world.now(after)).toEqual({ ...after, wrong: 1 });
    await world.visits.keepReturn(back, RETURN, personAt());
    expect((await world.now(after)).progress?.agency?.returned).toEqual({ state: back, ...RETURN });
  });

  it('has at most 16384 characters', async () => {
    const { back, after } = await begin(await world.walkTo('agency'));
    const long = (count: number) =>
      world.visits.keepReturn(
        back,
        { isCancel: false, fields: [['name', 'x'.repeat(count - 4)]] },
        personAt(),
      );
    expect(await answer(long(16_385))).toBe('body_too_large');
    expect(await world.now(after)).toEqual(after);
    await long(16_384);
    expect((await world.now(after)).progress?.agency?.returned).not.toBeNull();
  });
});

describe('the result of a visit', () => {
  it('is asked for with what was brought back, and certifies', async () => {
    const { attempt, back, browser } = await comeBack();
    world.clock.at += SECOND;
    expect(await world.visits.complete(attempt, browser, personAt())).toBe('ended');
    expect(world.agency.completions).toEqual([
      {
        channel: attempt.channel,
        settings: SETTINGS,
        attemptId: world.agency.begins[0]?.attemptId,
        memo: 'memo',
        state: back,
        ...RETURN,
        now: START + SECOND,
      },
    ]);
    expect(await endOf(attempt)).toEqual({ certified: true });
    const { details } = await readCertification(world, world.caller, attempt.impUid);
    expect(unpackDetails(details)).toMatchObject({
      providerTid: 'tid-window-1',
      identity: { name: '홍길동' },
    });
    expect(await world.visits.complete(await world.now(attempt), browser, personAt())).toBe('ended');
    expect(world.agency.completions).toHaveLength(1);
  });

  it.each([
    [{ name: ' 홍길동 ', phone: '' }, { certified: true }],
    [{ name: '', phone: CERTIFIED.phone ?? '' }, { certified: true }],
    [{ name: '김가상', phone: '' }, failed('PROVIDER_ERROR')],
    [{ name: '', phone: '01000009999' }, failed('PROVIDER_ERROR')],
  ] as const)('is that of the person whom the call named: %j', async (prefill, end) => {
    const { back, after } = await begin(await world.walkTo('agency', { wishes: { prefill } }));
    await world.visits.keepReturn(back, RETURN, personAt());
    await world.visits.complete(await world.now(after), null, personAt());
    expect(await endOf(after)).toEqual(end);
  });

  it('may lack a birthday only where the adapter says so, and then fits no minimum age', async () => {
    let visits = 0;
    const result = (birthday: string, mayLackBirthday?: boolean) => () => ({
      providerTid: `tid-${++visits}`,
      identity: { ...CERTIFIED, birthday },
      ...(mayLackBirthday !== undefined && { mayLackBirthday }),
    });
    const plays = [
      [result('', true), null, { certified: true }],
      [result('', false), null, failed('PROVIDER_ERROR')],
      [result(''), null, failed('PROVIDER_ERROR')],
      [result('1990-02-30', true), null, failed('PROVIDER_ERROR')],
      [result('', true), 14, failed('UNDER_AGE')],
      [result(CERTIFIED.birthday, true), 14, { certified: true }],
    ] as const;
    for (const [reply, minimumAge, end] of plays) {
      const { back, after } = await begin(await world.walkTo('agency', { wishes: { minimumAge } }));
      await world.visits.keepReturn(back, RETURN, personAt());
      world.agency.next('complete', reply);
      await world.visits.complete(await world.now(after), null, personAt());
      expect(await endOf(after)).toEqual(end);
    }
  });

  it('is for the browser that went there, and for one without a cookie', async () => {
    const { attempt } = await comeBack();
    const other = await comeBack();
    expect(await world.visits.complete(attempt, other.browser, personAt())).toBe('foreign');
    expect(await world.visits.complete(attempt, 'unknown', personAt())).toBe('foreign');
    expect(world.agency.completions).toEqual([]);
    expect(await world.visits.complete(attempt, null, personAt())).toBe('ended');
  });

  it('is not asked for before the browser is back, nor where no visit began', async () => {
    const attempt = await world.walkTo('agency');
    expect(await world.visits.complete(attempt, null, personAt())).toBe('foreign');
    const { after, browser } = await begin(attempt);
    expect(await world.visits.complete(after, browser, personAt())).toBe('foreign');
    expect(await world.visits.complete(await world.walkTo('carrier'), null, personAt())).toBe('foreign');
    expect(world.agency.completions).toEqual([]);
  });

  it('is asked for by one call at a time', async () => {
    const { attempt, browser } = await comeBack();
    const answers: unknown[] = [];
    world.agency.next('complete', async () => {
      answers.push(await world.visits.complete(attempt, browser, personAt()));
      answers.push(await world.visits.complete(await world.now(attempt), browser, personAt()));
    });
    expect(await world.visits.complete(attempt, browser, personAt())).toBe('ended');
    expect(answers).toEqual(['waiting', 'waiting']);
    expect(world.agency.completions).toHaveLength(1);
  });

  it.each([
    [true, 'ended', { certified: true }],
    [false, 'ended', failed('PROVIDER_UNAVAILABLE')],
  ])(
    'when whoever asked has died is asked for again only if that is allowed: %j',
    async (isRepeatable, visit, end) => {
      const { attempt, browser } = await comeBack();
      world.agency.isRepeatable = isRepeatable;
      world.store.release = async () => {};
      world.agency.next('complete', 'store_failed');
      expect(await answer(world.visits.complete(attempt, browser, personAt()))).toBe('store_failed');
      const asked = await world.now(attempt);
      expect(await world.visits.complete(asked, browser, personAt())).toBe('waiting');
      world.clock.at += 60 * SECOND;
      expect(await world.visits.complete(asked, browser, personAt())).toBe(visit);
      expect(await endOf(attempt)).toEqual(end);
      expect(world.agency.completions).toHaveLength(isRepeatable ? 2 : 1);
    },
  );

  it('ends the attempt when the person gave up or was refused', async () => {
    for (const [code, reason] of [
      ['person_cancelled', 'USER_CANCEL'],
      ['person_blocked', 'BLOCKED'],
    ] as const) {
      const { attempt, browser } = await comeBack();
      world.agency.next('complete', code);
      expect(await world.visits.complete(attempt, browser, personAt())).toBe('ended');
      expect(await endOf(attempt)).toEqual(failed(reason));
    }
  });
});

it('an attempt in the window of the agency is not ended because its popup is silent', async () => {
  const attempt = await world.walkTo('agency');
  await world.attempts.failIfGone(attempt);
  expect(await endOf(attempt)).toBeNull();
});
