import { randomInt } from 'node:crypto';
import type { OtpEnd, RateLimit, StoredOtp } from '../../core/otp.ts';
import type { OtpRequestCount, OtpTry } from '../../core/store.ts';
import type { Database, Row, Run } from './database.ts';
import { keyOf } from './rows.ts';

/** How long a request may still count, in milliseconds: the longest window of a limit. */
const REQUESTS_COUNT_FOR = 86_400_000;
/** Half of the rows of `turns` are for phone numbers, the other half for merchants. */
const TURNS = 256;

/** What the database knows of OTPs. */
export class OtpTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Until the transaction ends, nobody else makes or counts OTPs for this phone number. */
  async takeTurn(run: Run, phoneDigest: Uint8Array): Promise<void> {
    await run('takeTurns', turnOfPhone(phoneDigest), null);
  }

  async insert(run: Run, id: number, otp: StoredOtp): Promise<void> {
    const { method, digest, phoneDigest, sentAt, wrong, end } = otp;
    await run('insertOtp', id, method, digest, phoneDigest, sentAt, wrong, end);
  }

  /** Compares keyed digests: how long that takes tells nothing about the code. */
  try(merchantId: number, impUid: string, digest: Uint8Array, wrongTries: number): Promise<OtpTry> {
    return this.#database.transaction(async (run) => {
      const key = keyOf(impUid);
      const [open] = (await run('lockOpenOtp', ...key, merchantId)) as readonly [number, Uint8Array][];
      if (open === undefined) return 'closed';
      const [id, kept] = open;
      if (Buffer.compare(kept, digest) === 0) return 'right';
      const [counted] = await run('countWrongTry', id);
      if (Number(counted?.[0]) < wrongTries) return 'wrong';
      await run('endOtp', ...key, merchantId, 'failed', 'tries');
      return 'last';
    });
  }

  async end(merchantId: number, impUid: string, state: 'failed' | 'expired', end: OtpEnd): Promise<boolean> {
    return (await this.#database.run('endOtp', ...keyOf(impUid), merchantId, state, end)).length === 1;
  }

  countRequest({ merchantId, phoneDigest, now, limits }: OtpRequestCount): Promise<number | null> {
    return this.#database.transaction(async (run) => {
      await run('takeTurns', turnOfPhone(phoneDigest), turnOfMerchant(merchantId));
      await run('forgetOtpRequests', now - REQUESTS_COUNT_FOR);
      let freeAt = 0;
      for (const limit of limits.phone) {
        const found = await run('findPhoneRequest', phoneDigest, limit.count - 1);
        freeAt = Math.max(freeAt, endOfWindow(limit, found[0]));
      }
      for (const limit of limits.merchant) {
        const found = await run('findMerchantRequest', merchantId, limit.count - 1);
        freeAt = Math.max(freeAt, endOfWindow(limit, found[0]));
      }
      if (freeAt > now) return freeAt;
      await run('insertOtpRequest', randomInt(2 ** 47), merchantId, phoneDigest, now);
      return null;
    });
  }
}

function endOfWindow({ window }: RateLimit, row: Row | undefined): number {
  return row === undefined ? 0 : Number(row[0]) + window;
}

function turnOfPhone(phoneDigest: Uint8Array): number {
  return (phoneDigest.at(-1) ?? 0) % TURNS;
}

function turnOfMerchant(merchantId: number): number {
  return TURNS + (merchantId % TURNS);
}
