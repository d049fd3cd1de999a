import { randomBytes } from 'node:crypto';
import { AppError } from '../errors.ts';
import { openText, sealText } from './sealed-text.ts';

/*
 * The ring of a database: random data keys, one for each purpose, which seal and digest everything else. They are in
 * the database, wrapped by a master key, which is not. A new master key only wraps them again.
 */

/** One master key: 32 random bytes with a small positive number by which wrapped data keys name it. */
export interface MasterKey {
  readonly id: number;
  readonly secret: Uint8Array;
}

/** What the data keys are for. The ring of a database has at least one key for each. */
export const KEY_PURPOSES = [
  // Sealed details of certifications, claimants of codes, attempts on the page, and settings of channels.
  'records',
  // Digests of API secrets.
  'secrets',
  // Access tokens, and the digests by which they are found.
  'tokens',
  // Digests of the page's tickets, sessions, handles and return addresses.
  'pages',
  // Digests of codes and phone numbers, and of what the rate limits count.
  'codes',
  // Proofs of rows that are not sealed: merchants, channels and access tokens.
  'proofs',
  // The chunks of an export file.
  'exports',
  // The signatures of backup files.
  'backups',
  // Nothing uses these two yet: an index to find a person by CI, and the log of who read a record.
  'ci_index',
  'record_log',
] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** A data key as the database keeps it. */
export interface WrappedKey {
  /** Sealed data and digests name their data key by this number. */
  readonly id: number;
  readonly purpose: string;
  readonly masterKeyId: number;
  readonly wrapped: Uint8Array;
  readonly createdAt: number;
}

/** A data key that is open: 32 bytes. */
export interface DataKey {
  readonly id: number;
  readonly purpose: KeyPurpose;
  readonly secret: Uint8Array;
}

/** The part of the port in `store.ts` that keeps the ring, with the same guarantees. */
export interface DataKeyStore {
  /** The ring, by the numbers of its keys. It was made together with the database. */
  listDataKeys(): Promise<readonly WrappedKey[]>;
  /**
   * Calls `rewrap` with the ring and stores master key and wrapped bytes of the keys that it returns: all of them or,
   * when it throws or the process dies, none. No two such calls overlap.
   */
  rewrapDataKeys(rewrap: (ring: readonly WrappedKey[]) => readonly WrappedKey[]): Promise<void>;
}

/** Whose database a ring belongs to. Wrapped with each key, so that no ring of one mode opens in the other. */
export type RingMode = 'dev' | 'serve';

/**
 * What is wrong with a ring: `foreign` when no key of it opens with the master keys given; `altered` when some do and
 * others do not, or when keys are missing.
 */
export type RingFault = 'foreign' | 'altered';

/** New random data keys, one for each purpose. */
export function newDataKeys(): readonly DataKey[] {
  return KEY_PURPOSES.map((purpose, at) => ({ id: at + 1, purpose, secret: randomBytes(32) }));
}

/** The ring of a new database, wrapped by the newest master key. `now` is in epoch milliseconds. */
export function createRing(
  masterKeys: readonly MasterKey[],
  mode: RingMode,
  now: number,
): readonly WrappedKey[] {
  const newest = newestOf(masterKeys);
  return newDataKeys().map((key) => wrap(newest, mode, key, now));
}

/** Opens the keys of a ring, or of a part of one; `start_refused` when there is no usable master key. */
export function openKeys(
  masterKeys: readonly MasterKey[],
  mode: string,
  ring: readonly WrappedKey[],
): { readonly keys: readonly DataKey[] } | { readonly fault: RingFault } {
  newestOf(masterKeys);
  const keys = ring.flatMap((wrapped) => unwrap(masterKeys, mode, wrapped) ?? []);
  if (keys.length === ring.length && keys.length > 0) return { keys };
  return { fault: keys.length === 0 && ring.length > 0 ? 'foreign' : 'altered' };
}

/** The same for a whole ring. */
export function openRing(
  masterKeys: readonly MasterKey[],
  mode: string,
  ring: readonly WrappedKey[],
): ReturnType<typeof openKeys> {
  const opened = openKeys(masterKeys, mode, ring);
  if ('fault' in opened) return opened;
  const isWhole = KEY_PURPOSES.every((purpose) => opened.keys.some((key) => key.purpose === purpose));
  const isEachOnce = new Set(opened.keys.map(({ id }) => id)).size === ring.length;
  return isWhole && isEachOnce ? opened : { fault: 'altered' };
}

/**
 * The keys of a ring that the newest master key does not wrap yet, wrapped by it; `sealed_data_unreadable` when one
 * does not open.
 */
export function rewrapRing(
  masterKeys: readonly MasterKey[],
  mode: RingMode,
  ring: readonly WrappedKey[],
): readonly WrappedKey[] {
  const newest = newestOf(masterKeys);
  return ring
    .filter(({ masterKeyId }) => masterKeyId !== newest.id)
    .map((wrapped) => {
      const key = unwrap(masterKeys, mode, wrapped);
      if (key === null) throw alteredRing();
      return wrap(newest, mode, key, wrapped.createdAt);
    });
}

/** The error for a ring that somebody has changed. */
export function alteredRing(place = 'the database'): AppError {
  return new AppError('sealed_data_unreadable', { detail: `${place}: the data keys in it were altered` });
}

/** The last one of the file. `start_refused` when there is none, or one is not an id with 32 bytes. */
function newestOf(masterKeys: readonly MasterKey[]): MasterKey {
  for (const { id, secret } of masterKeys)
    if (secret.length !== 32 || !Number.isInteger(id) || id < 1 || id > 0x7fffffff)
      throw new AppError('start_refused', { detail: 'a master key is not an id with 32 bytes' });
  const newest = masterKeys.at(-1);
  if (newest === undefined) throw new AppError('start_refused', { detail: 'there is no master key' });
  return newest;
}

function wrap({ id: masterKeyId, secret }: MasterKey, mode: RingMode, key: DataKey, now: number): WrappedKey {
  const { id, purpose } = key;
  const context = contextOf(mode, id, purpose, now);
  const text = Buffer.from(key.secret).toString('latin1');
  const wrapped = sealText('aes-256-gcm', secret, context, text);
  return { id, purpose, masterKeyId, wrapped, createdAt: now };
}

/** Null when the key does not open. */
function unwrap(
  masterKeys: readonly MasterKey[],
  mode: string,
  { id, purpose, masterKeyId, wrapped, createdAt }: WrappedKey,
): DataKey | null {
  const master = masterKeys.find((each) => each.id === masterKeyId);
  const known = KEY_PURPOSES.find((each) => each === purpose);
  if (master === undefined || known === undefined) return null;
  try {
    const text = openText(master.secret, contextOf(mode, id, purpose, createdAt), wrapped);
    return { id, purpose: known, secret: Buffer.from(text, 'latin1') };
  } catch {
    return null;
  }
}

/** Every clear column of a data key, and the mode of the database. */
function contextOf(mode: string, id: number, purpose: string, createdAt: number): string {
  return JSON.stringify(['data key', mode, id, purpose, createdAt]);
}
