import { AppError } from '../errors.ts';
import type { Channel } from './channel.ts';
import type { Merchant } from './merchant.ts';
import type { TokenHolder } from './store.ts';
import type { Vault } from './vault.ts';

/*
 * Rows that are not sealed and yet decide something (who a merchant is, what a channel may show, whose a token is)
 * carry a proof: a MAC of their columns under the master key. Whoever can write to the database, and no more, cannot
 * make one, so that a row that was altered or planted is refused and raises an alarm.
 */

/** What has been proven of a row object, so that one which a store keeps in memory is checked once. */
const proven = new WeakMap<Uint8Array, string>();

function requireProof(vault: Vault, proof: Uint8Array, purpose: string, text: string): void {
  if (proven.get(proof) === text) return;
  if (!vault.matches(proof, purpose, text))
    throw new AppError('sealed_data_unreadable', { detail: `the row of a ${purpose} was altered` });
  proven.set(proof, text);
}

type MerchantText = Omit<Merchant, 'proof'>;
const merchantText = ({ id, name, userCode, pageRules, disabledAt }: MerchantText): string => {
  const { returnHosts, returnSchemes, origins, nullOrigin } = pageRules;
  return JSON.stringify([id, name, userCode, returnHosts, returnSchemes, origins, nullOrigin, disabledAt]);
};

export function proveMerchant(vault: Vault, merchant: MerchantText): Uint8Array {
  return vault.digest('merchant', merchantText(merchant));
}

/** The merchant, or `sealed_data_unreadable` when its row was altered. */
export function checkMerchant(vault: Vault, merchant: Merchant): Merchant {
  requireProof(vault, merchant.proof, 'merchant', merchantText(merchant));
  return merchant;
}

type ChannelText = Omit<Channel, 'id' | 'proof'>;
const channelText = (channel: ChannelText): string =>
  JSON.stringify([
    channel.merchantId,
    channel.channelKey,
    channel.provider,
    channel.providerMerchantId,
    channel.carrierApproval,
    channel.foreignerAddOn,
    channel.minimumAge,
  ]);

export function proveChannel(vault: Vault, channel: ChannelText): Uint8Array {
  return vault.digest('channel', channelText(channel));
}

/** The channel, or `sealed_data_unreadable` when its row was altered. */
export function checkChannel(vault: Vault, channel: Channel): Channel {
  requireProof(vault, channel.proof, 'channel', channelText(channel));
  return channel;
}

type TokenText = Omit<TokenHolder, 'proof'>;
const tokenText = ({ apiKeyId, merchantId, issuedAt, expiresAt, nonce }: TokenText): string =>
  `${apiKeyId} ${merchantId} ${issuedAt} ${expiresAt} ${Buffer.from(nonce).toString('latin1')}`;

export function proveToken(vault: Vault, token: TokenText): Uint8Array {
  return vault.digest('access token', tokenText(token));
}

/** Rejects with `sealed_data_unreadable` when the row of an access token was altered. */
export function checkToken(vault: Vault, token: TokenHolder): void {
  requireProof(vault, token.proof, 'access token', tokenText(token));
}
