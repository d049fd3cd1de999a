import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Algorithm, openText, sealText } from './sealed-text.ts';

const ALGORITHMS: readonly Algorithm[] = ['aes-256-gcm', 'aria-256-gcm'];
const BLOCKS = { 'aes-256-gcm': 'aes-256-ecb', 'aria-256-gcm': 'aria-256-ecb' } as const;
const NUMBERS = { 'aes-256-gcm': 1, 'aria-256-gcm': 2 } as const;

/*
 * Galois/Counter Mode by NIST SP 800-38D, for a nonce of 12 bytes, on nothing but a block cipher. It shares no code
 * with what it checks.
 */
function gcm(block: (input: Buffer) => Buffer, nonce: Buffer, data: Buffer, text: Buffer) {
  const counterBlock = (count: number) => {
    const input = Buffer.alloc(16);
    nonce.copy(input);
    input.writeUInt32BE(count, 12);
    return block(input);
  };
  const ciphertext = Buffer.alloc(text.length);
  for (let at = 0; at < text.length; at++)
    ciphertext[at] = (text[at] ?? 0) ^ (counterBlock(2 + Math.floor(at / 16))[at % 16] ?? 0);
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(data.length) * 8n, 0);
  lengths.writeBigUInt64BE(BigInt(ciphertext.length) * 8n, 8);
  const hashKey = toNumber(block(Buffer.alloc(16)));
  let hash = 0n;
  const input = Buffer.concat([padded(data), padded(ciphertext), lengths]);
  for (let at = 0; at < input.length; at += 16)
    hash = multiply(hash ^ toNumber(input.subarray(at, at + 16)), hashKey);
  const tag = toNumber(counterBlock(1)) ^ hash;
  return { ciphertext, tag: Buffer.from(tag.toString(16).padStart(32, '0'), 'hex') };
}

const toNumber = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);

function multiply(one: bigint, other: bigint): bigint {
  let [product, factor] = [0n, other];
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((one >> bit) & 1n) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ (0xe1n << 120n) : factor >> 1n;
  }
  return product;
}

function blockCipher(algorithm: Algorithm, key: Buffer) {
  return (input: Buffer) => {
    const cipher = createCipheriv(BLOCKS[algorithm], key, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(input), cipher.final()]);
  };
}

const hex = (text: string) => Buffer.from(text, 'hex');

describe('the algorithms', () => {
  it('encrypt one block as their standards print it: FIPS 197 C.3 and RFC 5794 A.3', () => {
    const key = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
    const text = hex('00112233445566778899aabbccddeeff');
    expect(blockCipher('aes-256-gcm', key)(text).toString('hex')).toBe('8ea2b7ca516745bfeafc49904b496089');
    expect(blockCipher('aria-256-gcm', key)(text).toString('hex')).toBe('f92bd7c79fb72e2f2b8f80c1972d24fc');
  });

  it('are what the mode of this test makes of the block cipher, which is test case 16 of the GCM paper', () => {
    const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
    const made = gcm(
      blockCipher('aes-256-gcm', key),
      hex('cafebabefacedbaddecaf888'),
      hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
      hex(
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      ),
    );
    expect(made.tag.toString('hex')).toBe('76fc6ece0f4e1768cddf8853bb2d551b');
    expect(made.ciphertext.toString('hex')).toMatch(/^522dc1f099567d07f47f37a32a84427d/);
  });

  it.each(ALGORITHMS)(
    '%s: a text sealed elsewhere opens, and one sealed here is the same bytes',
    (algorithm) => {
      const key = randomBytes(32);
      const context = 'the record of 홍길동';
      const text = 'a text of more than three blocks, which ends in the middle of one';
      const number = NUMBERS[algorithm];
      const data = Buffer.concat([Buffer.of(1, number), Buffer.from(context)]);
      const elsewhere = (nonce: Buffer) => {
        const { ciphertext, tag } = gcm(blockCipher(algorithm, key), nonce, data, Buffer.from(text));
        return Buffer.concat([Buffer.of(1, number), nonce, tag, ciphertext]);
      };
      expect(openText(key, context, elsewhere(randomBytes(12)))).toBe(text);
      const sealed = sealText(algorithm, key, context, text);
      expect(sealed.toString('hex')).toBe(elsewhere(sealed.subarray(2, 14)).toString('hex'));
    },
  );

  it.each(ALGORITHMS)('%s: every other byte, length, key and context is refused', (algorithm) => {
    const key = randomBytes(32);
    const sealed = sealText(algorithm, key, 'a', 'text');
    for (let at = 0; at < sealed.length; at++)
      for (const change of [1, 2, 3, 0x80]) {
        const altered = Uint8Array.from(sealed);
        altered[at] = (altered[at] ?? 0) ^ change;
        expect(() => openText(key, 'a', altered), `byte ${at}`).toThrow();
      }
    for (let length = 0; length < sealed.length; length++)
      expect(() => openText(key, 'a', sealed.subarray(0, length))).toThrow();
    expect(() => openText(randomBytes(32), 'a', sealed)).toThrow();
    expect(() => openText(key, 'b', sealed)).toThrow();
    expect(openText(key, 'a', sealed)).toBe('text');
  });
});

describe('a context', () => {
  it('counts to its last character, however long it is', () => {
    const key = randomBytes(32);
    for (const length of [0, 1, 339, 340, 341, 342, 1022, 1023, 5000])
      for (const character of ['a', '가']) {
        const context = character.repeat(length);
        const sealed = sealText('aes-256-gcm', key, context, 'text');
        expect(openText(key, context, sealed)).toBe('text');
        expect(() => openText(key, `${context}b`, sealed), `${length}`).toThrow();
        if (length > 0) expect(() => openText(key, context.slice(1), sealed), `${length}`).toThrow();
      }
  });
});

describe('format and algorithm', () => {
  it('are the first two bytes; unknown ones are named in the error', () => {
    const key = randomBytes(32);
    const sealed = sealText('aes-256-gcm', key, 'a', 'text');
    expect([...sealed.subarray(0, 2)]).toEqual([1, 1]);
    for (const head of [
      [0, 1],
      [2, 1],
      [1, 0],
      [1, 3],
      [1, 255],
    ])
      expect(() => openText(key, 'a', Buffer.concat([Buffer.from(head), sealed.subarray(2)]))).toThrow(
        /unknown format or algorithm/,
      );
  });

  it('are authenticated: what another format of the same cipher sealed does not open', () => {
    const key = randomBytes(32);
    const nonce = randomBytes(12);
    const withoutHead = gcm(blockCipher('aes-256-gcm', key), nonce, Buffer.from('a'), Buffer.from('text'));
    const blob = Buffer.concat([Buffer.of(1, 1), nonce, withoutHead.tag, withoutHead.ciphertext]);
    expect(() => openText(key, 'a', blob)).toThrow();
  });
});
