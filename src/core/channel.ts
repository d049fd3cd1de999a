import type { Sealed } from './vault.ts';

/** Values of `pg_provider` whose result shape the published contract knows. */
export const PROVIDER_NAMES = ['danal', 'inicis_unified', 'kcp_v2', 'inicis'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** The adapter of a channel that was removed. The row stays, because results show what is in it. */
export const REMOVED = 'removed';

/** The adapter of a channel that certifies nobody and only shows results of an import. */
export const NO_ADAPTER = 'none';

/** One merchant's configured use of one agency. */
export interface Channel {
  readonly id: number;
  readonly merchantId: number;
  /** Its place among those of the merchant; the lowest is the default one. */
  readonly position: number;
  /** Public name of the channel. */
  readonly channelKey: string;
  /** Name of the adapter that talks to the agency. */
  readonly adapter: string;
  /** What results show as `pg_provider`. */
  readonly provider: ProviderName;
  /** The merchant's id at the provider (CPID, MID, site code). */
  readonly providerMerchantId: string;
  /** Contract addition of danal: only with it a result tells phone and carrier. */
  readonly carrierApproval: boolean;
  /** Contract addition of danal: only with it a result tells nationality. */
  readonly foreignerAddOn: boolean;
  /** Lowest age in full years (만 나이) of whom it certifies; null for any. */
  readonly minimumAge: number | null;
  /** What its adapter must know, sealed; see `Settings`. */
  readonly settings: Sealed;
  /** Shows that the row is as it was written; see `proofs.ts`. */
  readonly proof: Uint8Array;
}

/** How a call names the channel; what is null was not given. */
export interface ChannelChoice {
  readonly channelKey: string | null;
  /** `provider` or `provider.merchantId`; counts when there is no key. */
  readonly pg: string | null;
}

export interface ChosenChannel {
  readonly channel: Channel;
  /** Whether it replaces a channel that does not exist. */
  readonly isReplaced: boolean;
}

/**
 * The channel that a call names, otherwise the first one that can serve it; null when there is none. With
 * `isForgiving`, as in `dev`, an unknown channel is replaced by the first one of its provider, or by the first of all.
 */
export function chooseChannel(
  channels: readonly Channel[],
  { channelKey, pg }: ChannelChoice,
  { canServe, isForgiving }: { canServe: (channel: Channel) => boolean; isForgiving: boolean },
): ChosenChannel | null {
  const able = channels.filter(canServe);
  const [first] = able;
  if (channelKey === null && pg === null)
    return first === undefined ? null : { channel: first, isReplaced: false };
  const [provider = '', merchantId] = (pg ?? '').split(/\.(.*)/s, 2);
  const named = channels.find((channel) =>
    channelKey === null
      ? channel.provider === provider &&
        (merchantId === undefined || channel.providerMerchantId === merchantId)
      : channel.channelKey === channelKey,
  );
  if (named !== undefined) return canServe(named) ? { channel: named, isReplaced: false } : null;
  const meant = channelKey === null ? provider.trim().toLowerCase() : null;
  const channel = able.find((each) => each.provider === meant) ?? first;
  return isForgiving && channel !== undefined ? { channel, isReplaced: true } : null;
}

/** Members of a result that not every channel may show. */
export interface ShownMembers {
  readonly phone: boolean;
  readonly carrier: boolean;
  readonly foreigner: boolean;
  readonly di: boolean;
}

/** What the merchant's contract with the provider lets a result show. */
export function shownMembers(channel: Channel): ShownMembers {
  const { provider, adapter, carrierApproval, foreignerAddOn } = channel;
  switch (provider) {
    case 'danal':
      return { phone: carrierApproval, carrier: carrierApproval, foreigner: foreignerAddOn, di: true };
    case 'inicis':
      return { phone: true, carrier: false, foreigner: true, di: false };
    case 'inicis_unified':
      // Its own adapter returns a DI only when the channel's settings ask for it.
      return { phone: true, carrier: false, foreigner: true, di: adapter === 'inicis-unified' };
    case 'kcp_v2':
      return { phone: true, carrier: true, foreigner: true, di: true };
  }
}
