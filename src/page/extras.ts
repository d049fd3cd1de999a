import type { Attempt } from '../core/attempt.ts';
import type { Visitor } from '../core/caller.ts';
import type { Finish, SandboxPanel, Screen } from './screen.ts';

/** The content of a form: names and values as sent. */
export type Form = ReadonlyMap<string, string>;

/** What `dev` adds to the page; `serve` has none of it. */
export interface PageExtras {
  /**
   * Reads the `sandbox` member of the call, which may be any value. Rejects with `input_refused` for a value that it
   * does not know. The result must be called with the attempt's `imp_uid` after the attempt was started.
   */
  readChoice(value: unknown): Promise<(impUid: string) => void>;
  panel(attempt: Attempt, screen: Screen): SandboxPanel;
  /** A screen instead of the usual one; null for the usual one. */
  screen(attempt: Attempt): Screen | null;
  /** A way to leave the page instead of the usual one; null for the usual one. */
  finish(attempt: Attempt): Finish | null;
  /** Does what a form or the call chose; true if the form needs no further handling. */
  play(visitor: Visitor, attempt: Attempt, form: Form): Promise<boolean>;
}
