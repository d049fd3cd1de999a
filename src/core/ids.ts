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

/** Whether an id can be stored; ids from elsewhere may have other formats. */
export function isStorableImpUid(impUid: string): boolean {
  return impUid.length > 0 && impUid.length <= LONGEST_IMP_UID;
}

const LETTERS_AND_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 20 random letters and digits by which an agency may know an attempt. Agencies allow no longer ones. */
export function newAttemptId(): string {
  return Array.from({ length: 20 }, () => LETTERS_AND_DIGITS[randomInt(LETTERS_AND_DIGITS.length)]).join('');
}

/** 16 random bytes in 22 characters, for return addresses: some agencies allow 128 bytes for the whole address. */
export function newShortSecret(): string {
  return randomBytes(16).toString('base64url');
}

/** 32 random bytes as 43 characters that are valid in an address. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
