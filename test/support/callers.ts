import type { MerchantCaller, Visitor } from '../../src/core/caller.ts';

/** Somebody without a key, from this address. */
export function visitorFrom(address = ''): Visitor {
  return { surface: 'v1', requestId: 'request', address };
}

/** The server of a merchant. */
export function serverOf(merchantId: number): MerchantCaller {
  return { ...visitorFrom(), merchantId, keyId: 1 };
}
