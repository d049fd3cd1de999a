import type { StoredCertification } from '../../core/certification.ts';
import type { Channel } from '../../core/channel.ts';
import type { TokenHolder } from '../../core/store.ts';
import type { Row, Run } from './database.ts';
import { CERTIFICATION_COLUMNS, CHANNEL_COLUMNS, ownId, toCertification, toChannel } from './rows.ts';

/** The id of a certification, and the merchant who asks for it. */
export interface CertificationKey {
  readonly merchantId: number;
  readonly impUid: string;
}

/** The column of the digest in rows of `findTokens`; of channel, key and merchant in rows of `findCertifications`. */
const DIGEST = 6;
const CHANNEL_ID = 0;
const ID = CHANNEL_COLUMNS + CERTIFICATION_COLUMNS;
const MERCHANT_ID = ID + 1;

/** The holders of the tokens with these digests; null where there is none. */
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

/** The certifications with these keys; null where there is none or it is another merchant's. */
export async function findCertifications(
  run: Run,
  keys: readonly CertificationKey[],
): Promise<readonly (StoredCertification | null)[]> {
  const ids = keys.map(({ impUid }) => ownId(impUid));
  const merchantIds = keys.map(({ merchantId }) => merchantId);
  const rows = new Map<unknown, Row>();
  for (const row of await run('findCertifications', arrayOf(ids), arrayOf(merchantIds)))
    rows.set(row[ID], row);
  // One statement reads one state of the database, so rows of one channel agree. As one object its proof is checked once.
  const channels = new Map<unknown, Channel>();
  return keys.map(({ impUid, merchantId }, at) => {
    const row = rows.get(ids[at]);
    // Two merchants may have asked for the same one in this turn.
    if (row === undefined || row[MERCHANT_ID] !== merchantId) return null;
    const channel = channels.get(row[CHANNEL_ID]) ?? toChannel(row);
    channels.set(row[CHANNEL_ID], channel);
    return toCertification(impUid, merchantId, row, channel);
  });
}

/** The text of an array of numbers or hex digits, which need no quotes. */
function arrayOf(values: Iterable<string | number>): string {
  return `{${[...values].join(',')}}`;
}
