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
  // Two digits for each byte. One text for a whole batch, since making a text of a few bytes costs more than the bytes.
  let digits = '';
  let at = 0;
  return () => {
    if (at === digits.length) {
      digits = randomFillSync(bytes).toString('hex');
      at = 0;
    }
    const from = at;
    const middle = from + LENGTH;
    at = middle + LENGTH;
    return `${digits.slice(from, middle)}-${digits.slice(middle, at)}`;
  };
}
