import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decryptSeedCbc, expandSeedKey } from '../../src/providers/seed.ts';
import { seal } from '../../src/simulators/inicis-unified/seed.ts';

const TEXTS_OF_A_KEY = 500;
const WORDS = ['enc', '-seed-cbc', '-nopad', '-provider', 'legacy', '-provider', 'default'];
const ZERO = '0'.repeat(32);
/** OpenSSL has SEED only where its legacy provider is installed. */
const hasLegacy =
  spawnSync('openssl', [...WORDS, '-K', ZERO, '-iv', ZERO], { input: Buffer.alloc(16) }).status === 0;

describe('SEED of the adapters', () => {
  it.skipIf(!hasLegacy)('opens what OpenSSL encrypts: 10,000 random texts under 20 random keys', () => {
    for (let turn = 0; turn < 20; turn += 1) {
      const [key, iv] = [randomBytes(16), randomBytes(16)];
      const texts = Array.from({ length: TEXTS_OF_A_KEY }, () => randomBytes(randomInt(0, 100)));
      // One process encrypts all texts as one chain: the IV of each is the block before it.
      const words = [...WORDS, '-K', key.toString('hex'), '-iv', iv.toString('hex')];
      const chain = execFileSync('openssl', words, { input: Buffer.concat(texts.map(pad)) });
      const keys = expandSeedKey(key);
      let [before, at]: [Buffer, number] = [iv, 0];
      const opened = texts.map((text) => {
        const part = chain.subarray(at, at + pad(text).length);
        const plain = decryptSeedCbc(part, keys, before);
        [before, at] = [part.subarray(-16), at + part.length];
        return plain.equals(text);
      });
      expect(opened).toEqual(texts.map(() => true));
    }
  });

  it('opens what the simulator of Inicis encrypts by code of its own: 1,000 random texts and keys', () => {
    for (let turn = 0; turn < 1000; turn += 1) {
      const [key, iv, text] = [randomBytes(16), randomBytes(16), randomBytes(randomInt(0, 100))];
      const encrypted = Buffer.from(seal(text, key, iv), 'base64');
      expect(decryptSeedCbc(encrypted, expandSeedKey(key), iv).equals(text)).toBe(true);
    }
  });
});

/** With the padding of PKCS#7. */
function pad(text: Buffer): Buffer {
  const length = 16 - (text.length % 16);
  return Buffer.concat([text, Buffer.alloc(length, length)]);
}
