import type { MasterKey, WrappedKey } from '../core/key-ring.ts';
import { MerchantService } from '../core/merchant-service.ts';
import { openVault } from '../core/vault.ts';
import { createProviders } from '../providers/index.ts';
import { markDatabase, openStore } from '../storage/index.ts';
import { SERVE_POLICY } from './policy.ts';
import type { Services } from './services.ts';

/** A database of `serve` that is there and has all steps of the schema. */
export interface ReadableDatabase {
  readonly databaseUrl: string;
  readonly masterKeys: readonly MasterKey[];
  /** Its data keys. */
  readonly ring: readonly WrappedKey[];
}

/**
 * Reads the channels of a database, and the adapters that they could use. Unlike a start it writes nothing: the data
 * keys stay wrapped as they are. The database is open only while `read` runs.
 */
export async function readChannels<T>(
  { databaseUrl, masterKeys, ring }: ReadableDatabase,
  read: (found: Pick<Services, 'merchants' | 'providers'>) => Promise<T>,
): Promise<T> {
  const { mode } = SERVE_POLICY;
  const vault = openVault(masterKeys, mode, ring);
  const providers = createProviders({ fetch, log: () => {} });
  const store = await openStore(databaseUrl, markDatabase(masterKeys, mode));
  try {
    return await read({ merchants: new MerchantService(store, vault, store.clock, providers), providers });
  } finally {
    await store.close();
  }
}
