import type { StoredCertification } from '../../core/certification.ts';
import type { Channel } from '../../core/channel.ts';

/** The certifications, as OTPs and attempts need them; called inside a transaction. */
export interface CertificationRows {
  /** Keeps a certification and returns its integer key, or null when its id is or was in use. */
  insert(certification: StoredCertification): number | null;
  find(merchantId: number, impUid: string): StoredCertification | null;
  /** The integer key of an id; null for a foreign id that is not stored. */
  idOf(impUid: string): number | null;
  /** The integer key of a certification that is still pending, or null. */
  openId(merchantId: number, impUid: string): number | null;
  /** Drops a changed row from the cache, by its integer key. */
  forget(id: number | bigint): void;
  channel(id: number): Channel;
}

/** `imp_` and 12 digits as the integer key. */
export function ownId(impUid: string): number {
  return Number(impUid.slice(4));
}

/** The inverse of `ownId`. */
export function impUidOf(id: number | bigint): string {
  return `imp_${String(id).padStart(12, '0')}`;
}
