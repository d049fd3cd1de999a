import { randomFillSync } from 'node:crypto';

/** Bytes of an id: enough that two ids are never equal, also of different processes. */
const LENGTH = 12;
/** How many ids are made at a time. */
const BATCH = 256;

/**
 * Makes ids that connect an answer with its log lines. They are random, so that two of them do not reveal how many
 * requests came in between.
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
