import type { StoredCertification } from '../../core/certification.ts';
import { isOwnImpUid } from '../../core/ids.ts';
import type { StoredOtp } from '../../core/otp.ts';
import type { OtpTryRequest } from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { Database, Row } from './database.ts';
import { ownId } from './rows.ts';

/* The three writes of a verification, each for many verifications. Each returns those that it has done. */

/** Rows of `turns`. */
const TURNS = 512;

export interface OtpCreation {
  readonly certification: StoredCertification;
  readonly otp: StoredOtp;
}

export interface OtpResult {
  readonly certification: StoredCertification;
  readonly claim: Uint8Array;
}

/** The row of `turns` for a digest. */
export function turnOf(digest: Uint8Array): number {
  return Buffer.from(digest).readUInt16BE(digest.length - 2) % TURNS;
}

/** Whether a batch can create it. The others, such as imported ids, need a transaction of their own. */
export function isPlain(
  { impUid, certifiedAt }: StoredCertification,
  { phoneDigest, end }: StoredOtp,
): boolean {
  return isOwnImpUid(impUid) && certifiedAt === null && phoneDigest !== null && end === null;
}

/** Creates those whose phone number is not locked by another transaction. */
export function createOtps(
  database: Database,
  creations: readonly OtpCreation[],
): Promise<ReadonlySet<OtpCreation>> {
  return database.transaction(async (run) => {
    const turns = new Set(creations.map(turnOfCreation));
    const free = new Set((await run('takeFreeTurns', [...turns])).map(([id]) => id));
    const phones = new Set<string>();
    const chosen = creations.filter((creation) => {
      // Of two for one phone number only the first is created here; the second must end it and so comes later.
      const phone = Buffer.from(phoneOf(creation)).toString('latin1');
      if (!free.has(turnOfCreation(creation)) || phones.has(phone)) return false;
      phones.add(phone);
      return true;
    });
    if (chosen.length === 0) return new Set<OtpCreation>();
    const certifications = chosen.map(({ certification }) => certification);
    const added = await run(
      'addOtpCertifications',
      certifications.map(({ impUid }) => ownId(impUid)),
      certifications.map(({ merchantId }) => merchantId),
      certifications.map(({ channel }) => channel.id),
      certifications.map(({ state }) => state),
      certifications.map(({ requestedAt }) => requestedAt),
      certifications.map(({ sealed }) => sealed.keyId),
      certifications.map(({ sealed }) => sealed.salt),
      certifications.map(({ sealed }) => sealed.blob),
      chosen.map(phoneOf),
    );
    const ids = new Set(added.map(([id]) => id));
    const fresh = chosen.filter(({ certification }) => ids.has(ownId(certification.impUid)));
    const otps = fresh.map(({ otp }) => otp);
    const kept = await run(
      'addOtps',
      fresh.map(({ certification }) => ownId(certification.impUid)),
      otps.map(({ method }) => method),
      otps.map(({ digest }) => digest),
      otps.map(({ phoneDigest }) => phoneDigest),
      otps.map(({ sentAt }) => sentAt),
      otps.map(({ wrong }) => wrong),
      otps.map(({ claimant }) => claimant?.keyId ?? null),
      otps.map(({ claimant }) => claimant?.salt ?? null),
      otps.map(({ claimant }) => claimant?.blob ?? null),
    );
    // The transaction is rolled back, and each creation is tried alone.
    if (kept.length < fresh.length) throw new AppError('store_failed', { detail: 'an id was used before' });
    return new Set(fresh);
  });
}

function phoneOf({ otp }: OtpCreation): Uint8Array {
  return otp.phoneDigest ?? new Uint8Array(2);
}

function turnOfCreation(creation: OtpCreation): number {
  return turnOf(phoneOf(creation));
}

/** Takes the claim for those with the right code. */
export async function claimRightOtps(
  { run }: Database,
  tries: readonly OtpTryRequest[],
): Promise<ReadonlySet<OtpTryRequest>> {
  const claimed = await run(
    'claimRightOtps',
    tries.map(({ impUid }) => ownId(impUid)),
    tries.map(({ merchantId }) => merchantId),
    tries.map(({ digest }) => digest),
    tries.map(({ wrongTries }) => wrongTries),
    tries.map(({ claim }) => claim.id),
    tries.map(({ claim }) => claim.until),
    tries.map(({ now }) => now),
  );
  return withNumbers(tries, claimed);
}

/** Certifies those whose claim is still held. */
export async function certifyAll(
  { run }: Database,
  results: readonly OtpResult[],
): Promise<ReadonlySet<OtpResult>> {
  const certifications = results.map(({ certification }) => certification);
  const certified = await run(
    'certifyAll',
    certifications.map(({ impUid }) => ownId(impUid)),
    certifications.map(({ merchantId }) => merchantId),
    certifications.map(({ certifiedAt }) => certifiedAt),
    certifications.map(({ sealed }) => sealed.keyId),
    certifications.map(({ sealed }) => sealed.salt),
    certifications.map(({ sealed }) => sealed.blob),
    results.map(({ claim }) => claim),
  );
  return withNumbers(results, certified);
}

/** The requests whose numbers, counted from 1, are in the rows. */
function withNumbers<Request>(requests: readonly Request[], rows: readonly Row[]): ReadonlySet<Request> {
  const numbers = new Set(rows.map(([number]) => number));
  return new Set(requests.filter((_, at) => numbers.has(at + 1)));
}
