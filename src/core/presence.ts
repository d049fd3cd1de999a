import { SECOND } from './clock.ts';

/*
 * Whether the popup of an attempt is still there. The shop's page cannot tell: its browser may have cut it off from the
 * popup, which then looks closed. So each screen tells the server, in words that have numbers: those of a newer screen
 * are higher, and a word counts only when its number is higher than all before.
 */

/** The numbers that each screen has for its words. */
export const WORDS_PER_SCREEN = 1_000_000;

export const PRESENCES = ['visible', 'hidden', 'gone'] as const;
/** What a window says of itself: that it is seen or behind others, or that it goes. Before its first screen it is gone. */
export type PresenceState = (typeof PRESENCES)[number];

/** What was heard last of an attempt's window. */
export interface Presence {
  /** Of the newest word, or the one from which the newest screen counts on. */
  readonly number: number;
  readonly state: PresenceState;
  /** By the store's own clock: a sandbox cannot move a browser's timers. */
  readonly heardAt: number;
}

/** How long a window that is seen may be silent. It says every few seconds that it is there. */
const LONGEST_SILENCE = 10 * SECOND;

/**
 * Whether the window is there, as far as anybody knows. One that is seen has to say so; a hidden one may be silent for as
 * long as the attempt lives, since browsers stop its timers.
 */
export function isThere({ state, heardAt }: Presence, now: number): boolean {
  return state === 'hidden' || (state === 'visible' && now - heardAt < LONGEST_SILENCE);
}
