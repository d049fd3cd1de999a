import type { StoredCertification } from '../../core/certification.ts';
import type { Channel } from '../../core/channel.ts';

/** What OTPs and attempts need of the certifications beside them; called inside a transaction. */
export interface CertificationRows {
  /** Keeps a certification and returns its integer key, or null when its id is or was in use. */
  insert(certification: StoredCertification): number | null;
  find(merchantId: number, impUid: string): StoredCertification | null;
  /** The integer key of an id; null for one of another shape that nobody has. */
  idOf(impUid: string): number | null;
  /** The integer key of a certification that is still pending, or null. */
  openId(merchantId: number, impUid: string): number | null;
  /** Lets a row that was changed be read again. */
  forget(impUid: string): void;
  forgetAll(): void;
  channel(id: number): Channel;
}
