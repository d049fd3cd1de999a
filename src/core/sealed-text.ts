import { type CipherGCMTypes, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../errors.ts';

/*
 * The bytes of everything sealed: format (1 byte), algorithm (1), nonce (12), tag (16), ciphertext. The first two are
 * authenticated together with the context, so that neither can be changed.
 */

/** The algorithms that can seal. Each is authenticated encryption with a key of 32 bytes. */
export type Algorithm = 'aes-256-gcm' | 'aria-256-gcm';

const FORMAT = 1;
const NUMBERS = { 'aes-256-gcm': 1, 'aria-256-gcm': 2 } as const satisfies Record<Algorithm, number>;
/** By their number in a blob. */
const ALGORITHMS: readonly (Algorithm | undefined)[] = [undefined, 'aes-256-gcm', 'aria-256-gcm'];

const HEAD_BYTES = 2;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TAG_AT = HEAD_BYTES + NONCE_BYTES;
const TEXT_AT = TAG_AT + TAG_BYTES;
const GCM = { authTagLength: TAG_BYTES };
/** What sealing adds to a text, in bytes. */
export const OVERHEAD = TEXT_AT;

/** Seals `text`, one byte for each character. It opens only with the same key (32 bytes) and context. */
export function sealText(algorithm: Algorithm, key: Uint8Array, context: string, text: string): Buffer {
  const number = NUMBERS[algorithm];
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(cipherOf(algorithm), key, nonce, GCM);
  cipher.setAAD(authenticated(number, context));
  const sealed = Buffer.concat([cipher.update(text, 'latin1'), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT, number), nonce, cipher.getAuthTag(), sealed]);
}

/** The sealed text. Throws for another key or context, for altered bytes, and for an unknown format or algorithm. */
export function openText(key: Uint8Array, context: string, blob: Uint8Array): string {
  const number = blob[1] ?? 0;
  const algorithm = blob[0] === FORMAT ? ALGORITHMS[number] : undefined;
  if (algorithm === undefined)
    throw new AppError('sealed_data_unreadable', { detail: 'an unknown format or algorithm' });
  const { buffer, byteOffset, length } = blob;
  // Views are made by hand, since subarray() costs several times that.
  const nonce = new Uint8Array(buffer, byteOffset + HEAD_BYTES, NONCE_BYTES);
  const decipher = createDecipheriv(cipherOf(algorithm), key, nonce, GCM);
  decipher.setAAD(authenticated(number, context));
  decipher.setAuthTag(new Uint8Array(buffer, byteOffset + TAG_AT, TAG_BYTES));
  const text = decipher.update(new Uint8Array(buffer, byteOffset + TEXT_AT, length - TEXT_AT));
  decipher.final();
  // Made a string only here: asking the decipher for one costs a decoder per call.
  return text.toString('latin1');
}

/**
 * Room for the authenticated data, used over and over: a buffer of its own for each text costs more than to fill it.
 */
const room = Buffer.from(new ArrayBuffer(1024));
/** A character takes three bytes at most. */
const LONGEST_IN_ROOM = Math.floor((room.length - HEAD_BYTES) / 3);

/** Format, algorithm and context. The bytes are valid until the next call. */
function authenticated(algorithm: number, context: string): Uint8Array {
  const data =
    context.length > LONGEST_IN_ROOM ? Buffer.alloc(HEAD_BYTES + Buffer.byteLength(context)) : room;
  data[0] = FORMAT;
  data[1] = algorithm;
  const length = data.write(context, HEAD_BYTES);
  return new Uint8Array(data.buffer, data.byteOffset, HEAD_BYTES + length);
}

/** The types of Node do not list ARIA, which works like AES. */
function cipherOf(algorithm: Algorithm): CipherGCMTypes {
  return algorithm as CipherGCMTypes;
}
