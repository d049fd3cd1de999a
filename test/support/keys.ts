import { randomBytes } from 'node:crypto';
import type { MasterKey } from '../../src/core/key-ring.ts';
import { openStoreVault, type Vault } from '../../src/core/vault.ts';
import { type DatabaseMark, markDatabase } from '../../src/storage/database-mark.ts';
import { openArchive } from '../../src/storage/index.ts';

/** The master keys of databases that a test opens without naming any. */
export const MASTER_KEYS: readonly MasterKey[] = [{ id: 1, secret: randomBytes(32) }];

export function markOf(
  mode: DatabaseMark['mode'],
  masterKeys = MASTER_KEYS,
  use?: DatabaseMark['use'],
): DatabaseMark {
  return markDatabase(masterKeys, mode, use);
}

/** The vault of a database that is there. */
export async function vaultAt(url: string, masterKeys: readonly MasterKey[]): Promise<Vault> {
  const archive = await openArchive(url, markOf('dev', masterKeys, 'export'));
  await archive.close();
  const { ring, mode } = archive;
  const store = { listDataKeys: async () => ring, rewrapDataKeys: async () => {} };
  return openStoreVault(store, masterKeys, mode);
}
