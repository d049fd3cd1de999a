import { toAsciiJson } from '../ascii-json.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import {
  foldImpKey,
  type KeyState,
  type Merchant,
  type MerchantRows,
  type MerchantSetup,
  type NewChannel,
} from './merchant.ts';
import { checkChannel, checkMerchant, proveChannel, proveMerchant } from './proofs.ts';
import { type ChannelInUse, findProvider, type Providers, type Settings } from './provider.ts';
import type { Store } from './store.ts';
import { digestSecret } from './token-service.ts';
import type { Sealed, Vault } from './vault.ts';

type SettingsBound = Pick<Channel, 'merchantId' | 'channelKey' | 'adapter'>;

/** The context with which the settings of a channel are sealed. */
function settingsContext(channel: SettingsBound): string {
  return JSON.stringify(['channel settings', channel.merchantId, channel.channelKey, channel.adapter]);
}

/** The channel with its settings, as its adapter needs them; `sealed_data_unreadable` when they were altered. */
export function openChannel(vault: Vault, channel: Channel): ChannelInUse {
  return {
    channel,
    settings: JSON.parse(vault.open(settingsContext(channel), channel.settings)) as Settings,
  };
}

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
  readonly #providers: Providers;

  /** `providers` check the settings of channels. */
  constructor(store: Store, vault: Vault, clock: Clock, providers: Providers = {}) {
    this.#providers = providers;
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
  }

  /**
   * Adds a merchant, or brings the one with this user code up to date. Keys and channels not named stay. Rejects with
   * `input_refused` when an adapter does not take the settings of a channel.
   */
  async save({ name, userCode, pageRules, keys, channels }: MerchantSetup): Promise<Merchant> {
    const kept = new Map<string, Channel | null>();
    for (const { channelKey } of channels) kept.set(channelKey, await this.#store.findChannel(channelKey));
    return this.#change(userCode, (found) => ({
      ...found,
      name,
      pageRules: pageRules ?? found.pageRules,
      keys: keys.map(({ impKey, impSecret }) => ({
        impKey: foldImpKey(impKey),
        secretDigest: digestSecret(this.#vault, found.id, foldImpKey(impKey), impSecret),
      })),
      channels: channels.map((channel, position) =>
        this.#toRow(found.id, channel, position, kept.get(channel.channelKey) ?? null),
      ),
    }));
  }

  /** Rejects with `input_refused` when an adapter does not take the settings of a channel, as `save` would. */
  checkSettings({ channels }: MerchantSetup): void {
    for (const channel of channels) this.#parseSettings(channel.adapter ?? channel.provider, channel);
  }

  #toRow(
    merchantId: number,
    channel: NewChannel,
    position: number,
    kept: Channel | null,
  ): MerchantRows['channels'][number] {
    const { channelKey, provider } = channel;
    const adapter = channel.adapter ?? provider;
    const bound = { merchantId, channelKey, adapter };
    const text = toAsciiJson(this.#parseSettings(adapter, channel));
    const settings = this.#sealSettings(bound, text, kept);
    const row = { ...channel, merchantId, position, adapter, settings };
    return { ...row, proof: proveChannel(this.#vault, row) };
  }

  /** Keeps the sealed settings that are stored when their text is the same. So saving the same file changes nothing. */
  #sealSettings(bound: SettingsBound, text: string, kept: Channel | null): Sealed {
    const context = settingsContext(bound);
    try {
      if (kept !== null && this.#vault.open(context, kept.settings) === text) return kept.settings;
    } catch {
      // They belong to another channel or adapter, or were altered: they are replaced.
    }
    return this.#vault.seal(context, text);
  }

  /** Without its adapter a channel certifies nobody, but still shows the results of an import. */
  #parseSettings(adapter: string, { channelKey, provider, settings, ...channel }: NewChannel): Settings {
    const found = findProvider(this.#providers, { adapter });
    const refuse = (sentence: string) =>
      new AppError('input_refused', { explanation: `channel ${channelKey}: ${sentence}` });
    if (found === undefined) {
      if (channel.adapter === undefined && settings === undefined) return {};
      const known = Object.keys(this.#providers).join(', ');
      throw refuse(`there is no adapter ${adapter} here; known: ${known || 'none'}`);
    }
    if (!found.shows.includes(provider))
      throw refuse(`the adapter ${adapter} shows pg_provider ${found.shows.join(', ')} only`);
    try {
      return found.parseSettings(settings ?? {}, { provider });
    } catch (thrown) {
      const error = toAppError(thrown);
      throw error.code === 'input_refused' ? refuse(error.explanation ?? '') : error;
    }
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
      // Refuse an altered row here: writing it again would give it a valid proof.
      if (!isNew) checkMerchant(this.#vault, found);
      const { name, pageRules, disabledAt, keys, channels } = change(found);
      if (name === '') throw new AppError('store_failed', { detail: 'a merchant has no name' });
      const row = { id: found.id, userCode, name, pageRules, disabledAt };
      return { ...row, proof: proveMerchant(this.#vault, row), keys, channels };
    });
  }
}
