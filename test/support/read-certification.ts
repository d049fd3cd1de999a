import type { Certification } from '../../src/core/certification.ts';
import { openCertification } from '../../src/core/certification-service.ts';
import type { Store } from '../../src/core/store.ts';
import type { Vault } from '../../src/core/vault.ts';

/** The certification as the store has it, opened. */
export async function readCertification(
  { store, vault }: { readonly store: Store; readonly vault: Vault },
  { merchantId }: { readonly merchantId: number },
  impUid: string,
): Promise<Certification> {
  const row = await store.findCertification(merchantId, impUid);
  if (row === null) throw new Error(`there is no certification ${impUid}`);
  return openCertification(vault, row);
}
