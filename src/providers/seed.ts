/*
 * SEED-128 (RFC 4269), to decrypt in CBC with PKCS#7 padding. OpenSSL has it only in its legacy provider, which Node does
 * not load.
 */

const S1 =
  'a985d6d3541dac255d43181e51fcca632844209de0e2c817a58f037bbb13d2ee' +
  '708c3fa832ddf674ec950b575c5bbd01241c739810ccf2d92ce772839bd186c9' +
  '6050a3eb0db69e4fb75ac678a612afd561c3b441527d8d081f9900190453f7e1' +
  'fd762f27b08b0eaba26e934d697c090abfeff3c58714fe64de2e4b1a06216b66' +
  '02f5928a0cb37ed07a4796e52680addfa13037ae36152238f4a7454c81e98497' +
  '35cbce3c7111c78975fbdaf8945982c4ff493967c0cfd7b80f8e4223916cdba4' +
  '34f148c26f3d2d40be3ebcc1aaba4e553bdc687f9cd84a5677a0ed46b52b65fa' +
  'e3b9b19f5ef9e6b231ea6d5fe4f0cd88163a58d462290733e81b0579906a2a9a';
const S2 =
  '38e82da6cfdeb3b8af6055c7446f6b5bc36233b529a0e2a7d39111061cbc364b' +
  'ef886ca817c416f4c245e1d63f3d8e98284ef63ea5f90ddfd82b667a272ff172' +
  '42d441c07367ac8bf7ad801fca2caa34d20beee95d9418f857ae08c513cd86b9' +
  'ff7dc131f58a6ab1d120d7022204687107db9d9961bee659dd5190dc9aa3abd0' +
  '810f471ae3ec8dbf967b5ca2a163234dc89e9c3a0c2eba6e9f5af292f34978cc' +
  '15fb70757f351003646dc674d5b4ea097619fe4012e0bd05fa01f02a5ea95643' +
  '8514899bb0e5487997fc1e82218c1b5f7754b21d254f0046ed5852eb7edac9fd' +
  '3095653cb6e4bb7c0e5039263284699337e724a4cb530a87d94c838fce3b4ab7';

const ROUNDS = 16;
const BLOCK = 16;
const MASKS = [0xfc, 0xf3, 0xcf, 0x3f];

/** What does not fit to a key or a padding. It says nothing about the text: every fault looks the same to a caller. */
export class SeedFault extends Error {}

/** Two words for each of the 16 rounds. */
export type RoundKeys = Uint32Array;

/** The four tables of the function G: what each byte of a word adds to its result. */
let tables: readonly Uint32Array[] | null = null;

function openTables(): readonly Uint32Array[] {
  const boxes = [Buffer.from(S1, 'hex'), Buffer.from(S2, 'hex')];
  return MASKS.map((_, place) => {
    const box = boxes[place % 2] ?? Buffer.alloc(0);
    return Uint32Array.from(box, (value) =>
      MASKS.reduce((word, _mask, to) => word | ((value & (MASKS[(to + place) % 4] ?? 0)) << (8 * to)), 0),
    );
  });
}

function mix(word: number): number {
  tables ??= openTables();
  let mixed = 0;
  for (const [place, table] of tables.entries()) mixed ^= table[(word >>> (8 * place)) & 0xff] ?? 0;
  return mixed >>> 0;
}

/** The round keys of a key of 16 bytes. */
export function expandSeedKey(key: Uint8Array): RoundKeys {
  if (key.length !== BLOCK) throw new SeedFault('a key has 16 bytes');
  let [a, b, c, d] = readWords(key);
  const keys = new Uint32Array(2 * ROUNDS);
  for (let round = 0, constant = 0x9e3779b9; round < ROUNDS; round += 1) {
    keys[2 * round] = mix((a + c - constant) >>> 0);
    keys[2 * round + 1] = mix((b - d + constant) >>> 0);
    if (round % 2 === 0) [a, b] = [(a >>> 8) | (b << 24), (b >>> 8) | (a << 24)];
    else [c, d] = [(c << 8) | (d >>> 24), (d << 8) | (c >>> 24)];
    constant = ((constant << 1) | (constant >>> 31)) >>> 0;
  }
  return keys;
}

/** Encrypts a block of 16 bytes, or decrypts it when the rounds are taken from the last to the first. */
export function cryptSeedBlock(block: Uint8Array, keys: RoundKeys, direction: 'encrypt' | 'decrypt'): Buffer {
  let [left0, left1, right0, right1] = readWords(block);
  for (let round = 0; round < ROUNDS; round += 1) {
    const at = 2 * (direction === 'encrypt' ? round : ROUNDS - 1 - round);
    const first = (right0 ^ (keys[at] ?? 0)) >>> 0;
    let second = mix((right1 ^ (keys[at + 1] ?? 0) ^ first) >>> 0);
    const third = mix((first + second) >>> 0);
    second = mix((second + third) >>> 0);
    [left0, left1, right0, right1] = [
      right0,
      right1,
      (left0 ^ ((third + second) >>> 0)) >>> 0,
      (left1 ^ second) >>> 0,
    ];
  }
  const result = Buffer.alloc(BLOCK);
  // The last round does not swap the halves.
  for (const [place, word] of [right0, right1, left0, left1].entries())
    result.writeUInt32BE(word >>> 0, 4 * place);
  return result;
}

/** Decrypts CBC and removes the padding. Throws a `SeedFault` for what was not encrypted so. */
export function decryptSeedCbc(encrypted: Uint8Array, keys: RoundKeys, iv: Uint8Array): Buffer {
  if (iv.length !== BLOCK || encrypted.length === 0 || encrypted.length % BLOCK !== 0)
    throw new SeedFault('a part of a block');
  const plain = Buffer.alloc(encrypted.length);
  let before = iv;
  for (let at = 0; at < encrypted.length; at += BLOCK) {
    const block = encrypted.subarray(at, at + BLOCK);
    const opened = cryptSeedBlock(block, keys, 'decrypt');
    for (const [place, byte] of opened.entries()) plain[at + place] = byte ^ (before[place] ?? 0);
    before = block;
  }
  const padding = plain.at(-1) ?? 0;
  const isPadded =
    padding >= 1 && padding <= BLOCK && plain.subarray(-padding).every((each) => each === padding);
  if (!isPadded) throw new SeedFault('the padding is wrong');
  return plain.subarray(0, -padding);
}

function readWords(bytes: Uint8Array): [number, number, number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}
