import { randomBytes } from 'node:crypto';
import { newImpUid } from '../../src/core/ids.ts';
import type { Store } from '../../src/core/store.ts';
import { openDatabase, openStore } from '../../src/storage/index.ts';
import { markOf } from '../support/keys.ts';
import { CHANNEL, putMerchant } from './merchant.ts';

export function open(url: string, as = markOf('dev')): Promise<Store> {
  return openStore(url, as);
}

/** A store with one merchant, and what makes a certification of it. */
export async function filled(url: string) {
  const { store, pool } = await openDatabase(url, markOf('dev'));
  const merchant = await putMerchant(store, {
    userCode: 'imp00000001',
    keys: [{ impKey: 'key', secretDigest: Uint8Array.of(1) }],
    channels: [CHANNEL],
  });
  const channel = await store.findChannel('channel');
  if (channel === null) throw new Error('the channel is not there');
  const record = (impUid = newImpUid()) => ({
    impUid,
    merchantId: merchant.id,
    channel,
    state: 'pending' as const,
    requestedAt: 1,
    certifiedAt: null,
    sealed: { keyId: 1, salt: randomBytes(32), blob: randomBytes(300) },
  });
  return { store, pool, merchant, record };
}
