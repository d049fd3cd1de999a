import fc from 'fast-check';
import type { StoreVerb } from '../../src/core/watched-store.ts';
import { Client } from '../support/client.ts';
import { apiTwists, pageTwists } from './inner-schedules.ts';
import { type ModelAppOptions, startModelApp } from './model-app.ts';
import { pageSchedules } from './page-schedules.ts';
import { newTally, Runner, type Tally } from './run-schedule.ts';
import { apiSchedules, type Step } from './schedules.ts';
import type { Limits } from './world.ts';

/** Constant, so that a failure here is the same failure everywhere. */
export const RANDOM_SEED = 20_260_314;
/** When the first schedule begins, in epoch seconds. */
export const FIRST_DAY = 1_800_000_000;

/** Small enough to be reached in a schedule. */
const LIMITS: Limits = {
  phone: { count: 3, window: 600 },
  phoneEverywhere: { count: 4, window: 600 },
  merchant: { count: 5, window: 60 },
  address: { count: 5, window: 600 },
};

const API = apiSchedules(...apiTwists);
const PAGE = pageSchedules(...pageTwists);

/** What is played against a server in this process. */
export const PLAYS = {
  'the API': { schedules: API, limits: null },
  'the page': { schedules: PAGE, limits: null },
  'both, with limits': { schedules: fc.oneof(PAGE, API), limits: LIMITS },
} as const satisfies Record<string, { schedules: fc.Arbitrary<readonly Step[]>; limits: Limits | null }>;
export type PlayName = keyof typeof PLAYS;

/** What was reached, and how often each verb of the store met others. */
export interface Played extends Tally {
  readonly meetings: ReadonlyMap<StoreVerb, number>;
}

/** Plays so many schedules against a server of its own; rejects with the first that the contract does not explain. */
export async function play(
  name: PlayName,
  count: number,
  options: Partial<Pick<ModelAppOptions, 'seed' | 'databaseUrl'>> = {},
): Promise<Played> {
  const { schedules, limits } = PLAYS[name];
  const { seed = RANDOM_SEED } = options;
  const app = await startModelApp({ seed, ...options, limits });
  const client = new Client(app.url);
  const tally = newTally();
  const runner = new Runner([client], app, tally, FIRST_DAY);
  try {
    await check(schedules, runner, count, seed);
  } finally {
    client.close();
    await app.close();
  }
  return { ...tally, meetings: app.meetings };
}

/** Has a runner try so many schedules. */
export async function check(
  schedules: fc.Arbitrary<readonly Step[]>,
  runner: Runner,
  count: number,
  seed: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(schedules, (steps) => runner.run(steps)),
    { seed, numRuns: count },
  );
}

/** One line for the reader: how much was tried, and what was reached. */
export function tell(name: string, seed: number, tally: Tally, started: number): string {
  const { schedules, requests, crowds, forks, outcomes } = tally;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const reached = [...outcomes].toSorted().map(([outcome, times]) => `${outcome} ${times}`);
  return (
    `model, ${name}: seed ${seed}, ${schedules} schedules, ${requests} calls, ${crowds} crowds, ` +
    `${forks} times more than one world, ${seconds} s; ${reached.join(', ')}\n`
  );
}
