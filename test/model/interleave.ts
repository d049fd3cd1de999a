import type { AttemptStore } from '../../src/core/attempt-store.ts';
import type { Store } from '../../src/core/store.ts';
import { STORE_VERBS, type StoreVerb } from '../../src/core/watched-store.ts';

/** Numbers from 0 to below 1, the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each verb met others. */
export type Meetings = ReadonlyMap<StoreVerb, number>;

/** Waits some turns of the event loop, as often as not none. */
export type Pause = () => Promise<void>;

/** Pauses of a random length while `isOn` says so. */
export function createPause(random: () => number, isOn: () => boolean): Pause {
  return async () => {
    if (!isOn()) return;
    for (let turns = Math.floor(random() * 4); turns > 0; turns--)
      await new Promise<void>((resolve) => setImmediate(resolve));
  };
}

/**
 * Makes a store take its time before and after each verb while `isOn` says so. SQLite answers at once, so calls in
 * one process would run one after the other; with this they meet in every order.
 */
export function interleave(store: Store, pause: Pause, isOn: () => boolean): Meetings {
  const meetings = new Map(STORE_VERBS.map((verb) => [verb, 0]));
  for (const verb of STORE_VERBS) {
    const [port, name] = verb.startsWith('attempts.')
      ? [store.attempts, verb.slice('attempts.'.length) as keyof AttemptStore]
      : [store, verb as keyof Store];
    const work = (port[name as never] as (...given: readonly unknown[]) => Promise<unknown>).bind(port);
    const slow = async (...given: readonly unknown[]) => {
      if (!isOn()) return work(...given);
      meetings.set(verb, (meetings.get(verb) ?? 0) + 1);
      await pause();
      const done = await work(...given);
      await pause();
      return done;
    };
    Object.defineProperty(port, name, { value: slow });
  }
  return meetings;
}
