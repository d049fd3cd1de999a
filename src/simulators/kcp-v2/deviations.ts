import type { TransportDeviation } from '../script.ts';

export type Step = 'register' | 'query';

/** What the simulator does at a step instead of its best. */
export interface Deviation extends TransportDeviation {
  /** Members of the answer instead; undefined leaves one out. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Members of the encrypted payload instead; only for `query`. */
  readonly payload?: Readonly<Record<string, unknown>>;
  /** These bytes instead of the answer. */
  readonly body?: string | Uint8Array;
}
