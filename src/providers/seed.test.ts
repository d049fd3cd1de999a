import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cryptSeedBlock, decryptSeedCbc, expandSeedKey, SeedFault } from './seed.ts';

interface Vectors {
  readonly block: readonly Record<'source' | 'key_hex' | 'plain_hex' | 'cipher_hex', string>[];
  readonly round_keys_for_zero_key: readonly (readonly [string, string])[];
  readonly cbc: readonly Record<'name' | 'token' | 'iv' | 'plain' | 'cipher_base64', string>[];
  readonly must_fail: readonly Record<'name' | 'token' | 'iv' | 'cipher_base64', string>[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../test/contract/vectors/inicis-seed.json', import.meta.url), 'utf8'),
);
const hex = (text: string) => Buffer.from(text, 'hex');
const base64 = (text: string) => Buffer.from(text, 'base64');

describe('SEED-128', () => {
  it.each(vectors.block)('is that of $source, in both directions', ({ key_hex, plain_hex, cipher_hex }) => {
    const keys = expandSeedKey(hex(key_hex));
    expect(cryptSeedBlock(hex(plain_hex), keys, 'encrypt').toString('hex')).toBe(cipher_hex);
    expect(cryptSeedBlock(hex(cipher_hex), keys, 'decrypt').toString('hex')).toBe(plain_hex);
  });

  it('has the round keys of the standard', () => {
    const keys = [...expandSeedKey(Buffer.alloc(16))].map((word) => word.toString(16).padStart(8, '0'));
    expect(keys).toEqual(vectors.round_keys_for_zero_key.flat());
  });

  it.each(vectors.cbc)('decrypts CBC: $name', ({ token, iv, plain, cipher_base64 }) => {
    const opened = decryptSeedCbc(base64(cipher_base64), expandSeedKey(base64(token)), Buffer.from(iv));
    expect(opened.toString()).toBe(plain);
  });

  it.each(vectors.must_fail)('refuses $name', ({ token, iv, cipher_base64 }) => {
    expect(() =>
      decryptSeedCbc(base64(cipher_base64), expandSeedKey(base64(token)), Buffer.from(iv)),
    ).toThrow(SeedFault);
  });

  it('refuses a padding of no length, of more than a block, and with another byte in it', () => {
    const keys = expandSeedKey(Buffer.alloc(16));
    const iv = Buffer.alloc(16);
    for (const end of ['00', '11', '0302']) {
      const plain = hex('33'.repeat(16 - end.length / 2) + end);
      expect(() => decryptSeedCbc(cryptSeedBlock(plain, keys, 'encrypt'), keys, iv)).toThrow(SeedFault);
    }
    // Rightly padded, with a part of an IV.
    const whole = cryptSeedBlock(Buffer.alloc(16, 16), keys, 'encrypt');
    expect(() => decryptSeedCbc(whole, keys, Buffer.alloc(15))).toThrow(SeedFault);
    const first = cryptSeedBlock(Buffer.alloc(16, 17), keys, 'encrypt');
    const second = cryptSeedBlock(Buffer.from(first.map((byte) => byte ^ 17)), keys, 'encrypt');
    expect(() => decryptSeedCbc(Buffer.concat([first, second]), keys, iv)).toThrow(SeedFault);
  });
});
