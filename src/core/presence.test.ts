import { describe, expect, it } from 'vitest';
import { isThere, type PresenceState } from './presence.ts';

describe('a window', () => {
  it.each<[PresenceState, heardAgo: number, expected: boolean]>([
    ['visible', 0, true],
    ['visible', 9_999, true],
    ['visible', 10_000, false],
    // Of two servers one may be a little ahead.
    ['visible', -50, true],
    ['hidden', 0, true],
    ['hidden', 900_000, true],
    ['gone', 0, false],
    ['gone', 900_000, false],
  ])('%s and heard of %i ms ago is there: %s', (state, heardAgo, expected) => {
    const now = 1_741_915_200_000;
    expect(isThere({ number: 1, state, heardAt: now - heardAgo }, now)).toBe(expected);
  });
});
