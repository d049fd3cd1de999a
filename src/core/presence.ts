import { SECOND } from './clock.ts';

/*
 * Whether the popup of an attempt is still open. The shop's page cannot know: its browser may have cut it off from the
 * popup, which then looks closed. So each screen reports to the server whether its window is visible. Reports are
 * numbered, so that they may arrive in any order: a newer screen starts at a higher number, and the server takes a
 * report only when its number is higher than the last one and belongs to the newest screen.
 */

/** How many reports a screen can number. */
export const REPORTS_PER_SCREEN = 1_000_000;

export const PRESENCES = ['visible', 'hidden', 'gone'] as const;
/** What a window says of itself. Before its first screen it counts as gone. */
export type PresenceState = (typeof PRESENCES)[number];

/** What was heard last of an attempt's window. */
export interface Presence {
  /** Of the newest report, or the one from which the newest screen counts on. */
  readonly number: number;
  readonly state: PresenceState;
  /** By the store's own clock: a sandbox cannot move a browser's timers. */
  readonly heardAt: number;
}

/** How long a visible window may be silent. */
const LONGEST_SILENCE = 10 * SECOND;

/**
 * Whether the window is open, as far as the server knows. A visible window has to say so every few seconds. A hidden
 * one may be silent as long as the attempt lives, since browsers stop its timers.
 */
export function isThere({ state, heardAt }: Presence, now: number): boolean {
  return state === 'hidden' || (state === 'visible' && now - heardAt < LONGEST_SILENCE);
}
