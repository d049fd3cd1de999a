import { randomFillSync } from 'node:crypto';

/** Bytes of an id: enough that no two of any process are ever the same. */
const LENGTH = 12;
/** How many are made at once. */
const BATCH = 256;

/**
 * Makes ids that tie an answer to its log lines. They are random: whoever gets two of them does not learn how many
 * others were given in between.
 */
export function newRequestIds(): () => string {
  const bytes = Buffer.alloc(LENGTH * BATCH);
  let at = bytes.length;
  return () => {
    if (at === bytes.length) {
      randomFillSync(bytes);
      at = 0;
    }
    at += LENGTH;
    const middle = at - LENGTH / 2;
    return `${bytes.toString('hex', at - LENGTH, middle)}-${bytes.toString('hex', middle, at)}`;
  };
}
