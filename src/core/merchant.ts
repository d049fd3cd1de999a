import { AppError } from '../errors.ts';
import type { Channel } from './channel.ts';

/**
 * Which pages of a merchant may start the verification page, where it may send people back to, and how strict it is
 * about agencies.
 */
export interface PageRules {
  /** Hosts with port where it is not the usual one; `*.` in front stands for any host below. */
  readonly returnHosts: readonly string[];
  /** Schemes of apps, without the colon. */
  readonly returnSchemes: readonly string[];
  /** Origins that may start; null for any. */
  readonly origins: readonly string[] | null;
  /** Whether `Origin: null`, as of a page in an app, may start. */
  readonly nullOrigin: boolean;
  /** Whether only the browser that went to an agency's window may come back from it. Default: false. */
  readonly bindsBrowser?: boolean;
  /** Whether its channels may use the test servers of agencies, which certify whom nobody has identified. Default: false. */
  readonly isTest?: boolean;
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
  /** Null while it may do business. */
  readonly disabledAt: number | null;
  /** Shows that the row is as it was written; see `proofs.ts`. */
  readonly proof: Uint8Array;
}

/** One API key pair as the store keeps it: the secret only as a keyed digest. */
export interface ApiKey {
  readonly id: number;
  readonly impKey: string;
  readonly secretDigest: Uint8Array;
  readonly merchant: Merchant;
}

/** A key pair as it is listed. */
export interface KeyState {
  readonly impKey: string;
  readonly revokedAt: number | null;
}

/** One key pair with its secret. */
export interface KeyPair {
  readonly impKey: string;
  readonly impSecret: string;
}

export interface NewChannel
  extends Omit<Channel, 'id' | 'merchantId' | 'position' | 'proof' | 'adapter' | 'settings'> {
  /** Default: the adapter with the name of `provider`, if that needs no settings; else none. */
  readonly adapter?: string | undefined;
  /** As its adapter takes them. Default: none. */
  readonly settings?: unknown;
}

/** A merchant with everything that is to be said of it. The first channel is the default one. */
export interface MerchantSetup {
  readonly name: string;
  readonly userCode: string;
  /** Absent: the rules stay as they are; `NO_PAGE_RULES` for a new merchant. */
  readonly pageRules?: PageRules;
  /** Whether it may have channels of test servers. Absent: as it is in `pageRules`. */
  readonly isTest?: boolean;
  readonly keys: readonly KeyPair[];
  readonly channels: readonly NewChannel[];
}

/** The rows that a merchant's setup comes to, as a store writes them. */
export interface MerchantRows extends Pick<Merchant, 'name' | 'pageRules' | 'disabledAt' | 'proof'> {
  readonly keys: readonly { readonly impKey: string; readonly secretDigest: Uint8Array }[];
  readonly channels: readonly Omit<Channel, 'id' | 'merchantId'>[];
}

/** The rules of a row; `sealed_data_unreadable` for a text that nobody here has written. */
export function readPageRules(text: string): PageRules {
  try {
    const rules: unknown = JSON.parse(text);
    if (typeof rules === 'object' && rules !== null) return rules as PageRules;
  } catch {
    // Its message quotes the text.
  }
  throw new AppError('sealed_data_unreadable', { detail: 'the row of a merchant was altered' });
}

/** Letter case of `imp_key` does not count; the store keeps and finds the folded form. */
export function foldImpKey(impKey: string): string {
  return impKey.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
