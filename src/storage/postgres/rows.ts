import type { StoredAttempt } from '../../core/attempt-store.ts';
import type { CertificationState, StoredCertification } from '../../core/certification.ts';
import type { Channel, ProviderName } from '../../core/channel.ts';
import { isOwnImpUid } from '../../core/ids.ts';
import type { WrappedKey } from '../../core/key-ring.ts';
import { type Merchant, readPageRules } from '../../core/merchant.ts';
import type { OtpEnd, StoredOtp } from '../../core/otp.ts';
import type { PresenceState } from '../../core/presence.ts';
import type { VerificationMethod } from '../../core/provider.ts';
import type { Sealed } from '../../core/vault.ts';
import { AppError } from '../../errors.ts';
import type { Row, Value } from './database.ts';

/** The number of columns of the channel, which come first in a row, and of the certification, which come next. */
export const CHANNEL_COLUMNS = 14;
export const CERTIFICATION_COLUMNS = 6;
/** The number of columns of an OTP and the end of the claim, which come after those. */
export const OTP_COLUMNS = 10;

/** The integer key of an id made by Bonin. */
export function ownId(impUid: string): number {
  return Number(impUid.slice(4));
}

/** The two parameters by which a statement finds a certification. */
export function keyOf(impUid: string): readonly [Value, Value] {
  return isOwnImpUid(impUid) ? [ownId(impUid), null] : [null, impUid];
}

/** PostgreSQL cannot store a text with NUL and refuses it in a question, so no row contains it. */
export function canBeStored(text: string): boolean {
  return !text.includes('\0');
}

export function toChannel(row: Row): Channel {
  const [
    id,
    merchantId,
    position,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval,
    foreignerAddOn,
    minimumAge,
    proof,
    adapter,
  ] = row as [
    number | null,
    number,
    number,
    string,
    ProviderName,
    string,
    boolean,
    boolean,
    number | null,
    Uint8Array,
    string,
  ];
  // An outer join: the channel may be missing.
  if (id === null)
    throw new AppError('sealed_data_unreadable', { detail: 'the channel of a row was altered' });
  return {
    id,
    merchantId,
    position,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval,
    foreignerAddOn,
    minimumAge,
    proof,
    adapter,
    settings: toSealed(row, 11) as Sealed,
  };
}

/** The certification of a row. `channel` is that of the row, for callers who have read it already. */
export function toCertification(
  impUid: string,
  merchantId: number,
  row: Row,
  channel: Channel = toChannel(row),
): StoredCertification {
  const [state, requestedAt, certifiedAt, keyId, salt, blob] = row.slice(CHANNEL_COLUMNS) as [
    CertificationState,
    number,
    number | null,
    number,
    Uint8Array,
    Uint8Array,
  ];
  return {
    impUid,
    merchantId,
    channel,
    state,
    requestedAt,
    certifiedAt,
    sealed: { keyId, salt, blob },
  };
}

/** A row of `id, purpose, master_key_id, wrapped, created_at`. */
export function toWrappedKey(row: Row): WrappedKey {
  const [id, purpose, masterKeyId, wrapped, createdAt] = row as [number, string, number, Uint8Array, number];
  return { id, purpose, masterKeyId, wrapped, createdAt };
}

export function toMerchant(row: Row): Merchant {
  const [id, userCode, name, rules, disabledAt, proof] = row as [
    number,
    string,
    string,
    string,
    number | null,
    Uint8Array,
  ];
  return { id, userCode, name, pageRules: readPageRules(rules), disabledAt, proof };
}

/** The sealed data of a row, from this column on; null for none. */
function toSealed(row: Row, at: number): Sealed | null {
  const [keyId, salt, blob] = row.slice(at, at + 3) as [number | null, Uint8Array, Uint8Array];
  return keyId === null ? null : { keyId, salt, blob };
}

/** The OTP beside a certification; null when the row has none. */
export function toOtp(row: Row): StoredOtp | null {
  const columns = row.slice(CHANNEL_COLUMNS + CERTIFICATION_COLUMNS);
  const [method, digest, phoneDigest, sentAt, wrong, end] = columns as [
    VerificationMethod | null,
    Uint8Array | null,
    Uint8Array | null,
    number,
    number,
    OtpEnd | null,
  ];
  const claimant = toSealed(columns, 6);
  return method === null ? null : { method, digest, phoneDigest, claimant, sentAt, wrong, end };
}

export function toAttempt(row: Row): StoredAttempt {
  const columns = row.slice(CHANNEL_COLUMNS);
  const [
    id,
    merchantId,
    ticket,
    ticketUntil,
    handle,
    session,
    expiresAt,
    step,
    wrong,
    code,
    end,
    number,
    state,
    heardAt,
  ] = columns as [
    number,
    number,
    Uint8Array,
    number,
    Uint8Array,
    Uint8Array | null,
    number,
    number,
    number,
    Uint8Array | null,
    string | null,
    number,
    PresenceState,
    number,
  ];
  return {
    impUid: `imp_${String(id).padStart(12, '0')}`,
    merchantId,
    channel: toChannel(row),
    secrets: { ticket, ticketUntil, handle, session },
    expiresAt,
    step,
    wrong,
    code,
    end,
    presence: { number, state, heardAt },
    back: columns[20] as Uint8Array | null,
    launch: toSealed(columns, 14) as Sealed,
    progress: toSealed(columns, 17),
  };
}

/** The three columns of sealed data, or of none. */
export function columnsOf(sealed: Sealed | null): [Value, Value, Value] {
  return sealed === null ? [null, null, null] : [sealed.keyId, sealed.salt, sealed.blob];
}
