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
  readonly #holders = new Map<string, Known<TokenHolder>>();
  readonly #channels = new Map<number, Known<Channel>>();

  constructor(run: Run) {
    this.#run = run;
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
    await this.#learn(lookups, found);
    const rows: LookupRow[] = [];
    for (const row of found) rows[row[0] - 1] = row;
    return lookups.map(({ digest, impUid }, at) => {
      const row = rows[at];
      const holder = row === undefined ? undefined : this.#holders.get(digest)?.row;
      if (row === undefined || holder === undefined) return { holder: null, certification: null };
      return { holder, certification: this.#toCertification(impUid, holder, row) };
    });
  }

  /** Reads the tokens and channels that are new here, or have another proof than before. */
  async #learn(lookups: readonly TokenLookup[], rows: readonly LookupRow[]): Promise<void> {
    const digests = new Map<string, string>();
    const channelIds = new Map<number, string>();
    for (const [number, tokenProof, tokenVersion, channelId, channelProof, channelVersion] of rows) {
      const { digest } = lookups[number - 1] as TokenLookup;
      if (
        tokenProof !== null &&
        tokenVersion !== null &&
        !isSame(this.#holders.get(digest), tokenProof, tokenVersion)
      )
        digests.set(digest, tokenVersion);
      if (channelProof === null || channelId === null || channelVersion === null) continue;
      if (!isSame(this.#channels.get(channelId), channelProof, channelVersion))
        channelIds.set(channelId, channelVersion);
    }
    if (this.#holders.size > MOST_KNOWN) this.#holders.clear();
    if (this.#channels.size > MOST_KNOWN) this.#channels.clear();
    const [holders, channels] = await Promise.all([
      digests.size === 0 ? [] : findTokens(this.#run, [...digests.keys()]),
      channelIds.size === 0 ? [] : this.#run('findChannels', arrayOf(channelIds.keys())),
    ]);
    for (const [at, [digest, version]] of [...digests].entries()) {
      const row = holders[at];
      // Its token may have ended since.
      if (row) this.#holders.set(digest, { version, row });
      else this.#holders.delete(digest);
    }
    for (const found of channels) {
      const row = toChannel(found);
      this.#channels.set(row.id, { version: channelIds.get(row.id) ?? '', row });
    }
  }

  #toCertification(
    impUid: string,
    { merchantId }: TokenHolder,
    [, , , channelId, , , state, requestedAt, certifiedAt, keyId, salt, blob]: LookupRow,
  ): TokenLookupResult['certification'] {
    if (state === null) return null;
    const channel = this.#channels.get(channelId ?? 0)?.row;
    if (channel === undefined)
      return new AppError('sealed_data_unreadable', { detail: 'the channel of a row was altered' });
    return { impUid, merchantId, channel, state, requestedAt, certifiedAt, sealed: { keyId, salt, blob } };
  }
}

function isSame(
  known: Known<{ readonly proof: Uint8Array }> | undefined,
  proof: Uint8Array,
  version: string,
): boolean {
  return known?.version === version && Buffer.compare(known.row.proof, proof) === 0;
}

/** The text of an array of numbers, flags or hex digits, which need no quotes. */
function arrayOf(values: Iterable<string | number | boolean>): string {
  return `{${[...values].join(',')}}`;
}
