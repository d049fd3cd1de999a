import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { AppError } from '../../errors.ts';
import type { KcpSettings } from './settings.ts';

/*
 * KCP's encryption of both directions: AES-256-CBC with a key and an IV derived from the message's own salt. It has no
 * MAC, so only TLS to KCP's host makes an answer trustworthy.
 */

type Credentials = Pick<KcpSettings, 'site_cd' | 'enc_key'>;

const ALGORITHM = 'aes-256-cbc';
const ROUNDS = 10_000;
const KEY_BYTES = 32;
const IV_BYTES = 16;
const SALT_BYTES = 16;
const SALT = /^[0-9A-Za-z+/]{22}==$/;
const BASE64 = /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/;

/** A message as it is sent, both in base64. */
export interface SealedMessage {
  /** The salt. */
  readonly rv: string;
  readonly cipher: string;
}

/** Encrypts a text for KCP. */
export async function sealMessage(
  text: string,
  credentials: Credentials,
  salt: Uint8Array = randomBytes(SALT_BYTES),
): Promise<SealedMessage> {
  const [key, iv] = await deriveKeys(credentials, salt);
  const cipher = createCipheriv(ALGORITHM, key, iv);
  const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { rv: Buffer.from(salt).toString('base64'), cipher: bytes.toString('base64') };
}

/** Decrypts a message of KCP. Rejects with `unreadable_answer`, whatever the fault. */
export async function openMessage(
  { rv, cipher }: SealedMessage,
  credentials: Credentials,
): Promise<Uint8Array> {
  if (!SALT.test(rv)) throw unreadable('the salt of the answer is not 16 bytes in base64');
  if (cipher === '' || !BASE64.test(cipher)) throw unreadable('the encrypted part is no base64');
  const [key, iv] = await deriveKeys(credentials, Buffer.from(rv, 'base64'));
  try {
    const decipher = createDecipheriv(ALGORITHM, key, iv);
    return Buffer.concat([decipher.update(cipher, 'base64'), decipher.final()]);
  } catch {
    throw unreadable('the encrypted part cannot be decrypted');
  }
}

/** The encryption key is the password as text, not the bytes that its hex digits stand for. */
async function deriveKeys({ enc_key, site_cd }: Credentials, salt: Uint8Array): Promise<[Buffer, Buffer]> {
  const [key, iv] = await Promise.all([derive(enc_key, salt), derive(site_cd, salt)]);
  return [key, iv.subarray(0, IV_BYTES)];
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, ROUNDS, KEY_BYTES, 'sha256', (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function unreadable(detail: string): AppError {
  return new AppError('unreadable_answer', { detail: `kcp-v2 query: ${detail}` });
}
