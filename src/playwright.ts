import { type RunningBonin, type StartOptions, startBonin } from './testing.ts';

/*
 * A fixture of Playwright, without its package: `const test = base.extend<{}, BoninFixture>(boninFixture())`.
 */

/** What a test gets. */
export interface BoninFixture {
  /** The sandbox of this worker; nobody else uses it. Its data stays from test to test: see `reset`. */
  readonly bonin: RunningBonin;
}

/** Starts one sandbox for each worker, before its first test that asks for `bonin`, and closes it after the last one. */
export function boninFixture(options: StartOptions = {}): {
  bonin: [
    (fixtures: object, use: (bonin: RunningBonin) => Promise<void>) => Promise<void>,
    { scope: 'worker' },
  ];
} {
  return {
    bonin: [
      // Playwright reads the names of the fixtures that this one needs from the pattern.
      // biome-ignore lint/correctness/noEmptyPattern: there are none
      async ({}, use) => {
        const bonin = await startBonin(options);
        try {
          await use(bonin);
        } finally {
          await bonin.close();
        }
      },
      { scope: 'worker' },
    ],
  };
}
