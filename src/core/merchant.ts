import type { Channel } from './channel.ts';

/** A shop: owns key pairs, channels and certifications. */
export interface Merchant {
  readonly id: number;
  readonly name: string;
  /** `imp` and 8 digits; public. */
  readonly userCode: string;
}

/** One API key pair as the store keeps it: the secret only as a keyed digest. */
export interface ApiKey {
  readonly id: number;
  readonly merchantId: number;
  readonly secretDigest: Uint8Array;
}

/** A merchant with everything it owns, as it is put into the store. The first channel is the default one. */
export interface MerchantSetup {
  readonly name: string;
  readonly userCode: string;
  readonly keys: readonly { readonly impKey: string; readonly secretDigest: Uint8Array }[];
  readonly channels: readonly Omit<Channel, 'id' | 'merchantId'>[];
}

/** Letter case of `imp_key` does not count; the store keeps and finds the folded form. */
export function foldImpKey(impKey: string): string {
  return impKey.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
