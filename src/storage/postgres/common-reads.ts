import type { Channel } from '../../core/channel.ts';
import type { Row, Run } from './database.ts';
import { CERTIFICATION_COLUMNS, CHANNEL_COLUMNS, OTP_COLUMNS, ownId, toChannel } from './rows.ts';

/* What every verification reads, for all verifications of a turn in one statement. */

/** The channels of each merchant, the default one first. */
export async function listChannels(
  run: Run,
  merchantIds: readonly number[],
): Promise<readonly (readonly Channel[])[]> {
  const channels = (await run('listChannels', [...new Set(merchantIds)])).map(toChannel);
  return merchantIds.map((id) => channels.filter(({ merchantId }) => merchantId === id));
}

/**
 * The rows of the merchants with these numbers; null for one that is missing or disabled. The caller makes the object,
 * so an altered row fails only for those who ask for it.
 */
export async function findMerchants(run: Run, ids: readonly number[]): Promise<readonly (Row | null)[]> {
  const rows = await run('findMerchantsById', [...new Set(ids)]);
  const merchants = new Map(rows.map((row) => [row[0], row]));
  return ids.map((id) => merchants.get(id) ?? null);
}

/** A certification with an id of our own shape, and the merchant who asks for it. */
export interface OtpKey {
  readonly merchantId: number;
  readonly impUid: string;
}

const ID = CHANNEL_COLUMNS + CERTIFICATION_COLUMNS + OTP_COLUMNS;
const MERCHANT_ID = ID + 1;

/**
 * The rows of certifications with their OTPs; null where there is none or it is another merchant's. Not made into
 * objects here: of a row that was altered only those who ask for it learn.
 */
export async function findOtps(run: Run, keys: readonly OtpKey[]): Promise<readonly (Row | null)[]> {
  const ids = keys.map(({ impUid }) => ownId(impUid));
  const merchantIds = keys.map(({ merchantId }) => merchantId);
  const rows = new Map<string, Row>();
  for (const row of await run('findOtps', ids, merchantIds)) rows.set(`${row[ID]} ${row[MERCHANT_ID]}`, row);
  return keys.map(({ merchantId }, at) => rows.get(`${ids[at]} ${merchantId}`) ?? null);
}
