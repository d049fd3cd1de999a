import type { CertificationState } from '../../core/certification.ts';
import type { Channel } from '../../core/channel.ts';
import { isOwnImpUid } from '../../core/ids.ts';
import type { TokenHolder, TokenLookup, TokenLookupResult } from '../../core/store.ts';
import { AppError } from '../../errors.ts';
import type { Run } from './database.ts';
import { ownId, toChannel } from './rows.ts';

/** The most tokens and channels in memory, enough for thousands of merchants. */
const MOST_KNOWN = 10_000;
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

/** A row of `lookUp`: the number of the question, and what was found. */
type LookupRow = readonly [
  number: number,
  /** These two of the first question with a token only. */
  tokenProof: Uint8Array | null,
  tokenVersion: string | null,
  channelId: number | null,
  channelProof: Uint8Array | null,
  channelVersion: string | null,
  state: CertificationState | null,
  requestedAt: number,
  certifiedAt: number | null,
  keyId: number,
  salt: Uint8Array,
  blob: Uint8Array,
];

/** A row that was read before, and its version then. */
interface Known<Row> {
  readonly version: string;
  readonly row: Row;
}

/**
 * The lookups of one turn, in one statement. What does not change with each certification, tokens and channels, comes
 * as proof and version only. While both are the same, the row that was read before is still right. An altered row gets
 * another version. The proof covers all columns, also after the whole database was replaced.
 */
export class Lookups {
  readonly #run: Run;
  readonly #mostKnown: number;
  readonly #holders = new Map<string, Known<TokenHolder>>();
  readonly #channels = new Map<number, Known<Channel>>();

  /** `mostKnown` is the number of tokens, and of channels, from which on all are forgotten and read again. */
  constructor(run: Run, mostKnown = MOST_KNOWN) {
    this.#run = run;
    this.#mostKnown = mostKnown;
  }

  /** What belongs to the tokens; `certification` is null for ids that are not of our own shape. */
  async ask(lookups: readonly TokenLookup[]): Promise<readonly TokenLookupResult[]> {
    const places = new Map<string, number>();
    const firsts: boolean[] = [];
    const placeOf = lookups.map(({ digest }) => {
      const known = places.get(digest);
      firsts.push(known === undefined);
      if (known !== undefined) return known;
      places.set(digest, places.size + 1);
      return places.size;
    });
    const ids = lookups.map(({ impUid }) => (isOwnImpUid(impUid) ? ownId(impUid) : 'NULL'));
    const found = (await this.#run(
      'lookUp',
      arrayOf(places.keys()),
      arrayOf(placeOf),
      arrayOf(firsts),
      arrayOf(ids),
    )) as unknown as readonly LookupRow[];
    const { holders, channels } = await this.#learn(lookups, found);
    const rows: LookupRow[] = [];
    for (const row of found) rows[row[0] - 1] = row;
    return lookups.map(({ digest, impUid }, at) => {
      const row = rows[at];
      const holder = row === undefined ? undefined : holders.get(digest);
      if (row === undefined || holder === undefined) return { holder: null, certification: null };
      return { holder, certification: toCertification(impUid, holder, row, channels) };
    });
  }

  /**
   * The tokens and channels of these rows. Reads those that are new here, or have another proof or version than before.
   * The maps belong to the caller, because other lookups may change what is remembered.
   */
  async #learn(lookups: readonly TokenLookup[], rows: readonly LookupRow[]): Promise<Learnt> {
    const learnt: Learnt = { holders: new Map(), channels: new Map() };
    const digests = new Map<string, string>();
    const channelIds = new Map<number, string>();
    for (const [number, tokenProof, tokenVersion, channelId, channelProof, channelVersion] of rows) {
      const { digest } = lookups[number - 1] as TokenLookup;
      if (tokenProof !== null && tokenVersion !== null) {
        const known = this.#holders.get(digest);
        if (isSame(known, tokenProof, tokenVersion)) learnt.holders.set(digest, known.row);
        else digests.set(digest, tokenVersion);
      }
      if (channelProof !== null && channelId !== null && channelVersion !== null) {
        const known = this.#channels.get(channelId);
        if (isSame(known, channelProof, channelVersion)) learnt.channels.set(channelId, known.row);
        else channelIds.set(channelId, channelVersion);
      }
    }
    if (digests.size === 0 && channelIds.size === 0) return learnt;
    const [holders, channels] = await Promise.all([
      digests.size === 0 ? [] : findTokens(this.#run, [...digests.keys()]),
      channelIds.size === 0 ? [] : this.#run('findChannels', arrayOf(channelIds.keys())),
    ]);
    if (this.#holders.size > this.#mostKnown) this.#holders.clear();
    if (this.#channels.size > this.#mostKnown) this.#channels.clear();
    for (const [at, [digest, version]] of [...digests].entries()) {
      const row = holders[at];
      // The token may have ended since.
      if (!row) continue;
      learnt.holders.set(digest, row);
      this.#holders.set(digest, { version, row });
    }
    for (const row of channels.map(toChannel)) {
      learnt.channels.set(row.id, row);
      this.#channels.set(row.id, { version: channelIds.get(row.id) ?? '', row });
    }
    return learnt;
  }
}

interface Learnt {
  readonly holders: Map<string, TokenHolder>;
  readonly channels: Map<number, Channel>;
}

function toCertification(
  impUid: string,
  { merchantId }: TokenHolder,
  [, , , channelId, , , state, requestedAt, certifiedAt, keyId, salt, blob]: LookupRow,
  channels: ReadonlyMap<number, Channel>,
): TokenLookupResult['certification'] {
  if (state === null) return null;
  const channel = channels.get(channelId ?? 0);
  if (channel === undefined)
    return new AppError('sealed_data_unreadable', { detail: 'the channel of a row was altered' });
  return { impUid, merchantId, channel, state, requestedAt, certifiedAt, sealed: { keyId, salt, blob } };
}

function isSame<Row extends { readonly proof: Uint8Array }>(
  known: Known<Row> | undefined,
  proof: Uint8Array,
  version: string,
): known is Known<Row> {
  return known?.version === version && Buffer.compare(known.row.proof, proof) === 0;
}

/** The text of an array of numbers, flags or hex digits, which need no quotes. */
function arrayOf(values: Iterable<string | number | boolean>): string {
  return `{${[...values].join(',')}}`;
}
