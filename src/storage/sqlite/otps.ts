import { randomInt } from 'node:crypto';
import type { StoredCertification } from '../../core/certification.ts';
import type { ClaimRequest, WrongCode } from '../../core/claims.ts';
import type { OtpEnd, RateLimit, StoredOtp } from '../../core/otp.ts';
import type { VerificationMethod } from '../../core/provider.ts';
import type {
  CertificationWithOtp,
  CountedSubject,
  OtpEnding,
  OtpTry,
  OtpTryRequest,
} from '../../core/store.ts';
import type { CertificationRows } from './certification-rows.ts';
import { type Connection, one, rows, toSealed } from './connection.ts';

/** The OTPs of an SQLite store, the claims on their certifications, and the counts of the limits. */
export class SqliteOtps {
  readonly #connection: Connection;
  readonly #rows: CertificationRows;

  constructor(connection: Connection, certifications: CertificationRows) {
    this.#connection = connection;
    this.#rows = certifications;
  }

  async createOtpCertification(certification: StoredCertification, otp: StoredOtp): Promise<boolean> {
    let superseded = false;
    const kept = await this.#connection.write(() => {
      const id = this.#rows.insert(certification);
      if (id === null) return false;
      superseded = this.#supersede(certification.merchantId, certification.channel.id, otp);
      this.#insert(id, otp);
      return true;
    });
    // The people whom the older requests named are deleted from the table; soon also from the log.
    if (superseded) this.#connection.emptyLogSoon();
    return kept;
  }

  async findOtp(merchantId: number, impUid: string): Promise<CertificationWithOtp | null> {
    return this.#connection.read(() => {
      const certification = this.#rows.find(merchantId, impUid);
      const id = this.#rows.idOf(impUid);
      if (certification === null || id === null) return null;
      const [claimedUntil = null] = one(this.#connection.statements.findClaim, id) ?? [];
      return { certification, otp: this.#find(id), claimedUntil: claimedUntil as number | null };
    });
  }

  async tryOtp(request: OtpTryRequest): Promise<OtpTry> {
    const { merchantId, impUid, digest, wrongTries, claim, now } = request;
    const run = this.#connection.statements;
    const tried = await this.#connection.write((): OtpTry => {
      const id = this.#rows.openId(merchantId, impUid);
      if (id === null) return 'closed';
      if (one(run.isClaimed, id, now) !== null) return 'busy';
      const compared = this.#compare(id, digest, wrongTries);
      if (compared === 'right' && run.claim.run(claim.id, claim.until, id, now).changes === 0) return 'busy';
      if (compared === 'last') {
        run.endPending.run('failed', id, now, null);
        run.endOtp.run('tries', id);
        this.#rows.forget(id);
      }
      return compared;
    });
    if (tried === 'last') this.#connection.emptyLogSoon();
    return tried;
  }

  async claim({ merchantId, impUid, claim, now }: ClaimRequest): Promise<boolean> {
    return this.#connection.write(() => {
      const id = this.#rows.openId(merchantId, impUid);
      const run = this.#connection.statements;
      return id !== null && run.claim.run(claim.id, claim.until, id, now).changes === 1;
    });
  }

  async countWrongOtp({
    merchantId,
    impUid,
    claim,
    wrongTries,
  }: WrongCode & { readonly merchantId: number }): Promise<'wrong' | 'last' | null> {
    const run = this.#connection.statements;
    const counted = await this.#connection.write(() => {
      const id = this.#rows.openId(merchantId, impUid);
      if (id === null || run.release.run(id, claim).changes === 0) return null;
      const [wrong] = one(run.countWrongTry, id) as readonly [number];
      if (wrong < wrongTries) return 'wrong';
      run.failClaimed.run(id);
      run.endOtp.run('tries', id);
      this.#rows.forget(id);
      return 'last';
    });
    if (counted === 'last') this.#connection.emptyLogSoon();
    return counted;
  }

  async release(merchantId: number, impUid: string, claim: Uint8Array): Promise<void> {
    await this.#connection.write(() => {
      const id = this.#rows.openId(merchantId, impUid);
      if (id !== null) this.#connection.statements.release.run(id, claim);
    });
  }

  async endOtp({ merchantId, impUid, state, end, claim, now }: OtpEnding): Promise<boolean> {
    const run = this.#connection.statements;
    const ended = await this.#connection.write(() => {
      const id = this.#rows.openId(merchantId, impUid);
      if (id === null || run.endPending.run(state, id, now, claim).changes === 0) return false;
      run.endOtp.run(end, id);
      this.#rows.forget(id);
      return true;
    });
    // The person whom the request named is deleted from the table; soon also from the log.
    if (ended) this.#connection.emptyLogSoon();
    return ended;
  }

  async certify(certification: StoredCertification, claim: Uint8Array): Promise<boolean> {
    const { impUid, merchantId, certifiedAt, sealed } = certification;
    const { keyId, salt, blob } = sealed;
    const run = this.#connection.statements;
    const certified = await this.#connection.write(() => {
      const id = this.#rows.openId(merchantId, impUid);
      if (id === null) return false;
      if (run.certify.run(certifiedAt, keyId, salt, blob, id, claim).changes === 0) return false;
      run.deleteOtp.run(id);
      this.#rows.forget(id);
      return true;
    });
    if (certified) this.#connection.emptyLogSoon();
    return certified;
  }

  async countRequest(subjects: readonly CountedSubject[], now: number): Promise<number | null> {
    return this.#connection.write(() => this.#count(subjects, now));
  }

  async endLateOtps(sentBefore: number, now: number, count: number): Promise<number> {
    const run = this.#connection.statements;
    const isLate = () => one(run.findLateOtps, sentBefore, now, 1) !== null;
    if (!this.#connection.read(isLate)) return 0;
    const ended = await this.#connection.write(() => {
      const late = rows(run.findLateOtps, sentBefore, now, count).map(([id]) => id as bigint);
      for (const id of late) {
        run.endPending.run('expired', id, now, null);
        run.endOtp.run('late', id);
        this.#rows.forget(id);
      }
      return late.length;
    });
    this.#connection.emptyLogSoon();
    return ended;
  }

  async forgetRequests(before: number, count: number): Promise<number> {
    const forgotten = await this.#connection.write(() =>
      Number(this.#connection.statements.forgetRequests.run(before, count).changes),
    );
    if (forgotten > 0) this.#connection.emptyLogSoon();
    return forgotten;
  }

  #insert(id: number, otp: StoredOtp): void {
    const { method, digest, phoneDigest, claimant, sentAt, wrong, end } = otp;
    this.#connection.statements.insertOtp.run(
      id,
      method,
      digest,
      phoneDigest,
      sentAt,
      wrong,
      end,
      claimant?.keyId ?? null,
      claimant?.salt ?? null,
      claimant?.blob ?? null,
    );
  }

  #find(id: number): StoredOtp | null {
    const row = one(this.#connection.statements.findOtp, id);
    if (row === null) return null;
    const [method, digest, phoneDigest, sentAt, wrong, end] = row as [
      VerificationMethod,
      Uint8Array | null,
      Uint8Array | null,
      number,
      number,
      OtpEnd | null,
    ];
    return { method, digest, phoneDigest, claimant: toSealed(row, 6), sentAt, wrong, end };
  }

  /** Ends the open certifications that a new OTP to the same phone makes useless; whether there were any. */
  #supersede(merchantId: number, channelId: number, { phoneDigest }: StoredOtp): boolean {
    const found = rows(this.#connection.statements.findSuperseded, phoneDigest, merchantId, channelId);
    for (const [id] of found) {
      this.#connection.statements.supersede.run(id as bigint);
      this.#connection.statements.endOtp.run('superseded', id as bigint);
      this.#rows.forget(id as bigint);
    }
    return found.length > 0;
  }

  /** Compares keyed digests: the time it takes reveals nothing about the code. A wrong one is counted. */
  #compare(id: number, digest: Uint8Array, wrongTries: number): 'right' | 'wrong' | 'last' | 'closed' {
    const otp = this.#find(id);
    if (otp === null || otp.digest === null || otp.end !== null || otp.wrong >= wrongTries) return 'closed';
    if (Buffer.compare(otp.digest, digest) === 0) return 'right';
    const wrong = Number(one(this.#connection.statements.countWrongTry, id)?.[0]);
    return wrong >= wrongTries ? 'last' : 'wrong';
  }

  #count(subjects: readonly CountedSubject[], now: number): number | null {
    const run = this.#connection.statements;
    const freeAt = Math.max(
      0,
      ...subjects.flatMap(({ subject, limits }) =>
        limits.map((limit) => endOfWindow(limit, one(run.findCount, subject, limit.count - 1))),
      ),
    );
    if (freeAt > now) return freeAt;
    for (const { subject } of subjects) run.insertCount.run(randomInt(2 ** 47), subject, now);
    return null;
  }
}

function endOfWindow({ window }: RateLimit, row: readonly unknown[] | null): number {
  return row === null ? 0 : Number(row[0]) + window;
}
