import type { Channel } from '../core/channel.ts';
import type { MasterKey, WrappedKey } from '../core/key-ring.ts';
import { MerchantService } from '../core/merchant-service.ts';
import type { Providers } from '../core/provider.ts';
import { openVault } from '../core/vault.ts';
import { createProviders } from '../providers/index.ts';
import { markDatabase, openStore } from '../storage/index.ts';
import { SERVE_POLICY } from './policy.ts';

/** The channels of all merchants, and the adapters that they could use. */
export interface ChannelsInUse {
  readonly channels: readonly Channel[];
  readonly providers: Providers;
}

/**
 * Reads the channels of a database of `serve` that is there and has all steps of the schema. Unlike a start it writes
 * nothing: the data keys stay wrapped as they are. `ring` has these keys.
 */
export async function readChannels(
  databaseUrl: string,
  masterKeys: readonly MasterKey[],
  ring: readonly WrappedKey[],
): Promise<ChannelsInUse> {
  const { mode } = SERVE_POLICY;
  const vault = openVault(masterKeys, mode, ring);
  const providers = createProviders({ fetch, log: () => {} });
  const store = await openStore(databaseUrl, markDatabase(masterKeys, mode));
  try {
    const merchants = await new MerchantService(store, vault, store.clock, providers).list();
    return { channels: merchants.flatMap((each) => each.channels), providers };
  } finally {
    await store.close();
  }
}
