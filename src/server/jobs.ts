import { randomBytes } from 'node:crypto';
import type { ServiceHooks } from '../core/hooks.ts';
import type { JobName, JobOutcome } from '../core/jobs.ts';
import { sweep } from '../core/retention.ts';
import type { Store } from '../core/store.ts';
import type { Logger } from '../log.ts';
import type { Services } from './services.ts';

/** Recurring work of a process. */
export interface Jobs {
  /** Stops the recurring work and waits for a run in progress. */
  stop(): Promise<void>;
}

export interface Job {
  readonly name: JobName;
  /** Pause from the end of a run to the next one, in milliseconds. */
  readonly pause: number;
  /** Log message for a failed run. */
  readonly failure: string;
  run(): Promise<void>;
}

/** In milliseconds. So the input of a certification is deleted at most a minute after its end. */
const SWEEP_PAUSE = 30_000;
/** How long a dead process keeps a job, in milliseconds. A living process renews its lease long before. */
const LEASE = 20_000;

/** Starts the recurring work: deletes data whose time is over. `keepUnverified` is in milliseconds. */
export function startJobs(services: Services, keepUnverified: number, log: Logger): Jobs {
  const { store, clock, hooks } = services;
  const sweeping: Job = {
    name: 'sweep',
    pause: SWEEP_PAUSE,
    failure: 'sweeping failed',
    run: () => sweep({ store, clock, keepUnverified, hooks }),
  };
  return startJob(sweeping, { store, hooks, log });
}

export interface JobSurroundings {
  readonly store: Store;
  readonly hooks: ServiceHooks;
  readonly log: Logger;
  /** In milliseconds. Default: 20 seconds. */
  readonly lease?: number;
}

/**
 * Runs a job whenever it is due and no other process has it. Uses the store's clock, which is the same for all
 * processes and which the sandbox cannot move.
 */
export function startJob(job: Job, { store, hooks, log, lease = LEASE }: JobSurroundings): Jobs {
  const { name, pause } = job;
  const owner = randomBytes(16);
  const take = () => store.takeJob({ name, owner, now: store.clock.now(), lease, pause });

  /** Returns when to check again, in milliseconds from now. */
  const look = async (): Promise<number> => {
    const { isTaken, ...state } = await take();
    hooks.jobSeen(name, state);
    if (!isTaken) return Math.min(pause, Math.max(state.dueAt - store.clock.now(), lease / 4));
    const outcome = await run();
    const endedAt = store.clock.now();
    const dueAt = endedAt + pause;
    hooks.jobEnded(name, outcome);
    hooks.jobSeen(name, { dueAt, last: { endedAt, outcome } });
    await store.endJob({ name, owner, endedAt, outcome, dueAt });
    return pause;
  };

  const run = async (): Promise<JobOutcome> => {
    // A lost lease does no harm: the verbs of the store are atomic, so two runs at once are correct too.
    const renewal = setInterval(() => void take().catch(() => {}), lease / 4).unref();
    try {
      await job.run();
      return 'done';
    } catch (error) {
      log.error({ error }, job.failure);
      return 'failed';
    } finally {
      clearInterval(renewal);
    }
  };

  return repeat(async () => {
    try {
      return await look();
    } catch (error) {
      log.error({ error }, job.failure);
      return pause;
    }
  });
}

/** Does the work at once, and again after the milliseconds that it returns. */
function repeat(work: () => Promise<number>): Jobs {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = async () => {
    const wait = await work();
    if (isStopped) return;
    timer = setTimeout(() => {
      running = run();
    }, wait);
    timer.unref();
  };
  let running = run();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}
