import { randomFillSync } from 'node:crypto';

/** Bytes of an id: enough that two ids are never equal, also of different processes. */
const LENGTH = 12;
/** Characters of an id: two digits for each byte, and a hyphen in the middle. */
const TEXT_LENGTH = 2 * LENGTH + 1;
const HALVES = /(.{12})(.{12})/g;
/** How many ids are made at a time. */
const BATCH = 256;

/**
 * Makes ids that connect an answer with its log lines. They are random, so that two of them do not reveal how many
 * requests came in between.
 */
export function newRequestIds(): () => string {
  const bytes = Buffer.alloc(LENGTH * BATCH);
  // One text for a whole batch, since making a text of a few bytes costs more than the bytes.
  let ids = '';
  let at = 0;
  return () => {
    if (at === ids.length) {
      const digits = randomFillSync(bytes).toString('hex');
      // The hyphens are added here: joining each id alone would cost one more copy when it goes into a header.
      ids = digits.replace(HALVES, '$1-$2');
      at = 0;
    }
    const from = at;
    at += TEXT_LENGTH;
    return ids.slice(from, at);
  };
}
