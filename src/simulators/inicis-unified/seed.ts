/*
 * SEED-128 of Inicis's side. Its S-boxes are computed from their definition, powers in a field of 256 elements followed
 * by a linear map, so that a wrong digit in somebody else's table cannot be here too.
 */

/** x^8 + x^6 + x^5 + x + 1. */
const FIELD = 0x163;
/** The power, what is added, and to which byte each bit of the power leads. */
const BOXES = [
  { power: 247, added: 169, bits: [0x2c, 0xd0, 0x69, 0xc2, 0x41, 0x44, 0x58, 0xe2] },
  { power: 251, added: 56, bits: [0xd0, 0x2a, 0xe1, 0x2c, 0x21, 0x30, 0xa2, 0x6c] },
].map(({ power, added, bits }) =>
  Array.from({ length: 256 }, (_, x) => {
    const raised = raise(x, power);
    return bits.reduce((sum, byte, bit) => ((raised >> bit) & 1 ? sum ^ byte : sum), added);
  }),
);
const MASK = 0x3fcff3fcn;
const WORD = 0xffffffffn;
const KC = 0x9e3779b9n;

function multiply(a: number, b: number): number {
  let sum = 0;
  for (let left = a, right = b; right > 0; right >>= 1) {
    if (right & 1) sum ^= left;
    left <<= 1;
    if (left & 0x100) left ^= FIELD;
  }
  return sum;
}

function raise(x: number, power: number): number {
  let result = 1;
  for (let each = 0; each < power; each += 1) result = multiply(result, x);
  return result;
}

function rotate(value: bigint, bits: bigint, width: bigint): bigint {
  return ((value << bits) | (value >> (width - bits))) & ((1n << width) - 1n);
}

/** The function G: each byte through its box, spread over the word, and masked by a rotated mask. */
function g(word: bigint): bigint {
  let sum = 0n;
  for (let place = 0n; place < 4n; place += 1n) {
    const byte = BOXES[Number(place % 2n)]?.[Number((word >> (8n * place)) & 0xffn)] ?? 0;
    sum ^= (BigInt(byte) * 0x01010101n) & rotate(MASK, 32n - 8n * place, 32n);
  }
  return sum;
}

function roundKeys(key: Uint8Array): readonly (readonly [bigint, bigint])[] {
  let [ab, cd] = halves(key);
  return Array.from({ length: 16 }, (_, round) => {
    const constant = rotate(KC, BigInt(round), 32n);
    const [a, b, c, d] = [ab >> 32n, ab & WORD, cd >> 32n, cd & WORD];
    if (round % 2 === 0) ab = rotate(ab, 56n, 64n);
    else cd = rotate(cd, 8n, 64n);
    return [g((a + c - constant) & WORD), g((b - d + constant) & WORD)];
  });
}

function halves(bytes: Uint8Array): [bigint, bigint] {
  const hex = Buffer.from(bytes).toString('hex');
  return [BigInt(`0x${hex.slice(0, 16)}`), BigInt(`0x${hex.slice(16)}`)];
}

function encryptBlock(block: Uint8Array, keys: ReturnType<typeof roundKeys>): Buffer {
  let [left, right] = halves(block);
  for (const [k0, k1] of keys) {
    const c = (right >> 32n) ^ k0;
    const d = (right & WORD) ^ k1;
    const one = g(c ^ d);
    const two = g((c + one) & WORD);
    const three = g((one + two) & WORD);
    [left, right] = [right, left ^ ((((two + three) & WORD) << 32n) | three)];
  }
  return Buffer.from([right, left].map((half) => half.toString(16).padStart(16, '0')).join(''), 'hex');
}

/** Encrypts a text for one visit: CBC, PKCS#7, in base64. `iv` is that of the merchant: 16 ASCII characters. */
export function seal(plain: string | Uint8Array, key: Uint8Array, iv: string | Uint8Array): string {
  const text = Buffer.from(plain as string);
  const padding = 16 - (text.length % 16);
  const padded = Buffer.concat([text, Buffer.alloc(padding, padding)]);
  const keys = roundKeys(key);
  const blocks: Buffer[] = [Buffer.from(iv as string)];
  for (let at = 0; at < padded.length; at += 16) {
    const before = blocks.at(-1) ?? Buffer.alloc(16);
    const mixed = padded.subarray(at, at + 16).map((byte, place) => byte ^ (before[place] ?? 0));
    blocks.push(encryptBlock(mixed, keys));
  }
  return Buffer.concat(blocks.slice(1)).toString('base64');
}
