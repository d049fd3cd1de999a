import { OUTCOMES } from '../../page/sandbox-copy.ts';
import type { SandboxPanel } from '../../page/screen.ts';

export type Outcome = keyof typeof OUTCOMES;
/** What the outcome picker offers, in its order. */
export const OUTCOME_IDS = Object.keys(OUTCOMES) as readonly Outcome[];

/** What the call of the shop chose in advance. */
export interface Choice {
  readonly person: string | null;
  readonly outcome: Outcome | null;
  readonly auto: boolean;
  /** Milliseconds before each step. */
  readonly delay: number;
  readonly picker: SandboxPanel['picker'];
}

export const NO_CHOICE: Choice = { person: null, outcome: null, auto: false, delay: 0, picker: 'folded' };
