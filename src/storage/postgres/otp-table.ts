import { randomInt } from 'node:crypto';
import { isLive } from '../../core/claims.ts';
import type { RateLimit, StoredOtp } from '../../core/otp.ts';
import type { CountedSubject, OtpEnding, OtpTry, OtpTryRequest, Store } from '../../core/store.ts';
import type { Database, Row, Run } from './database.ts';
import { canBeStored, columnsOf, keyOf } from './rows.ts';

/** Rows of `turns`. */
const TURNS = 512;

/** The OTPs of a PostgreSQL store, and the counts of the limits. */
export class OtpTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Locks a phone number until the transaction ends, so that nobody else makes OTPs for it. */
  async takeTurn(run: Run, phoneDigest: Uint8Array): Promise<void> {
    await run('takeTurns', [turnOf(phoneDigest)]);
  }

  async insert(run: Run, id: number, otp: StoredOtp): Promise<void> {
    const { method, digest, phoneDigest, claimant, sentAt, wrong, end } = otp;
    await run('insertOtp', id, method, digest, phoneDigest, sentAt, wrong, end, ...columnsOf(claimant));
  }

  /** Compares keyed digests: the time it takes reveals nothing about the code. */
  async try({ merchantId, impUid, digest, wrongTries, claim, now }: OtpTryRequest): Promise<OtpTry> {
    if (!canBeStored(impUid)) return 'closed';
    return this.#database.transaction(async (run): Promise<OtpTry> => {
      const key = keyOf(impUid);
      const [open] = await run('lockOpenOtp', ...key, merchantId, wrongTries);
      if (open === undefined) return 'closed';
      const [id, claimedUntil, kept] = open as [number, number | null, Uint8Array];
      if (isLive(claimedUntil, now)) return 'busy';
      if (Buffer.compare(kept, digest) === 0) {
        await run('takeClaim', id, claim.id, claim.until);
        return 'right';
      }
      const [counted] = await run('countWrongTry', id);
      if (Number(counted?.[0]) < wrongTries) return 'wrong';
      await run('endOtp', ...key, merchantId, 'failed', 'tries', now, null);
      return 'last';
    });
  }

  async countWrong({
    merchantId,
    impUid,
    claim,
    wrongTries,
  }: Parameters<Store['countWrongOtp']>[0]): Promise<'wrong' | 'last' | null> {
    if (!canBeStored(impUid)) return null;
    return this.#database.transaction(async (run): Promise<'wrong' | 'last' | null> => {
      const key = keyOf(impUid);
      const [claimed] = await run('lockClaimed', ...key, merchantId, claim);
      if (claimed === undefined) return null;
      const [id] = claimed as [number];
      await run('dropClaim', id);
      const [counted] = await run('countWrongTry', id);
      if (Number(counted?.[0]) < wrongTries) return 'wrong';
      await run('endOtp', ...key, merchantId, 'failed', 'tries', 0, null);
      return 'last';
    });
  }

  async end({ merchantId, impUid, state, end, claim, now }: OtpEnding): Promise<boolean> {
    if (!canBeStored(impUid)) return false;
    const ended = await this.#database.run('endOtp', ...keyOf(impUid), merchantId, state, end, now, claim);
    return ended.length === 1;
  }

  countRequest(subjects: readonly CountedSubject[], now: number): Promise<number | null> {
    const limits = subjects.flatMap(({ subject, limits: each }) => each.map((limit) => ({ subject, limit })));
    return this.#database.transaction(async (run) => {
      await run('takeTurns', [...new Set(subjects.map(({ subject }) => turnOf(subject)))]);
      const found = await run(
        'findCounts',
        limits.map(({ subject }) => subject),
        limits.map(({ limit }) => limit.count - 1),
      );
      const freeAt = Math.max(0, ...limits.map(({ limit }, at) => endOfWindow(limit, found[at])));
      if (freeAt > now) return freeAt;
      await run(
        'insertCounts',
        subjects.map(() => randomInt(2 ** 47)),
        subjects.map(({ subject }) => subject),
        now,
      );
      return null;
    });
  }
}

function endOfWindow({ window }: RateLimit, row: Row | undefined): number {
  const at = row?.[0] ?? null;
  return at === null ? 0 : Number(at) + window;
}

/** The row of `turns` for a digest. */
function turnOf(digest: Uint8Array): number {
  return Buffer.from(digest).readUInt16BE(digest.length - 2) % TURNS;
}
