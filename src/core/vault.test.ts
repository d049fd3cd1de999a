import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { type CertificationDetails, packDetails, splitDetails, unpackDetails } from './certification.ts';
import { type Sealed, Vault } from './vault.ts';

const key = (id: number) => ({ id, secret: randomBytes(32) });
const unreadable = expect.objectContaining({ code: 'sealed_data_unreadable' });

describe('vault', () => {
  const first = key(1);
  const vault = new Vault([first]);

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

  it('cannot open a record whose salt is destroyed, though it has the master key', () => {
    const sealed = vault.seal('a', 'text');
    expect(() => vault.open('a', { ...sealed, salt: new Uint8Array(32) })).toThrow(unreadable);
  });

  it('uses no nonce and no salt twice', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 10_000; round++) {
      const { blob, salt } = vault.seal('a', 'text');
      seen.add(Buffer.from(blob.subarray(0, 12)).toString('hex')).add(Buffer.from(salt).toString('hex'));
    }
    expect(seen.size).toBe(20_000);
  });

  it('seals with the newest master key and opens with any that it has', () => {
    const old = vault.seal('a', 'text');
    const rotated = new Vault([first, key(2)]);
    expect(rotated.open('a', old)).toBe('text');
    expect(rotated.seal('a', 'text').masterKeyId).toBe(2);
    expect(() => vault.open('a', rotated.seal('a', 'text'))).toThrow(unreadable);
    expect(rotated.recognises(vault.keyMark('serve'), 'serve')).toBe(true);
    expect(vault.recognises(rotated.keyMark('serve'), 'serve')).toBe(false);
    expect(new Vault([key(1)]).recognises(vault.keyMark('serve'), 'serve')).toBe(false);
    // Nobody without the key can make a mark for another mode.
    expect(vault.recognises(vault.keyMark('dev'), 'serve')).toBe(false);
  });

  it('matches a digest with its secret only, and digests made before a rotation still', () => {
    const digest = vault.digest('imp_secret', 'right');
    expect(vault.matches(digest, 'imp_secret', 'right')).toBe(true);
    expect(vault.matches(digest, 'imp_secret', 'wrong')).toBe(false);
    expect(vault.matches(digest, 'otp', 'right')).toBe(false);
    expect(vault.matches(new Uint8Array(0), 'imp_secret', 'right')).toBe(false);
    expect(new Vault([first, key(2)]).matches(digest, 'imp_secret', 'right')).toBe(true);
    expect(new Vault([key(1)]).matches(digest, 'imp_secret', 'right')).toBe(false);
  });

  it('derives the same token from a nonce each time, and another one from another key', () => {
    const nonce = vault.newTokenNonce();
    expect(vault.tokenOf(nonce)).toMatch(/^[0-9a-f]{40}$/);
    expect(new Vault([first, key(2)]).tokenOf(nonce)).toBe(vault.tokenOf(nonce));
    expect(new Vault([key(1)]).tokenOf(nonce)).not.toBe(vault.tokenOf(nonce));
  });

  it('refuses to be made without a key, or with one that is not 32 bytes', () => {
    expect(() => new Vault([])).toThrow(AppError);
    expect(() => new Vault([{ id: 1, secret: randomBytes(31) }])).toThrow(AppError);
    expect(() => new Vault([{ id: 0, secret: randomBytes(32) }])).toThrow(AppError);
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
