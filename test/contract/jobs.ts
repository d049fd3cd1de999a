import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobTake } from '../../src/core/jobs.ts';
import type { Store } from '../../src/core/store.ts';

const LEASE = 20;
const PAUSE = 30;

/** What every storage engine must do with recurring work. Each test is later than the one before. */
export function describeJobs(name: string, open: () => Promise<{ first: Store; second: Store }>): void {
  describe(`jobs: ${name}`, () => {
    let store: Store;
    let second: Store;
    let now = 1_800_000_000_000;

    beforeAll(async () => {
      ({ first: store, second } = await open());
    });
    afterAll(async () => {
      await store.close();
      await second.close();
    });
    beforeEach(async () => {
      await nextTurn();
      now += 1_000_000;
    });

    const takeOf = (owner: Uint8Array, at = now): JobTake => ({
      name: 'sweep',
      owner,
      now: at,
      lease: LEASE,
      pause: PAUSE,
    });
    const isTaken = async (by: Store, owner: Uint8Array, at = now) =>
      (await by.takeJob(takeOf(owner, at))).isTaken;
    const end = (by: Store, owner: Uint8Array, at: number) =>
      by.endJob({ name: 'sweep', owner, endedAt: at, outcome: 'done', dueAt: at + PAUSE });
    const [mine, other] = [randomBytes(16), randomBytes(16)];

    it('go to one of several that want them at the same moment, the first time too', async () => {
      const takes = Array.from({ length: 20 }, (_, at) =>
        isTaken(at % 2 === 0 ? store : second, randomBytes(16)),
      );
      expect((await Promise.all(takes)).filter(Boolean)).toHaveLength(1);
    });

    it('stay with their owner until the lease ends, and go to another one then', async () => {
      expect(await isTaken(store, mine)).toBe(true);
      expect(await isTaken(second, other, now + LEASE - 1)).toBe(false);
      expect(await isTaken(second, other, now + LEASE)).toBe(true);
      expect(await isTaken(store, mine, now + LEASE)).toBe(false);
    });

    it('stay longer with an owner that takes them again', async () => {
      expect(await isTaken(store, mine)).toBe(true);
      expect(await isTaken(store, mine, now + LEASE - 1)).toBe(true);
      expect(await isTaken(second, other, now + LEASE)).toBe(false);
      expect(await isTaken(second, other, now + 2 * LEASE - 1)).toBe(true);
    });

    it('are due again after their pause and not before, and say how they ended', async () => {
      expect(await isTaken(store, mine)).toBe(true);
      expect(await end(store, mine, now + 1)).toBe(true);
      const state = { dueAt: now + 1 + PAUSE, last: { endedAt: now + 1, outcome: 'done' } };
      await nextTurn();
      expect(await second.takeJob(takeOf(other, now + PAUSE))).toEqual({ ...state, isTaken: false });
      expect(await second.takeJob(takeOf(other, now + 1 + PAUSE))).toEqual({ ...state, isTaken: true });
    });

    it('are not ended by somebody who has lost them, or taken again after their end', async () => {
      expect(await isTaken(store, mine)).toBe(true);
      expect(await isTaken(second, other, now + LEASE)).toBe(true);
      expect(await end(store, mine, now + LEASE)).toBe(false);
      expect(await end(second, other, now + LEASE)).toBe(true);
      expect(await end(second, other, now + LEASE)).toBe(false);
      expect(await isTaken(second, other, now + LEASE)).toBe(false);
    });

    it('are neither free nor due for a process whose clock is a little behind', async () => {
      expect(await isTaken(store, mine)).toBe(true);
      expect(await isTaken(second, other, now - 5)).toBe(false);
      expect(await end(store, mine, now)).toBe(true);
      expect(await isTaken(second, other, now - 5)).toBe(false);
    });

    it('wait for no time that a clock gone wrong has written', async () => {
      const later = now + 1_000_000_000;
      expect(await isTaken(store, mine, later)).toBe(true);
      expect(await isTaken(second, other)).toBe(true);
      expect(await end(second, other, later)).toBe(true);
      expect(await isTaken(store, mine)).toBe(true);
    });
  });
}
