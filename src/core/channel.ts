/** Providers whose result shape the published contract knows. */
export const PROVIDER_NAMES = ['danal', 'inicis_unified', 'kcp_v2', 'inicis'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** One merchant's configured use of one provider. */
export interface Channel {
  readonly id: number;
  readonly merchantId: number;
  /** Its place among those of the merchant; the lowest is the default one. */
  readonly position: number;
  /** Public name of the channel. */
  readonly channelKey: string;
  readonly provider: ProviderName;
  /** The merchant's id at the provider (CPID, MID, site code). */
  readonly providerMerchantId: string;
  /** Contract addition of danal: only with it a result tells phone and carrier. */
  readonly carrierApproval: boolean;
  /** Contract addition of danal: only with it a result tells nationality. */
  readonly foreignerAddOn: boolean;
  /** Lowest age in full years (만 나이) of whom it certifies; null for any. */
  readonly minimumAge: number | null;
  /** Shows that the row is as it was written; see `proofs.ts`. */
  readonly proof: Uint8Array;
}
