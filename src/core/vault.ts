import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { AppError } from '../errors.ts';

/** One master key: 32 random bytes with a small positive number by which sealed data names it. */
export interface MasterKey {
  readonly id: number;
  readonly secret: Uint8Array;
}

/**
 * A sealed text. The key that opens it comes from the master key and `salt` together, so destroying the salt
 * (32 random bytes, used for this one sealing) makes every copy of `blob` unreadable, for the holder of the
 * master key too.
 */
export interface Sealed {
  readonly masterKeyId: number;
  readonly salt: Uint8Array;
  /** Nonce (12 bytes), tag (16 bytes), ciphertext. */
  readonly blob: Uint8Array;
}

/** Purposes of marks of a key: a mark made for one purpose is not valid for another. */
export type KeyMarked = 'dev' | 'serve' | 'backup';

const CIPHER = 'aes-256-gcm';
const RECORD_KEY_BYTES = 32;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TEXT_AT = NONCE_BYTES + TAG_BYTES;
/** Where the salt stands in the input of the one-step key derivation: after counter and shared secret. */
const SALT_AT = 4 + 32;
const ID_BYTES = 4;

interface DerivedKeys {
  /** Input of the key derivation for one record, with room for its salt; reused, since nothing here waits. */
  readonly recordKeyInput: Buffer;
  readonly digestKey: Buffer;
  readonly tokenKey: Buffer;
}

function derive(master: MasterKey): DerivedKeys {
  const subkey = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', master.secret, '', `bonin/${purpose}/1`, 32));
  const recordKeyInput = Buffer.alloc(SALT_AT + SALT_BYTES);
  recordKeyInput.writeUInt32BE(1, 0);
  recordKeyInput.set(subkey('records'), 4);
  return { recordKeyInput, digestKey: subkey('digests'), tokenKey: subkey('tokens') };
}

/** Seals personal data, and makes the keyed digests and tokens, with keys that never leave it. */
export class Vault {
  readonly #keys = new Map<number, DerivedKeys>();
  readonly #currentId: number;
  /** The key of the record being sealed or opened; never more than one at a time, since nothing here waits. */
  readonly #recordKeyBytes = Buffer.alloc(RECORD_KEY_BYTES);

  /** The last key seals what is new; the others still open what they sealed. */
  constructor(masterKeys: readonly MasterKey[]) {
    const current = masterKeys.at(-1);
    if (current === undefined) throw new AppError('start_refused', { detail: 'there is no master key' });
    for (const key of masterKeys) {
      if (key.secret.length !== 32 || !Number.isInteger(key.id) || key.id < 1 || key.id > 0x7fffffff)
        throw new AppError('start_refused', { detail: 'a master key is not an id with 32 bytes' });
      this.#keys.set(key.id, derive(key));
    }
    this.#currentId = current.id;
  }

  /** Seals `text`, one byte per character. It opens only with the same `context` (which record, which field). */
  seal(context: string, text: string): Sealed {
    const salt = randomBytes(SALT_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#recordKey(this.#currentId, salt), nonce, GCM);
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(text, 'latin1'), cipher.final()]);
    return {
      masterKeyId: this.#currentId,
      salt,
      blob: Buffer.concat([nonce, cipher.getAuthTag(), sealed]),
    };
  }

  /** The sealed text; `sealed_data_unreadable` for another context, altered bytes or an unknown master key. */
  open(context: string, sealed: Sealed): string {
    try {
      const { buffer, byteOffset, length } = sealed.blob;
      const key = this.#recordKey(sealed.masterKeyId, sealed.salt);
      // Views are made by hand, since subarray() costs several times that.
      const nonce = new Uint8Array(buffer, byteOffset, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, key, nonce, GCM);
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(new Uint8Array(buffer, byteOffset + NONCE_BYTES, TAG_BYTES));
      const text = decipher.update(new Uint8Array(buffer, byteOffset + TEXT_AT, length - TEXT_AT));
      decipher.final();
      // Made a string only here: asking the decipher for one costs a decoder per call.
      return text.toString('latin1');
    } catch (cause) {
      throw new AppError('sealed_data_unreadable', { detail: `cannot open ${context}`, cause });
    }
  }

  /** Keyed digest of a secret that a caller will present again; begins with the id of the key that made it. */
  digest(purpose: string, secret: string): Uint8Array {
    return this.#digestWith(this.#currentId, purpose, secret);
  }

  /** The same under every key, the newest first: a stored digest may have been made with an older key. */
  digests(purpose: string, secret: string): readonly Uint8Array[] {
    return [...this.#keys.keys()].reverse().map((keyId) => this.#digestWith(keyId, purpose, secret));
  }

  /** The same under the key that made `kept`, or the newest when there is no such key. */
  digestLike(kept: Uint8Array, purpose: string, secret: string): Uint8Array {
    return this.#digestWith(this.#keyIdOf(kept) ?? this.#currentId, purpose, secret);
  }

  /** Whether `secret` is the one `digest` was made of, in a time that does not depend on either. */
  matches(digest: Uint8Array, purpose: string, secret: string): boolean {
    const keyId = this.#keyIdOf(digest);
    const made = this.#digestWith(keyId ?? this.#currentId, purpose, secret);
    return keyId !== null && made.length === digest.length && timingSafeEqual(made, digest);
  }

  /** The key that made a digest, if there is one. */
  #keyIdOf(digest: Uint8Array): number | null {
    const keyId = digest.length > ID_BYTES ? Buffer.from(digest).readUInt32BE(0) : 0;
    return this.#keys.has(keyId) ? keyId : null;
  }

  /** The nonce of a new access token: the key's id and 20 random bytes. */
  newTokenNonce(): Uint8Array {
    return Buffer.concat([numberToBytes(this.#currentId), randomBytes(20)]);
  }

  /** The access token of a nonce: 40 hex digits, the same each time, unknowable without the master key. */
  tokenOf(nonce: Uint8Array): string {
    const { tokenKey } = this.#keysOf(Buffer.from(nonce).readUInt32BE(0));
    return createHmac('sha256', tokenKey).update(nonce).digest('hex').slice(0, 40);
  }

  /**
   * A mark by which a database of some mode, or a backup, recognises the master key that it was made with: `id:hex`.
   */
  keyMark(of: KeyMarked): string {
    return `${this.#currentId}:${Buffer.from(this.digest('key mark', of)).toString('hex')}`;
  }

  /** Whether `mark` was made for this, with one of the keys of this vault. */
  recognises(mark: string, of: string): boolean {
    const [, hex = ''] = mark.split(':');
    return this.matches(Buffer.from(hex, 'hex'), 'key mark', of);
  }

  #recordKey(masterKeyId: number, salt: Uint8Array): Buffer {
    const { recordKeyInput } = this.#keysOf(masterKeyId);
    if (salt.length !== SALT_BYTES)
      throw new AppError('sealed_data_unreadable', { detail: 'the salt is cut' });
    recordKeyInput.set(salt, SALT_AT);
    // NIST SP 800-56C, one-step derivation with SHA-256: H(counter, shared secret, fixed info). Taken as a
    // one-byte string into a buffer that is used over and over, since a Buffer of its own costs twice the hash.
    this.#recordKeyBytes.write(hash('sha256', recordKeyInput, 'latin1'), 'latin1');
    return this.#recordKeyBytes;
  }

  #digestWith(keyId: number, purpose: string, secret: string): Buffer {
    const { digestKey } = this.#keysOf(keyId);
    const mac = createHmac('sha256', digestKey).update(`${purpose}\0`).update(secret).digest();
    return Buffer.concat([numberToBytes(keyId), mac]);
  }

  #keysOf(masterKeyId: number): DerivedKeys {
    const keys = this.#keys.get(masterKeyId);
    if (keys === undefined)
      throw new AppError('sealed_data_unreadable', { detail: `there is no master key ${masterKeyId}` });
    return keys;
  }
}

const GCM = { authTagLength: TAG_BYTES };

function numberToBytes(id: number): Buffer {
  const bytes = Buffer.alloc(ID_BYTES);
  bytes.writeUInt32BE(id, 0);
  return bytes;
}
