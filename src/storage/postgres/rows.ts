import type { StoredAttempt } from '../../core/attempt.ts';
import type { CertificationState } from '../../core/certification.ts';
import type { Channel, ProviderName } from '../../core/channel.ts';
import { isOwnImpUid } from '../../core/ids.ts';
import type { OtpEnd, StoredOtp } from '../../core/otp.ts';
import type { VerificationMethod } from '../../core/provider.ts';
import type { StoredCertification } from '../../core/store.ts';
import type { Row, Value } from './database.ts';

/** How many columns of a row are its channel's, which come first. */
const CHANNEL_COLUMNS = 8;
const CERTIFICATION_COLUMNS = 6;

/** The integer key of an id of our own shape. */
export function ownId(impUid: string): number {
  return Number(impUid.slice(4));
}

/** The two parameters by which a statement finds a certification. */
export function keyOf(impUid: string): readonly [Value, Value] {
  return isOwnImpUid(impUid) ? [ownId(impUid), null] : [null, impUid];
}

/** PostgreSQL keeps no text with a NUL in it, and takes the question for an error: it is in no row. */
export function canBeStored(text: string): boolean {
  return !text.includes('\0');
}

export function toChannel(row: Row): Channel {
  const [
    id,
    merchantId,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval,
    foreignerAddOn,
    minimumAge,
  ] = row as [number, number, string, ProviderName, string, boolean, boolean, number | null];
  return {
    id,
    merchantId,
    channelKey,
    provider,
    providerMerchantId,
    carrierApproval,
    foreignerAddOn,
    minimumAge,
  };
}

export function toCertification(impUid: string, merchantId: number, row: Row): StoredCertification {
  const [state, requestedAt, certifiedAt, masterKeyId, salt, blob] = row.slice(CHANNEL_COLUMNS) as [
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
    channel: toChannel(row),
    state,
    requestedAt,
    certifiedAt,
    sealed: { masterKeyId, salt, blob },
  };
}

/** The OTP beside a certification; null when the row has none. */
export function toOtp(row: Row): StoredOtp | null {
  const [method, digest, phoneDigest, sentAt, wrong, end] = row.slice(
    CHANNEL_COLUMNS + CERTIFICATION_COLUMNS,
  ) as [VerificationMethod | null, Uint8Array, Uint8Array, number, number, OtpEnd | null];
  return method === null ? null : { method, digest, phoneDigest, sentAt, wrong, end };
}

export function toAttempt(row: Row): StoredAttempt {
  const [id, merchantId, expiresAt, step, end, masterKeyId, salt, blob] = row.slice(CHANNEL_COLUMNS) as [
    number,
    number,
    number,
    number,
    string | null,
    number,
    Uint8Array,
    Uint8Array,
  ];
  return {
    impUid: `imp_${String(id).padStart(12, '0')}`,
    merchantId,
    channel: toChannel(row),
    expiresAt,
    step,
    end,
    sealed: { masterKeyId, salt, blob },
  };
}
