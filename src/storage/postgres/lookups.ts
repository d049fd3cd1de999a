import type { StoredCertification } from '../../core/certification.ts';
import type { TokenHolder } from '../../core/store.ts';
import type { Row, Run } from './database.ts';
import { ownId, toCertification } from './rows.ts';

/** Whose certification of an id of our own shape. */
export interface CertificationKey {
  readonly merchantId: number;
  readonly impUid: string;
}

/** Where in a row of `findTokens` its digest stands, and in one of `findCertifications` its key. */
const DIGEST = 6;
const ID = 16;
const MERCHANT_ID = 17;

/** Who holds the tokens of these digests; null for each that nobody does. */
export async function findTokens(
  run: Run,
  digests: readonly string[],
): Promise<readonly (TokenHolder | null)[]> {
  const rows = await run('findTokens', arrayOf(new Set(digests)));
  const holders = new Map<string, TokenHolder>();
  for (const row of rows) {
    const [apiKeyId, merchantId, nonce, issuedAt, expiresAt, proof] = row as [
      number,
      number,
      Uint8Array,
      number,
      number,
      Uint8Array,
    ];
    holders.set(row[DIGEST] as string, { apiKeyId, merchantId, nonce, issuedAt, expiresAt, proof });
  }
  return digests.map((digest) => holders.get(digest) ?? null);
}

/** The certifications of these keys; null for each that is not there or is another merchant's. */
export async function findCertifications(
  run: Run,
  keys: readonly CertificationKey[],
): Promise<readonly (StoredCertification | null)[]> {
  const ids = keys.map(({ impUid }) => ownId(impUid));
  const merchantIds = keys.map(({ merchantId }) => merchantId);
  const rows = new Map<unknown, Row>();
  for (const row of await run('findCertifications', arrayOf(ids), arrayOf(merchantIds)))
    rows.set(row[ID], row);
  return keys.map(({ impUid, merchantId }, at) => {
    const row = rows.get(ids[at]);
    // Two merchants may have asked for the same one in this turn.
    return row === undefined || row[MERCHANT_ID] !== merchantId
      ? null
      : toCertification(impUid, merchantId, row);
  });
}

/** Numbers or hex digits as the text of an array, which holds nothing that would have to be quoted. */
function arrayOf(values: Iterable<string | number>): string {
  return `{${[...values].join(',')}}`;
}
