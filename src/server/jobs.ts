import { sweep } from '../core/retention.ts';
import type { Logger } from '../log.ts';
import type { Services } from './services.ts';

/** Recurring work of a process. */
export interface Jobs {
  /** Stops the recurring work and waits for a run that is in progress. */
  stop(): Promise<void>;
}

/** In milliseconds. What was typed for a certification that ended is deleted within a minute. */
const SWEEP_EVERY = 30_000;

/** Starts the recurring work: deletes what is kept no longer. `keepUnverified` is in milliseconds. */
export function startJobs({ store, clock, hooks }: Services, keepUnverified: number, log: Logger): Jobs {
  return repeat(SWEEP_EVERY, async () => {
    try {
      await sweep({ store, clock, keepUnverified, hooks });
    } catch (error) {
      log.error({ error }, 'sweeping failed');
    }
  });
}

/** Runs the work at once, and again after a pause in milliseconds from the end of each run. */
function repeat(pause: number, work: () => Promise<void>): Jobs {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = async () => {
    await work();
    if (isStopped) return;
    timer = setTimeout(() => {
      running = run();
    }, pause);
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
