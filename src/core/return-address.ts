/*
 * The address to which an agency sends a browser back, and the same with `/back` at its end for a person who gives up.
 */

/** Bytes; one of the agencies takes no longer addresses. */
const LONGEST_ADDRESS = 128;
/** Characters of the secret in it; see `newShortSecret`. */
const SECRET_LENGTH = 22;

/** The path of a return address, from its secret. */
export function toReturnPath(back: string): string {
  return `/page/back/${back}`;
}

/** How many bytes a return address is too long; 0 when it is short enough. */
export function excessOf(address: string): number {
  return Math.max(0, Buffer.byteLength(`${address}/back`) - LONGEST_ADDRESS);
}

/** The same for every return address below an origin with its base path. */
export function excessBelow(base: string): number {
  return excessOf(`${base}${toReturnPath('x'.repeat(SECRET_LENGTH))}`);
}
