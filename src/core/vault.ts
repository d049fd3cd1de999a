import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';
import {
  alteredRing,
  type DataKey,
  type DataKeyStore,
  type KeyPurpose,
  type MasterKey,
  openRing,
  type RingMode,
  rewrapRing,
  type WrappedKey,
} from './key-ring.ts';
import { type Algorithm, openText, sealText } from './sealed-text.ts';

/**
 * A sealed text. The key that opens it comes from the data key and `salt` together, so destroying the salt
 * (32 random bytes, used for this one sealing) makes every copy of `blob` unreadable, for the holder of the
 * master key too.
 */
export interface Sealed {
  /** The data key. */
  readonly keyId: number;
  readonly salt: Uint8Array;
  /** As `sealed-text.ts` lays it out. */
  readonly blob: Uint8Array;
}

/** Purposes whose data keys seal; the others make digests. */
type SealingPurpose = Extract<KeyPurpose, 'records' | 'exports'>;
type DigestPurpose = Exclude<KeyPurpose, SealingPurpose>;

export interface VaultOptions {
  /** Seals what is new. Either algorithm is opened. Default: `aes-256-gcm`. */
  readonly algorithm?: Algorithm;
}

const RECORD_KEY_BYTES = 32;
const SALT_BYTES = 32;
/** Position of the salt in the input of the one-step key derivation: after counter and shared secret. */
const SALT_AT = 4 + 32;
const ID_BYTES = 4;

interface OpenKey extends DataKey {
  /** Input of the key derivation for one record, with room for its salt; reused, since nothing here waits. */
  readonly recordKeyInput: Buffer;
}

function prepare(key: DataKey): OpenKey {
  const recordKeyInput = Buffer.alloc(SALT_AT + SALT_BYTES);
  recordKeyInput.writeUInt32BE(1, 0);
  recordKeyInput.set(key.secret, 4);
  return { ...key, recordKeyInput };
}

/** Seals personal data, and makes the keyed digests and tokens, with keys that never leave it. */
export class Vault {
  readonly #keys = new Map<number, OpenKey>();
  /** The newest key of each purpose, which seals and digests what is new; older ones still open. */
  readonly #newest = new Map<KeyPurpose, OpenKey>();
  readonly #algorithm: Algorithm;
  /** The key of the record being sealed or opened; never more than one at a time, since nothing here waits. */
  readonly #recordKeyBytes = Buffer.alloc(RECORD_KEY_BYTES);

  /** Of several keys for one purpose, the one with the highest number is the newest. */
  constructor(keys: readonly DataKey[], { algorithm = 'aes-256-gcm' }: VaultOptions = {}) {
    this.#algorithm = algorithm;
    for (const key of keys.toSorted((one, other) => one.id - other.id).map(prepare)) {
      this.#keys.set(key.id, key);
      this.#newest.set(key.purpose, key);
    }
  }

  /** Seals `text`, one byte per character. It opens only with the same `context` (which record, which field). */
  seal(context: string, text: string, purpose: SealingPurpose = 'records'): Sealed {
    const key = this.#newestOf(purpose);
    const salt = randomBytes(SALT_BYTES);
    const blob = sealText(this.#algorithm, this.#recordKey(key, salt), context, text);
    return { keyId: key.id, salt, blob };
  }

  /** The sealed text; `sealed_data_unreadable` for another context, altered bytes or an unknown data key. */
  open(context: string, sealed: Sealed, purpose: SealingPurpose = 'records'): string {
    try {
      const key = this.#keyOf(purpose, sealed.keyId);
      return openText(this.#recordKey(key, sealed.salt), context, sealed.blob);
    } catch (cause) {
      throw new AppError('sealed_data_unreadable', { detail: `cannot open ${context}`, cause });
    }
  }

  /**
   * Keyed digest of a secret that a caller will present again; begins with the id of the data key. One made under a
   * label is not valid under another.
   */
  digest(purpose: DigestPurpose, label: string, secret: string): Uint8Array {
    return digestWith(this.#newestOf(purpose), label, secret);
  }

  /** The same under every key of the purpose, the newest first, since an older one may have made a stored digest. */
  digests(purpose: DigestPurpose, label: string, secret: string): readonly Uint8Array[] {
    return [...this.#keys.values()]
      .filter((key) => key.purpose === purpose)
      .reverse()
      .map((key) => digestWith(key, label, secret));
  }

  /** The same under the key that made `kept`, or the newest when there is no such key. */
  digestLike(kept: Uint8Array, purpose: DigestPurpose, label: string, secret: string): Uint8Array {
    return digestWith(this.#makerOf(kept, purpose) ?? this.#newestOf(purpose), label, secret);
  }

  /** Whether `secret` is the one `digest` was made of, in a time that does not depend on either. */
  matches(digest: Uint8Array, purpose: DigestPurpose, label: string, secret: string): boolean {
    const key = this.#makerOf(digest, purpose);
    const made = digestWith(key ?? this.#newestOf(purpose), label, secret);
    return key !== null && made.length === digest.length && timingSafeEqual(made, digest);
  }

  /** The key that made a digest; null when there is none of this purpose. */
  #makerOf(digest: Uint8Array, purpose: DigestPurpose): OpenKey | null {
    const keyId = digest.length > ID_BYTES ? Buffer.from(digest).readUInt32BE(0) : 0;
    const key = this.#keys.get(keyId);
    return key?.purpose === purpose ? key : null;
  }

  /** The nonce of a new access token: the key's id and 20 random bytes. */
  newTokenNonce(): Uint8Array {
    return Buffer.concat([numberToBytes(this.#newestOf('tokens').id), randomBytes(20)]);
  }

  /** The access token of a nonce: 40 hex digits, the same each time, unknowable without the data key. */
  tokenOf(nonce: Uint8Array): string {
    const { secret } = this.#keyOf('tokens', Buffer.from(nonce).readUInt32BE(0));
    return createHmac('sha256', secret).update('nonce\0').update(nonce).digest('hex').slice(0, 40);
  }

  #recordKey({ recordKeyInput }: OpenKey, salt: Uint8Array): Buffer {
    if (salt.length !== SALT_BYTES)
      throw new AppError('sealed_data_unreadable', { detail: 'the salt is cut' });
    recordKeyInput.set(salt, SALT_AT);
    // NIST SP 800-56C, one-step derivation with SHA-256: H(counter, shared secret, fixed info). Taken as a
    // one-byte string into a buffer that is used over and over, since a Buffer of its own costs twice the hash.
    this.#recordKeyBytes.write(hash('sha256', recordKeyInput, 'latin1'), 'latin1');
    return this.#recordKeyBytes;
  }

  #newestOf(purpose: KeyPurpose): OpenKey {
    const key = this.#newest.get(purpose);
    if (key === undefined)
      throw new AppError('sealed_data_unreadable', { detail: `there is no data key for ${purpose}` });
    return key;
  }

  #keyOf(purpose: KeyPurpose, id: number): OpenKey {
    const key = this.#keys.get(id);
    if (key?.purpose !== purpose)
      throw new AppError('sealed_data_unreadable', { detail: `there is no data key ${id} for ${purpose}` });
    return key;
  }
}

/**
 * The vault of a ring; `start_refused` when the master keys do not open it, `sealed_data_unreadable` when it was
 * altered.
 */
export function openVault(
  masterKeys: readonly MasterKey[],
  mode: RingMode,
  ring: readonly WrappedKey[],
): Vault {
  const opened = openRing(masterKeys, mode, ring);
  if ('keys' in opened) return new Vault(opened.keys);
  if (opened.fault === 'altered') throw alteredRing();
  throw new AppError('start_refused', {
    detail: 'the database was sealed with a master key that is not among the keys given',
  });
}

/** The vault of a store that is open for writing. The ring is first wrapped by the newest master key, if it is not. */
export async function openStoreVault(
  store: DataKeyStore,
  masterKeys: readonly MasterKey[],
  mode: RingMode,
): Promise<Vault> {
  const ring = await store.listDataKeys();
  const vault = openVault(masterKeys, mode, ring);
  if (rewrapRing(masterKeys, mode, ring).length > 0)
    await store.rewrapDataKeys((found) => rewrapRing(masterKeys, mode, found));
  return vault;
}

function digestWith({ id, secret: key }: OpenKey, label: string, secret: string): Buffer {
  const mac = createHmac('sha256', key).update(`${label}\0`).update(secret).digest();
  return Buffer.concat([numberToBytes(id), mac]);
}

function numberToBytes(id: number): Buffer {
  const bytes = Buffer.alloc(ID_BYTES);
  bytes.writeUInt32BE(id, 0);
  return bytes;
}
