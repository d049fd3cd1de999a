import { randomInt } from 'node:crypto';
import type { StoredCertification } from '../../core/certification.ts';
import { isLive } from '../../core/claims.ts';
import { isOwnImpUid } from '../../core/ids.ts';
import type { StoredOtp } from '../../core/otp.ts';
import type { CountedSubject, OtpEnding, OtpTry, OtpTryRequest, Store } from '../../core/store.ts';
import { certificationColumns, newKeyOf } from './certifications.ts';
import type { Database } from './database.ts';
import {
  certifyAll,
  claimRightOtps,
  createOtps,
  isPlain,
  type OtpCreation,
  type OtpResult,
  turnOf,
} from './otp-batches.ts';
import { canBeStored, columnsOf, keyOf } from './rows.ts';
import { WriteBatches } from './write-batches.ts';

/** The OTPs of a PostgreSQL store, and the counts of the limits. */
export class OtpTable {
  readonly #database: Database;
  readonly #creations: WriteBatches<OtpCreation, boolean>;
  readonly #tries: WriteBatches<OtpTryRequest, OtpTry>;
  readonly #results: WriteBatches<OtpResult, boolean>;

  constructor(database: Database) {
    this.#database = database;
    this.#creations = new WriteBatches({
      together: (creations) => createOtps(database, creations),
      done: true,
      alone: (creation) => this.#create(creation),
    });
    this.#tries = new WriteBatches({
      together: (tries) => claimRightOtps(database, tries),
      done: 'right',
      alone: (request) => this.#try(request),
    });
    this.#results = new WriteBatches({
      together: (results) => certifyAll(database, results),
      done: true,
      alone: (result) => this.#certify(result),
    });
  }

  create(certification: StoredCertification, otp: StoredOtp): Promise<boolean> {
    if (isPlain(certification, otp)) return this.#creations.write({ certification, otp });
    return this.#create({ certification, otp });
  }

  #create({ certification, otp }: OtpCreation): Promise<boolean> {
    const { method, digest, phoneDigest, claimant, sentAt, wrong, end } = otp;
    return this.#database.transaction(async (run) => {
      // Nobody else makes OTPs for this phone number until the transaction ends.
      if (phoneDigest !== null) await run('takeTurns', [turnOf(phoneDigest)]);
      const id = await newKeyOf(run, certification.impUid);
      if (id === null) return false;
      const added = await run('addOtpCertification', id, ...certificationColumns(certification), phoneDigest);
      if (added.length === 0) return false;
      const sealed = columnsOf(claimant);
      const kept = await run('addOtp', id, method, digest, phoneDigest, sentAt, wrong, end, ...sealed);
      return kept.length === 1;
    });
  }

  /** Compares keyed digests: the time it takes reveals nothing about the code. */
  async try(request: OtpTryRequest): Promise<OtpTry> {
    if (!canBeStored(request.impUid)) return 'closed';
    return isOwnImpUid(request.impUid) ? this.#tries.write(request) : this.#try(request);
  }

  #try({ merchantId, impUid, digest, wrongTries, claim, now }: OtpTryRequest): Promise<OtpTry> {
    const key = keyOf(impUid);
    return this.#database.transaction(async (run): Promise<OtpTry> => {
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

  certify(certification: StoredCertification, claim: Uint8Array): Promise<boolean> {
    if (isOwnImpUid(certification.impUid)) return this.#results.write({ certification, claim });
    return this.#certify({ certification, claim });
  }

  async #certify({ certification, claim }: OtpResult): Promise<boolean> {
    const { impUid, merchantId, certifiedAt, sealed } = certification;
    if (!canBeStored(impUid)) return false;
    const { run } = this.#database;
    const key = keyOf(impUid);
    return (await run('certify', ...key, merchantId, certifiedAt, ...columnsOf(sealed), claim)).length === 1;
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
      const [free] = await run(
        'countRequest',
        limits.map(({ subject }) => subject),
        limits.map(({ limit }) => limit.count - 1),
        limits.map(({ limit }) => limit.window),
        subjects.map(() => randomInt(2 ** 47)),
        subjects.map(({ subject }) => subject),
        now,
      );
      const [freeAt] = free as readonly [number];
      return freeAt > now ? freeAt : null;
    });
  }
}
