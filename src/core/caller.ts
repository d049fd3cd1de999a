/*
 * Who asks a service for something of a merchant or a person. Limits count by it, and access records and events name
 * it, so it is the first argument.
 */

/** Somebody who has not shown a key: they ask for a token, or use the verification page. */
export interface Visitor {
  readonly surface: 'v1' | 'page';
  /** Also in the log and in `X-Request-Id`. */
  readonly requestId: string;
  /** The client's address without port; empty when it is unknown. */
  readonly address: string;
}

/** A merchant's server with an access token. */
export interface MerchantCaller extends Visitor {
  readonly merchantId: number;
  /** The key pair that the token was issued to. */
  readonly keyId: number;
}

export type Caller = Visitor | MerchantCaller;
