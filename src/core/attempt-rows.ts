import { toAsciiJson } from '../ascii-json.ts';
import { AppError } from '../errors.ts';
import {
  type Attempt,
  type AttemptFrame,
  type AttemptWalk,
  attemptContext,
  readEnd,
  type StoredAttempt,
} from './attempt.ts';
import { OTP_WRONG_TRIES } from './otp.ts';
import { checkChannel } from './proofs.ts';
import type { Sealed, Vault } from './vault.ts';

/** The sealed parts of an attempt. */
export function sealAttempt(
  vault: Vault,
  bound: Parameters<typeof attemptContext>[1],
  frame: AttemptFrame,
  walk: AttemptWalk,
): { readonly frame: Sealed; readonly walk: Sealed } {
  return {
    frame: vault.seal(attemptContext('frame', bound), toAsciiJson(frame)),
    walk: vault.seal(attemptContext('walk', bound), toAsciiJson(walk)),
  };
}

/**
 * The attempt of a row; `sealed_data_unreadable` when the row disagrees with its sealed parts. Whether one that ended
 * well led to a person is for the caller to look at.
 */
export function openAttempt(vault: Vault, stored: StoredAttempt): Attempt {
  checkChannel(vault, stored.channel);
  if (stored.wrong < 0 || stored.wrong > OTP_WRONG_TRIES) throw alteredAttempt(stored);
  const open = (part: 'frame' | 'walk', sealed: Sealed) =>
    JSON.parse(vault.open(attemptContext(part, stored), sealed)) as unknown;
  const frame = open('frame', stored.frame) as AttemptFrame;
  if (stored.end !== null) {
    const end = readEnd(stored.end);
    if (end === null) throw alteredAttempt(stored);
    // What an ended one still held would not be looked at any more.
    return { ...stored, end, frame, walk: null };
  }
  if (stored.walk === null) throw alteredAttempt(stored);
  const walk = open('walk', stored.walk) as AttemptWalk;
  // The store compares with what stands in the row.
  if (!isSameDigest(stored.code, toCodeDigest(walk.code))) throw alteredAttempt(stored);
  return { ...stored, end: null, frame, walk };
}

export function alteredAttempt({ impUid }: Pick<StoredAttempt, 'impUid'>): AppError {
  return new AppError('sealed_data_unreadable', { detail: `the row of the attempt ${impUid} was altered` });
}

/** The digest of the newest code; null for none. */
export function toCodeDigest(code: AttemptWalk['code']): Uint8Array | null {
  return code === null ? null : Buffer.from(code.digest, 'base64');
}

/** Both are keyed: how long it takes tells nothing about what they were made of. */
export function isSameDigest(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : Buffer.compare(one, other) === 0;
}
