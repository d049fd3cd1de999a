import { expect, it } from 'vitest';
import { isLive, LONGEST_CLAIM, newClaim } from './claims.ts';

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
