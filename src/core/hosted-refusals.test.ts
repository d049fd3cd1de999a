import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type Beginning,
  CERTIFIED,
  type CoreWorld,
  openCoreWorld,
  personAt,
  SHOP,
} from '../../test/support/core-world.ts';
import { AppError } from '../errors.ts';
import type { Attempt, FailureReason } from './attempt.ts';
import { NO_PAGE_RULES } from './merchant.ts';
import { excessOf } from './return-address.ts';

const RETURN = { isCancel: false, fields: [['result', 'ok']] } as const;
const FORGED = { isCancel: false, fields: [['result', 'of another']] } as const;
const STRANGER = personAt('198.51.100.7');
const failed = (reason: FailureReason) => ({ certified: false, reason, providerCode: null });

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  world.agency.contradicts = ({ fields }) =>
    fields.some(([, value]) => value === 'of another') ? 'another attempt' : null;
  onTestFinished(() => world.close());
});

async function begin(more: Beginning = {}, host = 'https://bonin.example') {
  let back = '';
  const attempt = await world.walkTo('agency', more);
  const browser = await world.visits.begin(attempt, (secret) => {
    back = secret;
    return `${host}/page/back/${secret}`;
  });
  return { attempt, back, browser, attemptId: world.agency.begins.at(-1)?.attemptId ?? '' };
}
type Begun = Awaited<ReturnType<typeof begin>>;

const bring = ({ back }: Begun, returned: typeof RETURN | typeof FORGED = RETURN) =>
  world.visits.keepReturn(back, returned, STRANGER);
const finish = async ({ attempt, browser }: Begun, by = browser) =>
  world.visits.complete(await world.now(attempt), by, STRANGER);
async function endOf(attempt: Attempt) {
  return (await world.now(attempt)).end;
}
async function certify(more: Beginning = {}) {
  const begun = await begin(more);
  await bring(begun);
  await finish(begun);
  return begun;
}
const events = () => world.hooked.filter(([name]) => name === 'securityEvent').map(([, event]) => event);
const event = (kind: string, { attemptId }: Begun, why: string | null) => ({
  kind,
  address: '198.51.100.7',
  about: { adapter: 'hosted', attemptId },
  why,
});

describe('a return that cannot belong to its attempt', () => {
  it('is refused five times and leaves the attempt as it is; the next one ends it', async () => {
    const begun = await begin();
    for (let count = 1; count <= 5; count++) {
      await bring(begun, FORGED);
      expect(await world.now(begun.attempt)).toMatchObject({ end: null, wrong: count });
    }
    expect(await finish(begun)).toBe('foreign');
    expect(events()).toEqual(Array(5).fill(event('contradicting_return', begun, 'another attempt')));
    const other = await begin();
    for (let count = 1; count <= 5; count++) await bring(other, FORGED);
    await bring(begun, FORGED);
    expect(await endOf(begun.attempt)).toEqual(failed('PROVIDER_ERROR'));
    await bring(other);
    expect(await finish(other)).toBe('ended');
    expect(await endOf(other.attempt)).toEqual({ certified: true });
    expect(world.agency.completions).toHaveLength(1);
  });

  it('does not end an attempt whose result is being asked for, and is not looked at after a good one', async () => {
    const begun = await begin();
    await bring(begun);
    world.agency.next('complete', async () => {
      for (let count = 0; count < 10; count++) await bring(begun, FORGED);
    });
    await finish(begun);
    expect(await endOf(begun.attempt)).toEqual({ certified: true });
    expect(events()).toEqual([]);
  });

  it('is an event of its own when nobody was given the address', async () => {
    const { attempt, ...begun } = await certify();
    await world.visits.keepReturn(begun.back, RETURN, STRANGER);
    expect(events()).toEqual([]);
    await world.visits.keepReturn('x'.repeat(22), RETURN, STRANGER);
    expect(events()).toEqual([{ kind: 'unknown_return', address: '198.51.100.7', about: null, why: null }]);
    expect(await endOf(attempt)).toEqual({ certified: true });
  });
});

describe('a browser that did not begin', () => {
  it('is refused and counted with the other refused returns', async () => {
    const begun = await begin();
    for (let count = 0; count < 3; count++) await bring(begun, FORGED);
    await bring(begun);
    for (let count = 0; count < 2; count++) expect(await finish(begun, 'x'.repeat(22))).toBe('foreign');
    expect(events().slice(3)).toEqual(
      Array(2).fill(event('foreign_browser', begun, 'the cookie of another browser')),
    );
    expect(await endOf(begun.attempt)).toBeNull();
    expect(await finish(begun, 'x'.repeat(22))).toBe('foreign');
    expect(await endOf(begun.attempt)).toEqual(failed('PROVIDER_ERROR'));
    expect(world.agency.completions).toEqual([]);
  });

  it('may finish without a cookie, unless the merchant binds the browser', async () => {
    const tolerant = await begin();
    await bring(tolerant);
    expect(await finish(tolerant, null)).toBe('ended');
    await world.merchants.save({ ...SHOP, pageRules: { ...NO_PAGE_RULES, bindsBrowser: true } });
    const strict = await begin();
    await bring(strict);
    expect(await finish(strict, null)).toBe('foreign');
    expect(events()).toEqual([event('foreign_browser', strict, 'no cookie')]);
    expect(await endOf(strict.attempt)).toBeNull();
    expect(await finish(strict)).toBe('ended');
    expect(await endOf(strict.attempt)).toEqual({ certified: true });
  });
});

describe('a result about somebody or something else', () => {
  it('ends the attempt and is an event, whoever notices it', async () => {
    const begun = await begin();
    await bring(begun);
    const detail = 'the answer names another attempt';
    world.agency.next('complete', new AppError('binding_mismatch', { detail }));
    await finish(begun);
    expect(await endOf(begun.attempt)).toEqual(failed('PROVIDER_ERROR'));
    const fixed = await certify({ wishes: { prefill: { name: '김가상', phone: '' } } });
    expect(await endOf(fixed.attempt)).toEqual(failed('PROVIDER_ERROR'));
    expect(events()).toMatchObject([
      event('binding_mismatch', begun, detail),
      { kind: 'binding_mismatch', about: { attemptId: fixed.attemptId } },
    ]);
    expect(JSON.stringify(events())).not.toMatch(/홍길동|김가상/);
  });

  it('is one with a number that has certified another attempt; only the later one ends', async () => {
    const same = () => ({ identity: CERTIFIED, providerTid: 'tid-of-the-victim' });
    world.agency.next('complete', same);
    const victim = await certify();
    for (let count = 0; count < 2; count++) {
      world.agency.next('complete', same);
      const thief = await certify();
      expect(await endOf(thief.attempt)).toEqual(failed('PROVIDER_ERROR'));
      expect(events()).toHaveLength(count + 1);
      expect(events().at(-1)).toMatchObject({
        kind: 'binding_mismatch',
        about: { attemptId: thief.attemptId },
      });
    }
    expect(await endOf(victim.attempt)).toEqual({ certified: true });
  });

  it('is not one whose number another attempt was only refused with', async () => {
    const same = () => ({ identity: { ...CERTIFIED, name: '' }, providerTid: 'tid' });
    world.agency.next('complete', same);
    expect(await endOf((await certify()).attempt)).toEqual(failed('PROVIDER_ERROR'));
    world.agency.next('complete', () => ({ identity: CERTIFIED, providerTid: 'tid' }));
    expect(await endOf((await certify()).attempt)).toEqual({ certified: true });
    expect(events()).toEqual([]);
  });

  it.each([
    ['', 'PROVIDER_ERROR'],
    ['x'.repeat(51), 'PROVIDER_ERROR'],
    ['x'.repeat(50), null],
  ] as const)('has a number of 1 to 50 characters: %j', async (providerTid, reason) => {
    world.agency.next('complete', () => ({ identity: CERTIFIED, providerTid }));
    const { attempt } = await certify();
    expect(await endOf(attempt)).toEqual(reason === null ? { certified: true } : failed(reason));
  });
});

describe('after the deadline', () => {
  it('nothing is asked, and the attempt has expired', async () => {
    const [kept, late, read] = [await begin(), await begin(), await begin()];
    await bring(kept);
    await bring(read);
    const before = await world.now(read.attempt);
    world.clock.at = read.attempt.expiresAt;
    await bring(late);
    expect(await world.visits.complete(before, read.browser, STRANGER)).toBe('ended');
    expect((await world.attempts.find({ back: kept.back }))?.end).toEqual(failed('EXPIRED'));
    for (const { attempt } of [late, read]) expect(await endOf(attempt)).toEqual(failed('EXPIRED'));
    expect(world.agency.completions).toEqual([]);
  });
});

describe('what an agency is told and says', () => {
  it('is a return address of at most 128 bytes, with the part for giving up', async () => {
    const host = (length: number) => `https://${'x'.repeat(length - 8)}`;
    const room = 128 - '/page/back/'.length - 22 - '/back'.length;
    expect((await begin({}, host(room))).browser).not.toBeNull();
    const long = await begin({}, host(room + 1));
    expect(await endOf(long.attempt)).toEqual(failed('NOT_READY'));
    expect([excessOf('x'.repeat(123)), excessOf('x'.repeat(124)), excessOf('한'.repeat(42))]).toEqual([
      0, 1, 3,
    ]);
  });

  it.each([
    ['CI-0_9z', 'CI-0_9z'],
    ['x'.repeat(16), 'x'.repeat(16)],
    ['x'.repeat(17), null],
    ['<b>', null],
    ['홍길동', null],
    ['', null],
  ])('is kept as its code only in the form of a code: %j', async (providerCode, kept) => {
    world.agency.next('complete', new AppError('provider_refused', { providerCode }));
    const { attempt } = await certify();
    expect(await endOf(attempt)).toEqual({ ...failed('PROVIDER_ERROR'), providerCode: kept });
  });

  it('is told to the hooks: how it was asked, and which fields were unclear', async () => {
    world.agency.next('complete', () => ({
      identity: CERTIFIED,
      providerTid: 'tid',
      unclear: ['userGender'],
    }));
    const { attemptId } = await certify();
    world.agency.next('begin', 'provider_unavailable');
    await begin();
    expect(world.hooked.filter(([name]) => name === 'resultUnclear')).toEqual([
      ['resultUnclear', { adapter: 'hosted', attemptId }, ['userGender']],
    ]);
    expect(world.asked).toEqual([
      ['hosted', 'begin', 'done'],
      ['hosted', 'complete', 'done'],
      ['hosted', 'begin', 'provider_unavailable'],
    ]);
  });

  it('is waited for when a process wants to end', async () => {
    const begun = await begin();
    await bring(begun);
    let answer = () => {};
    world.agency.next(
      'complete',
      () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    );
    const asked = finish(begun);
    await expect.poll(() => world.agency.completions.length).toBe(1);
    let isSettled = false;
    const settled = world.visits.settle().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    answer();
    await Promise.all([asked, settled]);
    expect(await endOf(begun.attempt)).toEqual({ certified: true });
  });
});
