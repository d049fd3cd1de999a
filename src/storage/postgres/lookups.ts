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
  /** Of the first question with a token only. */
  tokenProof: Uint8Array | null,
  channelId: number | null,
  channelProof: Uint8Array | null,
  state: CertificationState | null,
  requestedAt: number,
  certifiedAt: number | null,
  keyId: number,
  salt: Uint8Array,
  blob: Uint8Array,
];

/**
 * The lookups of one turn, in one statement. What does not change with each certification, tokens and channels, comes
 * as its proof only: that covers all its columns, so as long as the database has the same proof, what was read before
 * is what the row says.
 */
export class Lookups {
  readonly #run: Run;
  readonly #holders = new Map<string, TokenHolder>();
  readonly #channels = new Map<number, Channel>();

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
      const holder = row === undefined ? undefined : this.#holders.get(digest);
      if (row === undefined || holder === undefined) return { holder: null, certification: null };
      return { holder, certification: this.#toCertification(impUid, holder, row) };
    });
  }

  /** Reads the tokens and channels that are new here, or have another proof than before. */
  async #learn(lookups: readonly TokenLookup[], rows: readonly LookupRow[]): Promise<void> {
    const digests = new Set<string>();
    const channelIds = new Set<number>();
    for (const [number, tokenProof, channelId, channelProof] of rows) {
      const { digest } = lookups[number - 1] as TokenLookup;
      if (tokenProof !== null && !isSame(this.#holders.get(digest)?.proof, tokenProof)) digests.add(digest);
      if (
        channelProof !== null &&
        channelId !== null &&
        !isSame(this.#channels.get(channelId)?.proof, channelProof)
      )
        channelIds.add(channelId);
    }
    if (this.#holders.size > MOST_KNOWN) this.#holders.clear();
    if (this.#channels.size > MOST_KNOWN) this.#channels.clear();
    const [holders, channels] = await Promise.all([
      digests.size === 0 ? [] : findTokens(this.#run, [...digests]),
      channelIds.size === 0 ? [] : this.#run('findChannels', arrayOf(channelIds)),
    ]);
    for (const [at, digest] of [...digests].entries()) {
      const holder = holders[at];
      // Its token may have ended since.
      if (holder) this.#holders.set(digest, holder);
      else this.#holders.delete(digest);
    }
    for (const row of channels) {
      const channel = toChannel(row);
      this.#channels.set(channel.id, channel);
    }
  }

  #toCertification(
    impUid: string,
    { merchantId }: TokenHolder,
    [, , channelId, , state, requestedAt, certifiedAt, keyId, salt, blob]: LookupRow,
  ): TokenLookupResult['certification'] {
    if (state === null) return null;
    const channel = this.#channels.get(channelId ?? 0);
    if (channel === undefined)
      return new AppError('sealed_data_unreadable', { detail: 'the channel of a row was altered' });
    return { impUid, merchantId, channel, state, requestedAt, certifiedAt, sealed: { keyId, salt, blob } };
  }
}

function isSame(known: Uint8Array | undefined, proof: Uint8Array): boolean {
  return known !== undefined && Buffer.compare(known, proof) === 0;
}

/** The text of an array of numbers, flags or hex digits, which need no quotes. */
function arrayOf(values: Iterable<string | number | boolean>): string {
  return `{${[...values].join(',')}}`;
}
