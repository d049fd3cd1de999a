import { toAsciiJson } from '../ascii-json.ts';
import { AppError } from '../errors.ts';
import {
  type Attempt,
  type AttemptLaunch,
  type AttemptProgress,
  attemptContext,
  readEnd,
} from './attempt.ts';
import type { StoredAttempt } from './attempt-store.ts';
import { OTP_WRONG_TRIES } from './otp.ts';
import { checkChannel } from './proofs.ts';
import type { Sealed, Vault } from './vault.ts';

/** The sealed parts of an attempt. */
export function sealAttempt(
  vault: Vault,
  bound: Parameters<typeof attemptContext>[1],
  launch: AttemptLaunch,
  progress: AttemptProgress,
): { readonly launch: Sealed; readonly progress: Sealed } {
  return {
    launch: vault.seal(attemptContext('launch', bound), toAsciiJson(launch)),
    progress: vault.seal(attemptContext('progress', bound), toAsciiJson(progress)),
  };
}

/**
 * The attempt of a row; `sealed_data_unreadable` when the row disagrees with its sealed parts. Whether one that ended
 * well led to a person is for the caller to look at.
 */
export function openAttempt(vault: Vault, stored: StoredAttempt): Attempt {
  checkChannel(vault, stored.channel);
  if (stored.wrong < 0 || stored.wrong > OTP_WRONG_TRIES) throw alteredAttempt(stored);
  const open = (part: 'launch' | 'progress', sealed: Sealed) =>
    JSON.parse(vault.open(attemptContext(part, stored), sealed)) as unknown;
  const launch = open('launch', stored.launch) as AttemptLaunch;
  if (stored.end !== null) {
    const end = readEnd(stored.end);
    if (end === null) throw alteredAttempt(stored);
    // An ended attempt has no progress that anybody reads.
    return { ...stored, end, launch, progress: null };
  }
  if (stored.progress === null) throw alteredAttempt(stored);
  const progress = open('progress', stored.progress) as AttemptProgress;
  // The store compares with the value in the row.
  if (!isSameDigest(stored.code, toDigest(progress.code?.digest))) throw alteredAttempt(stored);
  if (!isSameDigest(stored.back, toDigest(progress.agency?.backDigest))) throw alteredAttempt(stored);
  return { ...stored, end: null, launch, progress };
}

export function alteredAttempt({ impUid }: Pick<StoredAttempt, 'impUid'>): AppError {
  return new AppError('sealed_data_unreadable', { detail: `the row of the attempt ${impUid} was altered` });
}

/** A digest as the store keeps it; null for none. */
export function toDigest(base64: string | undefined): Uint8Array | null {
  return base64 === undefined ? null : Buffer.from(base64, 'base64');
}

/** Both are keyed: how long it takes tells nothing about what they were made of. */
export function isSameDigest(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : Buffer.compare(one, other) === 0;
}
