import type { Channel, ProviderName } from '../../core/channel.ts';
import {
  type ApiKey,
  type KeyState,
  type Merchant,
  type MerchantRows,
  NO_PAGE_RULES,
  readPageRules,
} from '../../core/merchant.ts';
import type { StoredToken, TokenChange, TokenHolder } from '../../core/store.ts';
import type { Sealed } from '../../core/vault.ts';
import { AppError } from '../../errors.ts';
import { type Connection, columnsOf, one, rows, toSealed } from './connection.ts';
import type { Row } from './statements.ts';

/** The most tokens in memory; a merchant has a few, so this is enough for thousands of merchants. */
const CACHED_TOKENS = 10_000;

/** The merchants of an SQLite store, their key pairs with the tokens, and their channels. */
export class SqliteMerchants {
  readonly #connection: Connection;
  readonly #onChange: () => void;
  readonly #tokens = new Map<string, TokenHolder>();

  /** `onChange` is called when cached data of a merchant may be outdated. */
  constructor(connection: Connection, onChange: () => void) {
    this.#connection = connection;
    this.#onChange = onChange;
  }

  /** Drops everything from the cache. */
  forget(): void {
    this.#tokens.clear();
  }

  async saveMerchant(
    userCode: string,
    toRows: (found: Merchant, isNew: boolean) => MerchantRows,
  ): Promise<Merchant> {
    const run = this.#connection.statements;
    return this.#connection.write(() => {
      const isNew = run.addMerchant.run(userCode, JSON.stringify(NO_PAGE_RULES)).changes === 1;
      const found = toMerchant(one(run.findAnyMerchant, userCode) as Row);
      if (isNew && one(run.findBelongings, found.id) !== null) throw orphansFailure();
      const { name, pageRules, disabledAt, proof, keys, channels } = toRows(found, isNew);
      const { id } = found;
      run.saveMerchant.run(name, JSON.stringify(pageRules), disabledAt, proof, id);
      for (const channel of channels) {
        const { changes } = run.saveChannel.run(
          id,
          channel.position,
          channel.channelKey,
          channel.provider,
          channel.providerMerchantId,
          Number(channel.carrierApproval),
          Number(channel.foreignerAddOn),
          channel.minimumAge,
          channel.proof,
          channel.adapter,
          ...columnsOf(channel.settings),
        );
        if (changes === 0) throw takenFailure();
      }
      for (const { impKey, secretDigest } of keys) {
        run.endTokenOfOtherSecret.run(impKey, secretDigest);
        if (run.saveApiKey.run(id, impKey, secretDigest).changes === 0) throw takenFailure();
      }
      if (disabledAt !== found.disabledAt) run.endTokensOfMerchant.run(id);
      this.#onChange();
      return { id, name, userCode, pageRules, disabledAt, proof };
    });
  }

  async listMerchants(): Promise<readonly Merchant[]> {
    return this.#connection.read(() => rows(this.#connection.statements.listMerchants).map(toMerchant));
  }

  async listKeys(merchantId: number): Promise<readonly KeyState[]> {
    return this.#connection.read(() =>
      rows(this.#connection.statements.listKeys, merchantId).map((row) => {
        const [impKey, revokedAt] = row as [string, number | null];
        return { impKey, revokedAt };
      }),
    );
  }

  async revokeKey(impKey: string, at: number): Promise<boolean> {
    const run = this.#connection.statements;
    return this.#connection.write(() => {
      const revoked = one(run.revokeKey, at, impKey);
      if (revoked === null) return false;
      run.endToken.run(Number(revoked[0]));
      this.#tokens.clear();
      return true;
    });
  }

  async listChannels(merchantId: number): Promise<readonly Channel[]> {
    return this.#connection.read(() =>
      rows(this.#connection.statements.listChannels, merchantId).map(toChannel),
    );
  }

  async findChannel(channelKey: string): Promise<Channel | null> {
    return this.#connection.read(() => {
      const row = one(this.#connection.statements.findChannelByKey, channelKey);
      return row === null ? null : toChannel(row);
    });
  }

  async findMerchant(by: { id: number } | { userCode: string }): Promise<Merchant | null> {
    const run = this.#connection.statements;
    return this.#connection.read(() => {
      const row = 'id' in by ? one(run.findMerchantById, by.id) : one(run.findMerchant, by.userCode);
      return row === null ? null : toMerchant(row);
    });
  }

  async findApiKey(impKey: string): Promise<ApiKey | null> {
    return this.#connection.read(() => {
      const row = one(this.#connection.statements.findApiKey, impKey);
      if (row === null) return null;
      const [id, foundKey, secretDigest] = row as [number, string, Uint8Array];
      return { id, impKey: foundKey, secretDigest, merchant: toMerchant(row.slice(3)) };
    });
  }

  async findTokenOfKey({
    id,
    secretDigest,
  }: Pick<ApiKey, 'id' | 'secretDigest'>): Promise<StoredToken | null> {
    return this.#connection.read(() => {
      const row = one(this.#connection.statements.findTokenOfKey, id, secretDigest);
      if (row === null) return null;
      const [nonce, digest, issuedAt, expiresAt, proof] = row as [
        Uint8Array,
        string,
        number,
        number,
        Uint8Array,
      ];
      return { nonce, digest, issuedAt, expiresAt, proof };
    });
  }

  async putToken({ key, seen, next }: TokenChange): Promise<boolean> {
    const { nonce, digest, issuedAt, expiresAt, proof } = next;
    return this.#connection.write(() => {
      const { changes } = this.#connection.statements.putToken.run(
        key.id,
        key.secretDigest,
        nonce,
        digest,
        issuedAt,
        expiresAt,
        proof,
        seen?.proof ?? null,
      );
      this.#tokens.clear();
      return changes === 1;
    });
  }

  async findToken(digest: string): Promise<TokenHolder | null> {
    return this.#connection.read(() => this.holderOf(digest));
  }

  /** The same, inside a transaction. */
  holderOf(digest: string): TokenHolder | null {
    const cached = this.#tokens.get(digest);
    if (cached !== undefined) return cached;
    const row = one(this.#connection.statements.findToken, digest);
    if (row === null) return null;
    const [apiKeyId, merchantId, nonce, issuedAt, expiresAt, proof] = row as [
      number,
      number,
      Uint8Array,
      number,
      number,
      Uint8Array,
    ];
    const holder = { apiKeyId, merchantId, nonce, issuedAt, expiresAt, proof };
    if (this.#tokens.size >= CACHED_TOKENS) this.#tokens.clear();
    this.#tokens.set(digest, holder);
    return holder;
  }
}

export function toChannel(row: Row): Channel {
  const [
    id,
    merchantId,
    position,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval,
    foreignerAddOn,
    minimumAge,
    proof,
    adapter,
  ] = row as [
    number,
    number,
    number,
    string,
    ProviderName,
    string,
    number,
    number,
    number | null,
    Uint8Array,
    string,
  ];
  return {
    id,
    merchantId,
    position,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval: carrierApproval === 1,
    foreignerAddOn: foreignerAddOn === 1,
    minimumAge,
    proof,
    adapter,
    settings: toSealed(row, 11) as Sealed,
  };
}

function toMerchant(row: Row): Merchant {
  const [id, userCode, name, rules, disabledAt, proof] = row as [
    number,
    string,
    string,
    string,
    number | null,
    Uint8Array,
  ];
  return { id, userCode, name, pageRules: readPageRules(rules), disabledAt, proof };
}

/** A number is used once: a second merchant with it would own the records of the first. */
function orphansFailure(): AppError {
  return new AppError('sealed_data_unreadable', { detail: 'the row of a merchant was taken away' });
}

function takenFailure(): AppError {
  return new AppError('store_failed', { detail: 'a key or channel is revoked or another merchant has it' });
}
