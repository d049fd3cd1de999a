import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../errors.ts';
import { askProvider, isLive, LONGEST_CLAIM, newClaim } from './claims.ts';
import { NO_HOOKS, type Question, type ServiceHooks } from './hooks.ts';

describe('a claim', () => {
  it('is known by 16 random bytes, and lives for 60 seconds', () => {
    const claims = Array.from({ length: 100 }, () => newClaim(1000));
    expect(new Set(claims.map(({ id }) => Buffer.from(id).toString('hex'))).size).toBe(100);
    for (const { id, until } of claims) expect([id.length, until]).toEqual([16, 61_000]);
  });
});

describe('a question to a provider', () => {
  const outcomes: unknown[] = [];
  const hooks: ServiceHooks = {
    ...NO_HOOKS,
    agencyAsked: (adapter, question) => (outcome) => outcomes.push([adapter, question, outcome]),
  };
  const ask = <T>(asked: Promise<T>, question: Question = 'confirm') =>
    askProvider({ adapter: 'danal', question, hooks }, () => asked);
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is answered with what the provider says, and leaves no timer', async () => {
    expect(await ask(Promise.resolve('person'))).toBe('person');
    const refusal = new AppError('identity_mismatch');
    await expect(ask(Promise.reject(refusal))).rejects.toBe(refusal);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['request', 10],
    ['confirm', 10],
    ['begin', 9],
    // Five seconds less than its claim lasts.
    ['complete', 55],
  ] as const)('of the kind %s may take %d seconds', async (question, seconds) => {
    for (const [wait, said] of [
      [seconds * 1000 - 1, 'person'],
      [seconds * 1000 + 1, 'provider_unavailable'],
    ] as const) {
      const asked = ask(new Promise((resolve) => setTimeout(() => resolve('person'), wait)), question);
      const answer = asked.catch(({ code }: AppError) => code);
      await vi.advanceTimersByTimeAsync(wait);
      expect(await answer).toBe(said);
    }
  });

  it('is told to the hooks with its outcome, also when the adapter fails before it asks', async () => {
    outcomes.length = 0;
    await ask(Promise.resolve('person'), 'begin');
    await ask(Promise.reject(new AppError('person_blocked'))).catch(() => {});
    const thrown = () => {
      throw new Error('a defect');
    };
    await askProvider({ adapter: 'kcp', question: 'complete', hooks }, thrown).catch(() => {});
    expect(outcomes).toEqual([
      ['danal', 'begin', 'done'],
      ['danal', 'confirm', 'person_blocked'],
      ['kcp', 'complete', 'internal'],
    ]);
  });

  it('may take just under ten seconds', async () => {
    const asked = ask(new Promise((resolve) => setTimeout(() => resolve('person'), 9_999)));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await asked).toBe('person');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is `provider_unavailable` after ten seconds, whatever comes later', async () => {
    for (const late of ['resolves', 'rejects', 'never'] as const) {
      const asked = ask(
        new Promise((resolve, reject) => {
          if (late === 'resolves') setTimeout(() => resolve('person'), 10_001);
          if (late === 'rejects') setTimeout(() => reject(new Error('too late')), 10_001);
        }),
      );
      const said = expect(asked).rejects.toMatchObject({ code: 'provider_unavailable' });
      await vi.advanceTimersByTimeAsync(10_000);
      await said;
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('knows a claim that is live by its end, and none that is said to last longer than claims do', () => {
  const { until } = newClaim(1000);
  expect(isLive(until, 1000)).toBe(true);
  expect(isLive(until, until - 1)).toBe(true);
  expect(isLive(until, until)).toBe(false);
  expect(isLive(null, 1000)).toBe(false);
  // Of another node, whose clock is ahead.
  expect(isLive(until, 999)).toBe(true);
  expect(isLive(1000 + LONGEST_CLAIM + 1, 1000)).toBe(false);
  expect(isLive(Number.MAX_SAFE_INTEGER, 1000)).toBe(false);
});
