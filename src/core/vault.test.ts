import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { type CertificationDetails, packDetails, splitDetails, unpackDetails } from './certification.ts';
import { newDataKeys } from './key-ring.ts';
import { type Sealed, Vault } from './vault.ts';

const unreadable = expect.objectContaining({ code: 'sealed_data_unreadable' });

describe('vault', () => {
  const keys = newDataKeys();
  const vault = new Vault(keys);
  /** The same keys, and a second one for each purpose. */
  const grown = new Vault([...keys, ...newDataKeys().map((key) => ({ ...key, id: key.id + 100 }))]);
  const stranger = new Vault(newDataKeys());

  it('opens what it sealed, under the same context only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.string(), fc.string(), (text, context, other) => {
        const sealed = vault.seal(context, text);
        expect(vault.open(context, sealed)).toBe(text);
        if (other !== context) expect(() => vault.open(other, sealed)).toThrow(AppError);
      }),
    );
  });

  it('refuses every altered byte, every cut and every other salt', () => {
    const sealed = vault.seal('a', 'text');
    const altered = (part: 'blob' | 'salt', at: number): Sealed => {
      const bytes = Uint8Array.from(sealed[part]);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return { ...sealed, [part]: bytes };
    };
    for (const part of ['blob', 'salt'] as const)
      for (let at = 0; at < sealed[part].length; at++)
        expect(() => vault.open('a', altered(part, at))).toThrow(unreadable);
    for (let length = 0; length < sealed.blob.length; length++)
      expect(() => vault.open('a', { ...sealed, blob: sealed.blob.subarray(0, length) })).toThrow(unreadable);
    expect(() => vault.open('a', { ...sealed, salt: sealed.salt.subarray(1) })).toThrow(unreadable);
  });

  it('cannot open a record whose salt is destroyed, though it has the data key', () => {
    const sealed = vault.seal('a', 'text');
    expect(() => vault.open('a', { ...sealed, salt: new Uint8Array(32) })).toThrow(unreadable);
  });

  it('uses no nonce and no salt twice', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 10_000; round++) {
      const { blob, salt } = vault.seal('a', 'text');
      seen.add(Buffer.from(blob.subarray(2, 14)).toString('hex')).add(Buffer.from(salt).toString('hex'));
    }
    expect(seen.size).toBe(20_000);
  });

  it('seals with the newest data key of a purpose and opens with any', () => {
    const old = vault.seal('a', 'text');
    expect(old.keyId).toBe(1);
    expect(grown.open('a', old)).toBe('text');
    expect(grown.seal('a', 'text').keyId).toBe(101);
    expect(() => vault.open('a', grown.seal('a', 'text'))).toThrow(unreadable);
    expect(() => stranger.open('a', old)).toThrow(unreadable);
  });

  it('opens nothing with a key of another purpose', () => {
    const exported = vault.seal('a', 'text', 'exports');
    expect(vault.open('a', exported, 'exports')).toBe('text');
    expect(() => vault.open('a', exported)).toThrow(unreadable);
    expect(() => vault.open('a', { ...exported, keyId: 1 }, 'records')).toThrow(unreadable);
    expect(() => new Vault(keys.slice(1)).seal('a', 'text')).toThrow(unreadable);
  });

  it('opens both algorithms, whichever it seals with', () => {
    const aria = new Vault(keys, { algorithm: 'aria-256-gcm' });
    const sealed = aria.seal('a', 'text');
    expect([...sealed.blob.subarray(0, 2)]).toEqual([1, 2]);
    expect([...vault.seal('a', 'text').blob.subarray(0, 2)]).toEqual([1, 1]);
    expect(vault.open('a', sealed)).toBe('text');
    expect(aria.open('a', vault.seal('a', 'text'))).toBe('text');
    for (const [at, value] of [
      [0, 2],
      [1, 1],
      [1, 3],
    ] as const) {
      const blob = Uint8Array.from(sealed.blob).with(at, value);
      expect(() => vault.open('a', { ...sealed, blob })).toThrow(unreadable);
    }
  });

  it('matches a digest with its secret only, and digests made with an older data key still', () => {
    const digest = vault.digest('secrets', 'imp_secret', 'right');
    expect(vault.matches(digest, 'secrets', 'imp_secret', 'right')).toBe(true);
    expect(vault.matches(digest, 'secrets', 'imp_secret', 'wrong')).toBe(false);
    expect(vault.matches(digest, 'secrets', 'otp', 'right')).toBe(false);
    expect(vault.matches(digest, 'codes', 'imp_secret', 'right')).toBe(false);
    expect(vault.matches(new Uint8Array(0), 'secrets', 'imp_secret', 'right')).toBe(false);
    expect(grown.matches(digest, 'secrets', 'imp_secret', 'right')).toBe(true);
    expect(grown.digestLike(digest, 'secrets', 'imp_secret', 'right')).toEqual(digest);
    expect(grown.digests('secrets', 'imp_secret', 'right')[1]).toEqual(digest);
    expect(stranger.matches(digest, 'secrets', 'imp_secret', 'right')).toBe(false);
  });

  it('derives the same token from a nonce each time, and another one from another key', () => {
    const nonce = vault.newTokenNonce();
    expect(vault.tokenOf(nonce)).toMatch(/^[0-9a-f]{40}$/);
    expect(grown.tokenOf(nonce)).toBe(vault.tokenOf(nonce));
    expect(stranger.tokenOf(nonce)).not.toBe(vault.tokenOf(nonce));
  });
});

const text = () => fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.toWellFormed());
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const anyDetails: fc.Arbitrary<CertificationDetails> = fc.record({
  merchantUid: text(),
  pageUrl: maybe(text()),
  providerTid: maybe(text()),
  identity: maybe(
    fc.record({
      name: text(),
      birthday: text(),
      gender: maybe(fc.constantFrom('male' as const, 'female' as const)),
      foreigner: maybe(fc.boolean()),
      phone: maybe(text()),
      carrier: maybe(fc.constantFrom('SKT' as const, 'KT' as const, 'LGT' as const)),
      mvno: fc.boolean(),
      ci: maybe(text()),
      di: maybe(text()),
    }),
  ),
});

describe('packed details', () => {
  it('are ASCII and unpack to what they were', () => {
    fc.assert(
      fc.property(anyDetails, (details) => {
        const packed = packDetails(details);
        expect(packed).toMatch(/^[\n -~\u007f]*$/);
        expect(unpackDetails(splitDetails(packed))).toEqual(details);
      }),
    );
  });
});
