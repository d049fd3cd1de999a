import { randomInt } from 'node:crypto';
import type { StoredCertification } from '../../core/certification.ts';
import { isOwnImpUid, isStorableImpUid } from '../../core/ids.ts';
import { AppError } from '../../errors.ts';
import type { Run, Value } from './database.ts';
import { columnsOf, ownId } from './rows.ts';

/** Keeps a certification and returns its integer key, or null when its id is or was in use. Roll back then. */
export async function insertCertification(
  run: Run,
  certification: StoredCertification,
): Promise<number | null> {
  const id = await newKeyOf(run, certification.impUid);
  if (id === null) return null;
  const inserted = await run('insertCertification', id, ...certificationColumns(certification));
  if (inserted.length === 0) return null;
  // A statement of its own, after the other: it sees an erasure that the other waited for.
  return (await run('isErased', id)).length === 0 ? id : null;
}

/** The integer key for a new certification with this id, or null when a foreign id is in use. */
export async function newKeyOf(run: Run, impUid: string): Promise<number | null> {
  if (!isStorableImpUid(impUid)) throw new AppError('store_failed', { detail: 'the id is too long' });
  if (isOwnImpUid(impUid)) return ownId(impUid);
  const [claimed] = await run('claimOtherId', impUid, -1 - randomInt(2 ** 47));
  return claimed === undefined ? null : (claimed[0] as number);
}

/** The columns of a new certification after its key. */
export function certificationColumns(certification: StoredCertification): readonly Value[] {
  const { merchantId, channel, state, requestedAt, certifiedAt, sealed } = certification;
  return [merchantId, channel.id, state, requestedAt, certifiedAt, ...columnsOf(sealed)];
}
