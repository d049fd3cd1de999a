import type { Store } from '../../src/core/store.ts';

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

const VERBS = [
  'listChannels',
  'findMerchant',
  'findApiKey',
  'findTokenOfKey',
  'putToken',
  'findToken',
  'createCertification',
  'createOtpCertification',
  'findCertification',
  'findOtp',
  'tryOtp',
  'claim',
  'release',
  'endOtp',
  'certify',
  'eraseCertification',
] as const satisfies readonly (keyof Store)[];

/**
 * Makes a store take its time before and after each verb while `isOn` says so. SQLite answers at once, so calls in
 * one process would run one after the other; with this they meet in every order.
 */
export function interleave(store: Store, random: () => number, isOn: () => boolean): void {
  const pause = async () => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--)
      await new Promise<void>((resolve) => setImmediate(resolve));
  };
  for (const verb of VERBS) {
    const work = store[verb].bind(store) as (...given: readonly unknown[]) => Promise<unknown>;
    const slow = async (...given: readonly unknown[]) => {
      if (!isOn()) return work(...given);
      await pause();
      const done = await work(...given);
      await pause();
      return done;
    };
    Object.defineProperty(store, verb, { value: slow });
  }
}
