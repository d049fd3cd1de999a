import type { Attempt } from '../core/attempt.ts';
import type { Visitor } from '../core/caller.ts';
import type { Finish, SandboxPanel, Screen } from './screen.ts';

/** What a form of a screen holds, names and values as they came. */
export type Form = ReadonlyMap<string, string>;

/** What `dev` adds to the page. Elsewhere there is none of it. */
export interface PageExtras {
  /**
   * Reads the `sandbox` member of the call; anything at all may have been sent. Rejects with `input_refused` for what it
   * does not understand. The result is called with the attempt's `imp_uid` once the attempt has been started.
   */
  readChoice(value: unknown): Promise<(impUid: string) => void>;
  panel(attempt: Attempt, screen: Screen): SandboxPanel;
  /** Something else in place of the screen that is due; null for that one. */
  screen(attempt: Attempt): Screen | null;
  /** Another way out than the usual one; null for that one. */
  finish(attempt: Attempt): Finish | null;
  /** Plays what a form or the call asks for; true when nothing else is to be done with the form. */
  play(visitor: Visitor, attempt: Attempt, form: Form): Promise<boolean>;
}
