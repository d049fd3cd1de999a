import type { StoredCertification } from '../../src/core/certification.ts';
import type { Merchant, MerchantRows, NewChannel, PageRules } from '../../src/core/merchant.ts';
import type { Store } from '../../src/core/store.ts';

/** What a test has to say of a merchant; what proves its rows does not matter to a store. */
export interface PlainMerchant {
  readonly userCode: string;
  readonly name?: string;
  readonly pageRules?: PageRules;
  readonly disabledAt?: number | null;
  readonly keys?: MerchantRows['keys'];
  readonly channels?: readonly NewChannel[];
}

export const CHANNEL: NewChannel = {
  channelKey: 'channel',
  provider: 'danal',
  providerMerchantId: 'FAKE',
  carrierApproval: false,
  foreignerAddOn: false,
  minimumAge: null,
};

/** Puts a merchant into a store as it stands there, without keys and proofs that open anything. */
export function putMerchant(store: Store, merchant: PlainMerchant): Promise<Merchant> {
  const { userCode, name = '가상상점', keys = [], channels = [] } = merchant;
  return store.saveMerchant(userCode, (found) => ({
    name,
    pageRules: merchant.pageRules ?? found.pageRules,
    disabledAt: merchant.disabledAt === undefined ? found.disabledAt : merchant.disabledAt,
    proof: Uint8Array.of(1),
    keys,
    channels: channels.map((channel, position) => ({
      ...channel,
      position,
      adapter: channel.adapter ?? channel.provider,
      settings: { keyId: 1, salt: Uint8Array.of(3), blob: Uint8Array.of(position) },
      proof: Uint8Array.of(2),
    })),
  }));
}

/** A row to be compared: with its bytes as buffers, and without what a store remembers of it. */
export function plainRow(row: StoredCertification | null) {
  if (row === null) return null;
  const { slot: _, sealed, ...rest } = row;
  const { keyId, salt, blob } = sealed;
  return { ...rest, sealed: { keyId, salt: Buffer.from(salt), blob: Buffer.from(blob) } };
}
