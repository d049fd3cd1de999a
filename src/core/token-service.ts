import { AppError } from '../errors.ts';
import type { MerchantCaller, Visitor } from './caller.ts';
import { type Clock, SECOND, wholeSecond } from './clock.ts';
import { NO_HOOKS, type ServiceHooks } from './hooks.ts';
import { networkOf } from './limits.ts';
import { type ApiKey, foldImpKey } from './merchant.ts';
import { checkMerchant, checkToken, proveToken } from './proofs.ts';
import type { Store, StoredToken, TokenHolder } from './store.ts';
import type { Throttle } from './throttle.ts';
import type { Vault } from './vault.ts';

const TOKEN_LIFE = 1800 * SECOND;
const EXTENSION_WINDOW = 60 * SECOND;
const EXTENSION = 300 * SECOND;
/** A token that has lived as long is not extended any more, so that a stolen one ends. */
const LONGEST_LIFE = 86_400 * SECOND;
const TOKEN_SHAPE = /^[0-9a-f]{40}$/;
const REMEMBERED_DIGESTS = 10_000;
/** The throttle for wrong secrets tells keys apart by this many characters. */
const LONGEST_KEY = 64;
const TOKEN_LABEL = 'access token';

export interface AccessToken {
  readonly token: string;
  /** The server's clock at answer time. */
  readonly now: number;
  readonly expiresAt: number;
  /** Whether it was made by this call. */
  readonly isNew: boolean;
}

export interface Credentials {
  readonly impKey: string;
  readonly impSecret: string;
}

/** Exchanges key pairs for access tokens, and tells whose a presented token is. */
export class TokenService {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #throttle: Throttle | null;
  readonly #hooks: ServiceHooks;
  readonly #nobody: Uint8Array;
  /** Digests of the tokens presented last: a client uses one token for half an hour. */
  readonly #digests = new Map<string, readonly string[]>();

  /** `throttle` delays callers with wrong secrets; null in `dev`. */
  constructor(
    store: Store,
    vault: Vault,
    clock: Clock,
    throttle: Throttle | null,
    hooks: ServiceHooks = NO_HOOKS,
  ) {
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
    this.#throttle = throttle;
    this.#hooks = hooks;
    this.#nobody = digestSecret(vault, 0, '', 'the secret of no key pair');
  }

  /**
   * The key pair's access token: the same one until it expires, extended when asked for in its last minute.
   * Unknown key and wrong secret are the same `credentials_wrong`, after the same work and the same wait.
   */
  async issue({ address }: Visitor, { impKey, impSecret }: Credentials): Promise<AccessToken> {
    const folded = foldImpKey(impKey);
    for (;;) {
      const key = await this.#store.findApiKey(folded);
      if (key === null || !this.#isRight(key, impSecret)) {
        // Also where there is no such key, so that the work is the same.
        if (key === null) this.#vault.matches(this.#nobody, 'secrets', secretLabel(0, folded), impSecret);
        await this.#throttle?.hold(`${networkOf(address)} ${folded.slice(0, LONGEST_KEY)}`);
        throw new AppError('credentials_wrong');
      }
      checkMerchant(this.#vault, key.merchant);
      const token = await this.#issueTo(key);
      if (token === null) continue;
      this.#hooks.tokenIssued(token.isNew);
      return token;
    }
  }

  #isRight({ merchant, impKey, secretDigest }: ApiKey, impSecret: string): boolean {
    return this.#vault.matches(secretDigest, 'secrets', secretLabel(merchant.id, impKey), impSecret);
  }

  /** Null when somebody else was faster, or the pair has changed since it was read. */
  async #issueTo(key: ApiKey): Promise<AccessToken | null> {
    const seen = await this.#store.findTokenOfKey(key);
    const owner = { apiKeyId: key.id, merchantId: key.merchant.id };
    if (seen !== null) checkToken(this.#vault, { ...seen, ...owner }, seen.digest);
    const now = wholeSecond(this.#clock.now());
    const kept = lives(seen, now) ? extend(seen, now) : this.#newToken(now);
    if (kept !== seen) {
      const next = { ...kept, proof: proveToken(this.#vault, { ...kept, ...owner }, kept.digest) };
      if (!(await this.#store.putToken({ key, seen, next }))) return null;
    }
    const isNew = kept.nonce !== seen?.nonce;
    return { token: this.#vault.tokenOf(kept.nonce), now, expiresAt: kept.expiresAt, isNew };
  }

  #newToken(now: number): Omit<StoredToken, 'proof'> {
    const nonce = this.#vault.newTokenNonce();
    const digest = toHex(this.#vault.digest('tokens', TOKEN_LABEL, this.#vault.tokenOf(nonce)));
    return { nonce, digest, issuedAt: now, expiresAt: now + TOKEN_LIFE };
  }

  /** The merchant that presents `token`, or `token_invalid`: not a token, unknown, expired, revoked. */
  async verify({ surface, requestId, address }: Visitor, token: string): Promise<MerchantCaller> {
    for (const digest of this.digestsOf(token)) {
      const holder = await this.#store.findToken(digest);
      if (holder === null) continue;
      const { merchantId, apiKeyId: keyId } = this.requireValid(holder, digest, this.#clock.now());
      return { surface, merchantId, keyId, requestId, address };
    }
    throw new AppError('token_invalid');
  }

  /** The holder of the token with this digest. Rejects with `token_invalid` when there is none or it has expired. */
  requireValid(holder: TokenHolder | null, digest: string, now: number): TokenHolder {
    if (holder === null) throw new AppError('token_invalid');
    checkToken(this.#vault, holder, digest);
    if (now >= holder.expiresAt) throw new AppError('token_invalid');
    return holder;
  }

  /** Digests under which a token may be stored, with the newest data key first. Throws `token_invalid` for any other text. */
  digestsOf(token: string): readonly string[] {
    const known = this.#digests.get(token);
    if (known !== undefined) return known;
    if (!TOKEN_SHAPE.test(token)) throw new AppError('token_invalid');
    const digests = this.#vault.digests('tokens', TOKEN_LABEL, token).map(toHex);
    if (this.#digests.size >= REMEMBERED_DIGESTS) this.#digests.clear();
    this.#digests.set(token, digests);
    return digests;
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function lives(token: StoredToken | null, now: number): token is StoredToken {
  return token !== null && token.expiresAt > now;
}

/** The token, and in its last minute more of it. */
function extend(token: StoredToken, now: number): StoredToken {
  const isDue = token.expiresAt - now <= EXTENSION_WINDOW && now - token.issuedAt < LONGEST_LIFE;
  return isDue ? { ...token, expiresAt: token.expiresAt + EXTENSION } : token;
}

/** The digest of an `imp_secret` as the store keeps it: of no use for another key, or for another merchant's. */
export function digestSecret(
  vault: Vault,
  merchantId: number,
  foldedKey: string,
  impSecret: string,
): Uint8Array {
  return vault.digest('secrets', secretLabel(merchantId, foldedKey), impSecret);
}

function secretLabel(merchantId: number, foldedKey: string): string {
  return JSON.stringify(['imp_secret', merchantId, foldedKey]);
}
