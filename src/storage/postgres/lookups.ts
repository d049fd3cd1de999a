import type { Channel } from '../../core/channel.ts';
import { isOwnImpUid } from '../../core/ids.ts';
import type { TokenHolder, TokenLookup, TokenLookupResult } from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { Row, Run } from './database.ts';
import { CERTIFICATION_COLUMNS, CHANNEL_COLUMNS, ownId, toCertification, toChannel } from './rows.ts';

/** The column of the digest in rows of `findTokens`. */
const DIGEST = 6;

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

/** The column that has the number of the question, from 1; then come those of the token's holder. */
const NUMBER = CHANNEL_COLUMNS + CERTIFICATION_COLUMNS;
const STATE = CHANNEL_COLUMNS;
const CHANNEL_ID = 0;

/** What belongs to the tokens, for ids of our own shape; `certification` is null for others. One statement for all. */
export async function lookUp(
  run: Run,
  lookups: readonly TokenLookup[],
): Promise<readonly TokenLookupResult[]> {
  const places = new Map<string, number>();
  const firsts: boolean[] = [];
  const placeOf = lookups.map(({ digest }) => {
    const known = places.get(digest);
    firsts.push(known === undefined);
    const place = known ?? places.size + 1;
    places.set(digest, place);
    return place;
  });
  const ids = lookups.map(({ impUid }) => (isOwnImpUid(impUid) ? ownId(impUid) : 'NULL'));
  const rows = await run('lookUp', arrayOf(places.keys()), arrayOf(placeOf), arrayOf(firsts), arrayOf(ids));
  const ordered: (Row | undefined)[] = [];
  for (const row of rows) ordered[(row[NUMBER] as number) - 1] = row;
  const holders = new Map<string, TokenHolder>();
  // One statement reads one state of the database, so rows of one channel agree. As one object its proof is checked once.
  const channels = new Map<unknown, Channel>();
  return lookups.map(({ digest, impUid }, at) => {
    const row = ordered[at];
    if (row === undefined) return { holder: null, certification: null };
    const holder = holders.get(digest) ?? toHolder(row);
    holders.set(digest, holder);
    if (row[STATE] === null) return { holder, certification: null };
    return {
      holder,
      certification: orAltered(() => {
        const channel = channels.get(row[CHANNEL_ID]) ?? toChannel(row);
        channels.set(row[CHANNEL_ID], channel);
        return toCertification(impUid, holder.merchantId, row, channel);
      }),
    };
  });
}

function toHolder(row: Row): TokenHolder {
  const [merchantId, apiKeyId, nonce, issuedAt, expiresAt, proof] = row.slice(NUMBER + 1) as [
    number,
    number,
    Uint8Array,
    number,
    number,
    Uint8Array,
  ];
  return { apiKeyId, merchantId, nonce, issuedAt, expiresAt, proof };
}

/** What `read` returns, or that its row was altered: only those who ask for that row learn of it. */
function orAltered<T>(read: () => T): T | AppError {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'sealed_data_unreadable') return error;
    throw error;
  }
}

/** The text of an array of numbers, flags or hex digits, which need no quotes. */
function arrayOf(values: Iterable<string | number | boolean>): string {
  return `{${[...values].join(',')}}`;
}
