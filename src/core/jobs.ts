/** Recurring work. Of several processes on one database one does it at a time. */
export const JOB_NAMES = ['sweep'] as const;
export type JobName = (typeof JOB_NAMES)[number];

/**
 * A process that wants to run a job, or is running it and needs more time. A lease or due time that is too far in the
 * future was written with a wrong clock and counts as over. The limit is twice the possible length, because the clocks
 * of two nodes differ.
 */
export interface JobTake {
  readonly name: JobName;
  /** Random bytes of the process. */
  readonly owner: Uint8Array;
  readonly now: number;
  /** How long the job is the owner's, in milliseconds: a process that dies loses it after that. */
  readonly lease: number;
  /** Pause from the end of a run to the next one, in milliseconds. */
  readonly pause: number;
}

export interface JobState {
  /** From when on it may run next. */
  readonly dueAt: number;
  /** When the last run ended, and how; null before the first one. */
  readonly last: { readonly endedAt: number; readonly outcome: JobOutcome } | null;
}

export type JobOutcome = 'done' | 'failed';

export interface JobEnd {
  readonly name: JobName;
  readonly owner: Uint8Array;
  readonly endedAt: number;
  readonly outcome: JobOutcome;
  readonly dueAt: number;
}

/** Reads the outcome of a row; null for what was not written here. */
export function toJobState(dueAt: number, endedAt: number | null, outcome: string | null): JobState {
  const known = outcome === 'done' || outcome === 'failed' ? outcome : null;
  return { dueAt, last: endedAt === null || known === null ? null : { endedAt, outcome: known } };
}
