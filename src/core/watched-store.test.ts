import { describe, expect, it } from 'vitest';
import type { Store } from './store.ts';
import { watchStore } from './watched-store.ts';

/** A store that knows one answer and one failure. */
const store = {
  findToken: async () => 'an answer',
  findApiKey: async () => Promise.reject(new Error('the failure')),
  attempts: { find: async () => 'an attempt' },
} as unknown as Store;
const known = new Proxy(store, {
  get: (target, name) =>
    name === 'attempts'
      ? new Proxy(target.attempts, { get: (own, verb) => Reflect.get(own, verb) ?? (async () => null) })
      : (Reflect.get(target, name) ?? (async () => null)),
});

const fail = () => {
  throw new Error('watching failed');
};

describe('a watched store', () => {
  it.each([
    ['at the beginning of a call', fail],
    ['at its end', () => fail],
  ])('gives what the store gives when its watcher fails %s', async (_when, begin) => {
    const escaped: unknown[] = [];
    const note = (error: unknown) => void escaped.push(error);
    process.on('unhandledRejection', note);
    const reported: unknown[] = [];
    const watched = watchStore(
      known,
      () => begin,
      (error) => reported.push(error),
    );
    expect(await watched.findToken('x')).toBe('an answer');
    await expect(watched.findApiKey('x')).rejects.toThrow('the failure');
    expect(await watched.attempts.find({} as never)).toBe('an attempt');
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(escaped).toEqual([]);
    expect(reported).toHaveLength(3);
  });
});
