import { AppError } from '../errors.ts';
import type { Channel } from './channel.ts';
import type { Merchant } from './merchant.ts';
import type { StoredToken, TokenHolder } from './store.ts';
import type { Vault } from './vault.ts';

/*
 * Rows that are not sealed and yet decide something (who a merchant is, what a channel may show, whose a token is)
 * carry a proof: a MAC of their columns under a data key. Write access to the database is not enough to make one,
 * so a row that was altered or inserted is refused and raises an alarm.
 */

/** Row objects whose proof was right, so that one which a store keeps in memory is checked once. */
const proven = new WeakSet<object>();

function requireProof<Row extends { readonly proof: Uint8Array }>(
  vault: Vault,
  row: Row,
  purpose: string,
  textOf: (row: Row) => string,
): Row {
  if (proven.has(row)) return row;
  if (!vault.matches(row.proof, 'proofs', purpose, textOf(row)))
    throw new AppError('sealed_data_unreadable', { detail: `the row of a ${purpose} was altered` });
  proven.add(row);
  return row;
}

type MerchantText = Omit<Merchant, 'proof'>;
const merchantText = ({ id, name, userCode, pageRules, disabledAt }: MerchantText): string => {
  const { returnHosts, returnSchemes, origins, nullOrigin, bindsBrowser = false, isTest = false } = pageRules;
  const rules = [returnHosts, returnSchemes, origins, nullOrigin, bindsBrowser, isTest];
  return JSON.stringify([id, name, userCode, ...rules, disabledAt]);
};

export function proveMerchant(vault: Vault, merchant: MerchantText): Uint8Array {
  return vault.digest('proofs', 'merchant', merchantText(merchant));
}

/** The merchant, or `sealed_data_unreadable` when its row was altered. */
export function checkMerchant(vault: Vault, merchant: Merchant): Merchant {
  return requireProof(vault, merchant, 'merchant', merchantText);
}

type ChannelText = Omit<Channel, 'id' | 'proof'>;
const channelText = (channel: ChannelText): string =>
  JSON.stringify([
    channel.merchantId,
    channel.position,
    channel.channelKey,
    channel.adapter,
    channel.provider,
    channel.providerMerchantId,
    channel.carrierApproval,
    channel.foreignerAddOn,
    channel.minimumAge,
    // So that no older settings of the same channel can be put in their place.
    Buffer.from(channel.settings.blob).toString('base64'),
  ]);

export function proveChannel(vault: Vault, channel: ChannelText): Uint8Array {
  return vault.digest('proofs', 'channel', channelText(channel));
}

/** The channel, or `sealed_data_unreadable` when its row was altered. */
export function checkChannel(vault: Vault, channel: Channel): Channel {
  return requireProof(vault, channel, 'channel', channelText);
}

type TokenText = Omit<TokenHolder, 'proof'>;
/** Includes the digest, so that a row cannot be found by another token. */
const tokenText = (
  { apiKeyId, merchantId, issuedAt, expiresAt, nonce }: TokenText,
  digest: StoredToken['digest'],
): string =>
  `${apiKeyId} ${merchantId} ${issuedAt} ${expiresAt} ${digest} ${Buffer.from(nonce).toString('latin1')}`;

export function proveToken(vault: Vault, token: TokenText, digest: StoredToken['digest']): Uint8Array {
  return vault.digest('proofs', 'access token', tokenText(token, digest));
}

/** Rejects with `sealed_data_unreadable` when the row of an access token, found by this digest, was altered. */
export function checkToken(vault: Vault, token: TokenHolder, digest: StoredToken['digest']): void {
  requireProof(vault, token, 'access token', (row) => tokenText(row, digest));
}
