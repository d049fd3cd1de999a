/** Where the rules get the time from; handed in, so that tests and the sandbox can move it. */
export interface Clock {
  /** Milliseconds since the UNIX epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Length of one whole second of the contract in the milliseconds used inside. */
export const SECOND = 1000;

/** The start of the second that `at` lies in: the contract counts in whole seconds. */
export function wholeSecond(at: number): number {
  return Math.floor(at / SECOND) * SECOND;
}
