import { hash } from 'node:crypto';
import { AppError } from '../errors.ts';
import { type Clock, SECOND, wholeSecond } from './clock.ts';
import { foldImpKey } from './merchant.ts';
import type { Store, TokenHolder } from './store.ts';
import type { Vault } from './vault.ts';

const TOKEN_LIFE = 1800 * SECOND;
const EXTENSION_WINDOW = 60 * SECOND;
const EXTENSION = 300 * SECOND;
const TOKEN_SHAPE = /^[0-9a-f]{40}$/;
const REMEMBERED_DIGESTS = 10_000;
const SECRET_PURPOSE = 'imp_secret';

export interface AccessToken {
  readonly token: string;
  /** The server's clock at answer time. */
  readonly now: number;
  readonly expiresAt: number;
}

/** Exchanges key pairs for access tokens, and tells whose a presented token is. */
export class TokenService {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #nobody: Uint8Array;
  /** Digests of the tokens presented last: whoever presents one does so for half an hour. */
  readonly #digests = new Map<string, string>();

  constructor(store: Store, vault: Vault, clock: Clock) {
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
    this.#nobody = vault.digest(SECRET_PURPOSE, 'the secret of no key pair');
  }

  /**
   * The key pair's access token: the same one until it expires, extended when asked for in its last minute.
   * Unknown key and wrong secret are the same `credentials_wrong`, after the same work.
   */
  async issue(impKey: string, impSecret: string): Promise<AccessToken> {
    const apiKey = await this.#store.findApiKey(foldImpKey(impKey));
    const right = this.#vault.matches(apiKey?.secretDigest ?? this.#nobody, SECRET_PURPOSE, impSecret);
    if (apiKey === null || !right) throw new AppError('credentials_wrong');

    const nonce = this.#vault.newTokenNonce();
    const now = wholeSecond(this.#clock.now());
    const kept = await this.#store.issueToken({
      apiKeyId: apiKey.id,
      now,
      fresh: { nonce, digest: digestOf(this.#vault.tokenOf(nonce)), expiresAt: now + TOKEN_LIFE },
      extensionWindow: EXTENSION_WINDOW,
      extension: EXTENSION,
    });
    return { token: this.#vault.tokenOf(kept.nonce), now, expiresAt: kept.expiresAt };
  }

  /** Who presents `token`, or `token_invalid`: not a token, unknown, expired, revoked. */
  async verify(token: string): Promise<TokenHolder> {
    const digest = this.#digests.get(token) ?? this.#digestOf(token);
    const holder = await this.#store.findToken(digest);
    if (holder === null || this.#clock.now() >= holder.expiresAt) throw new AppError('token_invalid');
    return holder;
  }

  #digestOf(token: string): string {
    if (!TOKEN_SHAPE.test(token)) throw new AppError('token_invalid');
    const digest = digestOf(token);
    if (this.#digests.size >= REMEMBERED_DIGESTS) this.#digests.clear();
    this.#digests.set(token, digest);
    return digest;
  }
}

/** The digest of an `imp_secret` as the store keeps it. */
export function digestSecret(vault: Vault, impSecret: string): Uint8Array {
  return vault.digest(SECRET_PURPOSE, impSecret);
}

// Without a key: a token is 160 bits that nobody can guess, so its digest tells nothing.
function digestOf(token: string): string {
  return hash('sha256', token, 'hex');
}
