import type { OtpEnd, RateLimit, StoredOtp } from '../../core/otp.ts';
import type { VerificationMethod } from '../../core/provider.ts';
import type { OtpRequestCount, OtpTry } from '../../core/store.ts';
import { one, rows } from './connection.ts';
import type { Statements } from './statements.ts';

/** How long a request may still count, in milliseconds: the longest window of a limit. */
const REQUESTS_COUNT_FOR = 86_400_000;

/** What the database knows of OTPs. Every call stands inside a transaction of its caller. */
export class OtpTable {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  insert(id: number, otp: StoredOtp): void {
    const { method, digest, phoneDigest, sentAt, wrong, end } = otp;
    this.#statements.insertOtp.run(id, method, digest, phoneDigest, sentAt, wrong, end);
  }

  find(id: number | null): StoredOtp | null {
    const row = id === null ? null : one(this.#statements.findOtp, id);
    if (row === null) return null;
    const [method, digest, phoneDigest, sentAt, wrong, end] = row as [
      VerificationMethod,
      Uint8Array,
      Uint8Array,
      number,
      number,
      OtpEnd | null,
    ];
    return { method, digest, phoneDigest, sentAt, wrong, end };
  }

  /** Ends the open certifications that a new OTP to the same phone makes useless; whether there were any. */
  supersede(merchantId: number, channelId: number, { phoneDigest }: StoredOtp): boolean {
    const found = rows(this.#statements.findSuperseded, phoneDigest, merchantId, channelId);
    for (const [id] of found) {
      this.#statements.setState.run('expired', Number(id));
      this.#statements.endOtp.run('superseded', Number(id));
    }
    return found.length > 0;
  }

  /** Compares keyed digests: how long that takes tells nothing about the code. */
  try(id: number, digest: Uint8Array, wrongTries: number): OtpTry {
    const otp = this.find(id);
    if (otp === null) return 'closed';
    if (Buffer.compare(otp.digest, digest) === 0) return 'right';
    const wrong = Number(one(this.#statements.countWrongTry, id)?.[0]);
    return wrong >= wrongTries ? 'last' : 'wrong';
  }

  countRequest({ merchantId, phoneDigest, now, limits }: OtpRequestCount): number | null {
    const run = this.#statements;
    run.forgetOtpRequests.run(now - REQUESTS_COUNT_FOR);
    const freeAt = Math.max(
      0,
      ...limits.phone.map((limit) =>
        endOfWindow(limit, one(run.findPhoneRequest, phoneDigest, limit.count - 1)),
      ),
      ...limits.merchant.map((limit) =>
        endOfWindow(limit, one(run.findMerchantRequest, merchantId, limit.count - 1)),
      ),
    );
    if (freeAt > now) return freeAt;
    run.insertOtpRequest.run(merchantId, phoneDigest, now);
    return null;
  }
}

function endOfWindow({ window }: RateLimit, row: readonly unknown[] | null): number {
  return row === null ? 0 : Number(row[0]) + window;
}
