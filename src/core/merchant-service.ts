import { AppError } from '../errors.ts';
import type { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import {
  foldImpKey,
  type KeyState,
  type Merchant,
  type MerchantRows,
  type MerchantSetup,
} from './merchant.ts';
import { checkChannel, checkMerchant, proveChannel, proveMerchant } from './proofs.ts';
import type { Store } from './store.ts';
import { digestSecret } from './token-service.ts';
import type { Vault } from './vault.ts';

/** A merchant with what belongs to it, as it is listed. */
export interface ListedMerchant {
  readonly merchant: Merchant;
  readonly keys: readonly KeyState[];
  readonly channels: readonly Channel[];
}

/** Who the merchants are and what is theirs. Every row that it returns has been checked. */
export class MerchantService {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(store: Store, vault: Vault, clock: Clock) {
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
  }

  /** Adds a merchant, or brings the one with this user code up to date. Keys and channels not named stay. */
  save({ name, userCode, pageRules, keys, channels }: MerchantSetup): Promise<Merchant> {
    return this.#change(userCode, (found) => ({
      ...found,
      name,
      pageRules: pageRules ?? found.pageRules,
      keys: keys.map(({ impKey, impSecret }) => ({
        impKey: foldImpKey(impKey),
        secretDigest: digestSecret(this.#vault, found.id, foldImpKey(impKey), impSecret),
      })),
      channels: channels.map((channel, position) => ({
        ...channel,
        position,
        proof: proveChannel(this.#vault, { ...channel, position, merchantId: found.id }),
      })),
    }));
  }

  /** Disables a merchant and ends its tokens; false when there is none with this user code. */
  disable(userCode: string): Promise<boolean> {
    return this.#setDisabled(userCode, this.#clock.now());
  }

  /** Lets a disabled merchant do business again; false when there is none with this user code. */
  enable(userCode: string): Promise<boolean> {
    return this.#setDisabled(userCode, null);
  }

  /** Revokes a key pair for good and ends its token; false when there is no such live pair. */
  revokeKey(impKey: string): Promise<boolean> {
    return this.#store.revokeKey(foldImpKey(impKey), this.#clock.now());
  }

  async list(): Promise<readonly ListedMerchant[]> {
    const listed: ListedMerchant[] = [];
    for (const merchant of await this.#store.listMerchants())
      listed.push({
        merchant: checkMerchant(this.#vault, merchant),
        keys: await this.#store.listKeys(merchant.id),
        channels: await this.listChannels(merchant.id),
      });
    return listed;
  }

  /** A merchant that is not disabled. */
  async find(by: { readonly id: number } | { readonly userCode: string }): Promise<Merchant | null> {
    const merchant = await this.#store.findMerchant(by);
    return merchant && checkMerchant(this.#vault, merchant);
  }

  /** The channels of a merchant, its default one first. */
  async listChannels(merchantId: number): Promise<readonly Channel[]> {
    const channels = await this.#store.listChannels(merchantId);
    return channels.map((channel) => checkChannel(this.#vault, channel));
  }

  async findChannel(channelKey: string): Promise<Channel | null> {
    const channel = await this.#store.findChannel(channelKey);
    return channel && checkChannel(this.#vault, channel);
  }

  async #setDisabled(userCode: string, disabledAt: number | null): Promise<boolean> {
    const known = (await this.#store.listMerchants()).some((each) => each.userCode === userCode);
    if (!known) return false;
    await this.#change(userCode, (found) => ({ ...found, disabledAt, keys: [], channels: [] }));
    return true;
  }

  #change(userCode: string, change: (found: Merchant) => Omit<MerchantRows, 'proof'>): Promise<Merchant> {
    return this.#store.saveMerchant(userCode, (found, isNew) => {
      // An altered row is not made a right one by writing it anew.
      if (!isNew) checkMerchant(this.#vault, found);
      const { name, pageRules, disabledAt, keys, channels } = change(found);
      if (name === '') throw new AppError('store_failed', { detail: 'a merchant has no name' });
      const row = { id: found.id, userCode, name, pageRules, disabledAt };
      return { ...row, proof: proveMerchant(this.#vault, row), keys, channels };
    });
  }
}
