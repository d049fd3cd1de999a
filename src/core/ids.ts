import { randomBytes, randomInt } from 'node:crypto';

const OWN_IMP_UID = /^imp_\d{12}$/;
const LONGEST_IMP_UID = 100;

/** A new `imp_uid`: `imp_` and 12 random digits. The store makes sure that it was never used. */
export function newImpUid(): string {
  return `imp_${String(randomInt(0, 10 ** 6)).padStart(6, '0')}${String(randomInt(0, 10 ** 6)).padStart(6, '0')}`;
}

/** Whether an id has the shape that is made here, so that an engine may keep its digits as an integer key. */
export function isOwnImpUid(impUid: string): boolean {
  return impUid.length === 16 && OWN_IMP_UID.test(impUid);
}

/** Whether an id can stand in a store at all: ids that came from elsewhere may have other shapes. */
export function isStorableImpUid(impUid: string): boolean {
  return impUid.length > 0 && impUid.length <= LONGEST_IMP_UID;
}

/** 32 random bytes in 43 characters that may stand in an address. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
