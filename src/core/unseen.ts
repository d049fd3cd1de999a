/*
 * Characters that nobody sees, or that only look like a blank: a text with them looks like another one, and may turn
 * what stands around it.
 */

/** Format and direction characters, fillers, private and unassigned ones, half pairs. */
const UNSEEN = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
/** What ends a line or is a gap, of any kind and width. */
const GAP = /[\p{Cc}\p{Z}\u2800]/u;

const EVERY_UNSEEN = new RegExp(UNSEEN, 'gu');
const EVERY_GAP = new RegExp(`${GAP.source}+`, 'gu');

/** Whether a text holds such a character; ordinary blanks are none. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text) || GAP.test(text.replace(/\p{Zs}/gu, ''));
}

/** A text on one line without such characters, in NFC: each gap is one blank, none at its ends. */
export function stripUnseen(text: string): string {
  return text.replace(EVERY_UNSEEN, '').replace(EVERY_GAP, ' ').normalize('NFC').trim();
}
