import { toAsciiJson } from '../ascii-json.ts';
import { AppError, toAppError } from '../errors.ts';
import { type Channel, NO_ADAPTER, REMOVED } from './channel.ts';
import type { Clock } from './clock.ts';
import {
  foldImpKey,
  type KeyState,
  type Merchant,
  type MerchantRows,
  type MerchantSetup,
  type NewChannel,
  type PageRules,
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

/** Whose channel it is. */
interface Owner {
  /** Whether the merchant may use the test servers of agencies. */
  readonly isTest: boolean;
}

function rulesOf(rules: PageRules, isTest = rules.isTest ?? false): PageRules {
  return isTest === (rules.isTest ?? false) ? rules : { ...rules, isTest };
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
  readonly #allowsTests: boolean;

  /** `providers` check the settings of channels. `allowsTests`: every merchant may use agencies' test servers. */
  constructor(store: Store, vault: Vault, clock: Clock, providers: Providers = {}, allowsTests = false) {
    this.#providers = providers;
    this.#allowsTests = allowsTests;
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
  }

  /**
   * Adds a merchant, or brings the one with this user code up to date. Keys and channels not named stay. Rejects with
   * `input_refused` when an adapter does not take the settings of a channel.
   */
  async save({ name, userCode, pageRules, isTest, keys, channels }: MerchantSetup): Promise<Merchant> {
    const kept = new Map<string, Channel | null>();
    for (const { channelKey } of channels) kept.set(channelKey, await this.#store.findChannel(channelKey));
    return this.#change(userCode, (found) => ({
      ...found,
      name,
      pageRules: rulesOf(pageRules ?? found.pageRules, isTest),
      keys: keys.map(({ impKey, impSecret }) => ({
        impKey: foldImpKey(impKey),
        secretDigest: digestSecret(this.#vault, found.id, foldImpKey(impKey), impSecret),
      })),
      channels: channels.map((channel, position) =>
        this.#toRow(
          { id: found.id, isTest: rulesOf(pageRules ?? found.pageRules, isTest).isTest === true },
          channel,
          position,
          kept.get(channel.channelKey) ?? null,
        ),
      ),
    }));
  }

  /**
   * Adds one channel to a merchant, after those that it has, or brings it up to date. Null when there is no such
   * merchant. Rejects with `input_refused` as `save` does.
   */
  async saveChannel(userCode: string, channel: NewChannel): Promise<Merchant | null> {
    const known = (await this.#store.listMerchants()).find((each) => each.userCode === userCode);
    if (known === undefined) return null;
    const kept = await this.#store.findChannel(channel.channelKey);
    const others = await this.listChannels(known.id);
    const last = Math.max(-1, ...others.map(({ position }) => position));
    const position = kept?.merchantId === known.id ? kept.position : last + 1;
    return this.#change(userCode, (found) => {
      const owner = { id: found.id, isTest: found.pageRules.isTest === true };
      return { ...found, keys: [], channels: [this.#toRow(owner, channel, position, kept)] };
    });
  }

  /** Deletes the settings of a channel, which certifies nobody from then on; its results stay. False when there is none. */
  async removeChannel(channelKey: string): Promise<boolean> {
    const channel = await this.findChannel(channelKey);
    if (channel === null || channel.adapter === REMOVED) return false;
    const listed = await this.#store.listMerchants();
    const owner = listed.find(({ id }) => id === channel.merchantId);
    if (owner === undefined) return false;
    const bound = { ...channel, adapter: REMOVED };
    const settings = this.#vault.seal(settingsContext(bound), toAsciiJson({}));
    const { id: _, ...row } = { ...bound, settings };
    const removed = { ...row, proof: proveChannel(this.#vault, row) };
    await this.#change(owner.userCode, (found) => ({ ...found, keys: [], channels: [removed] }));
    return true;
  }

  /** Why a channel of the merchant certifies nobody here, in a sentence that quotes no setting; null when it is ready. */
  findFault({ pageRules }: Pick<Merchant, 'pageRules'>, channel: Channel): string | null {
    const { channelKey, adapter } = channel;
    const { settings } = openChannel(this.#vault, channel);
    const owner = { isTest: pageRules.isTest === true };
    try {
      this.#parseSettings(owner, adapter, { ...channel, settings });
      return null;
    } catch (thrown) {
      const { code, explanation } = toAppError(thrown);
      if (code !== 'input_refused' || explanation === null) throw thrown;
      return explanation.slice(`channel ${channelKey}: `.length);
    }
  }

  /** Rejects with `input_refused` when an adapter does not take the settings of a channel, as `save` would. */
  checkSettings({ isTest = false, channels }: MerchantSetup): void {
    for (const channel of channels) this.#chooseAdapter({ isTest }, channel);
  }

  #toRow(
    { id: merchantId, isTest }: Owner & Pick<Merchant, 'id'>,
    channel: NewChannel,
    position: number,
    kept: Channel | null,
  ): MerchantRows['channels'][number] {
    const { channelKey } = channel;
    const chosen = this.#chooseAdapter({ isTest }, channel);
    const { adapter } = chosen;
    const bound = { merchantId, channelKey, adapter };
    const settings = this.#sealSettings(bound, toAsciiJson(chosen.settings), kept);
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

  /**
   * A channel that names neither its adapter nor settings has the adapter with the name of its `pg_provider`, unless
   * that needs settings.
   */
  #chooseAdapter(
    owner: Pick<Owner, 'isTest'>,
    channel: NewChannel,
  ): { readonly adapter: string; readonly settings: Settings } {
    const adapter = channel.adapter ?? channel.provider;
    try {
      return { adapter, settings: this.#parseSettings(owner, adapter, channel) };
    } catch (error) {
      const isNamed = channel.adapter !== undefined || channel.settings !== undefined;
      if (isNamed || toAppError(error).code !== 'input_refused') throw error;
      return { adapter: NO_ADAPTER, settings: {} };
    }
  }

  /** Without its adapter a channel certifies nobody, but still shows the results of an import. */
  #parseSettings({ isTest }: Owner, adapter: string, channel: NewChannel): Settings {
    const { channelKey, provider, settings } = channel;
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
    let parsed: Settings;
    try {
      parsed = found.parseSettings(settings ?? {}, channel);
    } catch (thrown) {
      const error = toAppError(thrown);
      throw error.code === 'input_refused' ? refuse(error.explanation ?? '') : error;
    }
    if (found.isTest?.(parsed) === true && !isTest && !this.#allowsTests)
      throw refuse('it uses the test server of its agency, which only a merchant with "test": true may do');
    return parsed;
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
