import type { Channel } from './channel.ts';

/** Which pages of a merchant may start the verification page, and where it may send people back to. */
export interface PageRules {
  /** Hosts with port where it is not the usual one; `*.` in front stands for any host below. */
  readonly returnHosts: readonly string[];
  /** Schemes of apps, without the colon. */
  readonly returnSchemes: readonly string[];
  /** Origins that may start; null for any. */
  readonly origins: readonly string[] | null;
  /** Whether `Origin: null`, as of a page in an app, may start. */
  readonly nullOrigin: boolean;
}

/** What a merchant that said nothing may: no return address but that of wrapper apps, any origin. */
export const NO_PAGE_RULES: PageRules = {
  returnHosts: [],
  returnSchemes: [],
  origins: null,
  nullOrigin: true,
};

/** A shop: owns key pairs, channels and certifications. */
export interface Merchant {
  readonly id: number;
  readonly name: string;
  /** `imp` and 8 digits; public. */
  readonly userCode: string;
  readonly pageRules: PageRules;
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
  /** Default: `NO_PAGE_RULES`. */
  readonly pageRules?: PageRules;
  readonly keys: readonly { readonly impKey: string; readonly secretDigest: Uint8Array }[];
  readonly channels: readonly Omit<Channel, 'id' | 'merchantId'>[];
}

/** Letter case of `imp_key` does not count; the store keeps and finds the folded form. */
export function foldImpKey(impKey: string): string {
  return impKey.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
