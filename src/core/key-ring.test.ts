import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createRing,
  KEY_PURPOSES,
  type MasterKey,
  openRing,
  rewrapRing,
  type WrappedKey,
} from './key-ring.ts';
import { openStoreVault, openVault } from './vault.ts';

const key = (id: number): MasterKey => ({ id, secret: randomBytes(32) });
const [first, second] = [key(1), key(2)];
const NOW = 1_800_000_000_000;

const secretsOf = (masterKeys: readonly MasterKey[], ring: readonly WrappedKey[], mode = 'serve') => {
  const opened = openRing(masterKeys, mode, ring);
  return 'keys' in opened
    ? opened.keys.map(({ purpose, secret }) => `${purpose} ${Buffer.from(secret).toString('hex')}`)
    : opened.fault;
};

describe('a ring', () => {
  const ring = createRing([first], 'serve', NOW);

  it('has a key of its own for each purpose, which stands nowhere in it', () => {
    expect(ring.map(({ purpose }) => purpose)).toEqual([...KEY_PURPOSES]);
    const secrets = secretsOf([first], ring);
    expect(new Set(secrets).size).toBe(KEY_PURPOSES.length);
    for (const each of secrets)
      for (const { wrapped } of ring)
        expect(Buffer.from(wrapped).toString('hex')).not.toContain(each.split(' ')[1]);
    expect(secretsOf([first], createRing([first], 'serve', NOW))).not.toEqual(secrets);
  });

  it('opens with the master key that wraps it, wherever that stands in the file, and with no other', () => {
    const secrets = secretsOf([first], ring);
    expect(secretsOf([second, first], ring)).toEqual(secrets);
    expect(secretsOf([first, second], ring)).toEqual(secrets);
    expect(secretsOf([second], ring)).toBe('foreign');
    // Another installation has a first key too.
    expect(secretsOf([key(1)], ring)).toBe('foreign');
  });

  it('does not open in a database of the other mode', () => {
    expect(secretsOf([first], ring, 'dev')).toBe('foreign');
  });

  const [records, secrets, ...rest] = ring as [WrappedKey, WrappedKey, ...WrappedKey[]];
  const flipped = Uint8Array.from(records.wrapped, (byte, at) => (at === 40 ? byte ^ 1 : byte));
  const otherColumns: Record<keyof WrappedKey, Partial<WrappedKey>> = {
    id: { id: 99 },
    purpose: { purpose: 'record_log' },
    masterKeyId: { masterKeyId: 2 },
    wrapped: { wrapped: flipped },
    createdAt: { createdAt: NOW + 1 },
  };
  it.each(Object.entries(otherColumns))('is altered with another %s in one row', (_column, other) => {
    expect(secretsOf([first, second], [{ ...records, ...other }, secrets, ...rest])).toBe('altered');
  });

  it.each([
    ['of an unknown format', 0, 9],
    ['of an unknown algorithm', 1, 9],
    ['of another algorithm', 1, 2],
  ])('is altered with a key %s', (_what, at, value) => {
    const wrapped = Uint8Array.from(records.wrapped);
    wrapped[at] = value;
    expect(secretsOf([first], [{ ...records, wrapped }, secrets, ...rest])).toBe('altered');
  });

  it('is altered when keys are exchanged between purposes, missing, or none of ours', () => {
    const exchanged = [
      { ...records, wrapped: secrets.wrapped },
      { ...secrets, wrapped: records.wrapped },
      ...rest,
    ];
    expect(secretsOf([first], exchanged)).toBe('altered');
    expect(
      secretsOf([first], [{ ...records, purpose: 'secrets' }, { ...secrets, purpose: 'records' }, ...rest]),
    ).toBe('altered');
    for (let at = 0; at < ring.length; at++)
      expect(secretsOf([first], ring.toSpliced(at, 1)), `without ${ring[at]?.purpose}`).toBe('altered');
    expect(secretsOf([first], [])).toBe('altered');
    expect(secretsOf([first], [...ring, records])).toBe('altered');
    expect(secretsOf([first], [...ring, { ...records, id: 99, purpose: 'unknown' }])).toBe('altered');
  });

  it('is refused with a sentence when it is foreign, and with an alarm when it was altered', () => {
    expect(() => openVault([second], 'serve', ring)).toThrow(
      expect.objectContaining({ code: 'start_refused' }),
    );
    expect(() => openVault([first], 'serve', ring.slice(1))).toThrow(
      expect.objectContaining({ code: 'sealed_data_unreadable' }),
    );
  });

  it('is not made or opened without a master key, or with one that is not 32 bytes', () => {
    for (const masterKeys of [
      [],
      [{ id: 1, secret: randomBytes(31) }],
      [{ id: 0, secret: randomBytes(32) }],
    ]) {
      expect(() => createRing(masterKeys, 'serve', NOW)).toThrow(/master key/);
      expect(() => openRing(masterKeys, 'serve', ring)).toThrow(/master key/);
    }
  });
});

describe('another master key', () => {
  const ring = createRing([first], 'serve', NOW);

  it('wraps the same keys anew, and then needs no older one', () => {
    const rewrapped = rewrapRing([first, second], 'serve', ring);
    expect(rewrapped).toHaveLength(ring.length);
    expect(secretsOf([second], rewrapped)).toEqual(secretsOf([first], ring));
    expect(secretsOf([first], rewrapped)).toBe('foreign');
    expect(rewrapped.map(({ createdAt }) => createdAt)).toEqual(ring.map(({ createdAt }) => createdAt));
    expect(rewrapRing([first, second], 'serve', rewrapped)).toEqual([]);
  });

  it('wraps nothing while it is not the last line', () => {
    expect(rewrapRing([second, first], 'serve', ring)).toEqual([]);
  });

  it('wraps nothing of a ring that does not open', () => {
    const [records, ...rest] = ring as [WrappedKey, ...WrappedKey[]];
    expect(() => rewrapRing([first, second], 'serve', [{ ...records, id: 99 }, ...rest])).toThrow(
      expect.objectContaining({ code: 'sealed_data_unreadable' }),
    );
  });

  it('is asked for when a store is opened, and works on the ring as it is by then', async () => {
    let kept = ring;
    const calls: number[] = [];
    const store = {
      listDataKeys: async () => ring,
      rewrapDataKeys: async (rewrap: (found: typeof ring) => typeof ring) => {
        const changed = rewrap(kept);
        calls.push(changed.length);
        kept = kept.map((each) => changed.find(({ id }) => id === each.id) ?? each);
      },
    };
    const vault = await openStoreVault(store, [first, second], 'serve');
    await openStoreVault(store, [first, second], 'serve');
    await openStoreVault({ ...store, listDataKeys: async () => kept }, [second], 'serve');
    expect(calls).toEqual([ring.length, 0]);
    const sealed = vault.seal('a', 'text');
    expect(openVault([second], 'serve', kept).open('a', sealed)).toBe('text');
  });
});
