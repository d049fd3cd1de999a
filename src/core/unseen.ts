/*
 * Characters that are invisible or look like a blank. With them two different texts look the same, and some of them
 * change the direction of the text around them.
 */

/** Format and direction characters, fillers, private and unassigned ones, half pairs. */
const UNSEEN = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
/** Control characters, which include ends of lines, and blanks of every kind. */
const GAP = /[\p{Cc}\p{Z}\u2800]/u;

const EVERY_UNSEEN = new RegExp(UNSEEN, 'gu');
const EVERY_GAP = new RegExp(`${GAP.source}+`, 'gu');

/** Whether a text holds such a character. Blanks of any width do not count. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text) || GAP.test(text.replace(/\p{Zs}/gu, ''));
}

/** The text on one line, in NFC, without invisible characters, with single blanks and none at its ends. */
export function stripUnseen(text: string): string {
  return text.replace(EVERY_UNSEEN, '').replace(EVERY_GAP, ' ').normalize('NFC').trim();
}
