import { setTimeout as sleep } from 'node:timers/promises';
import { NO_HOOKS } from '../../src/core/hooks.ts';
import { createLog } from '../../src/log.ts';
import { startJob } from '../../src/server/jobs.ts';
import { openStore } from '../../src/storage/index.ts';
import { SHARED_MARK } from './shared-mark.ts';

/*
 * Takes part in a job of several processes until it is killed, or told to stop. Prints a line when a run begins and one
 * when it ends. Times are milliseconds: the pause between runs, the lease, and how long a run takes.
 */

const [url = '', ...times] = process.argv.slice(2);
const [pause = 0, lease = 0, length = 0] = times.map(Number);
const store = await openStore(url, SHARED_MARK);
const tell = (what: string) => void process.stdout.write(`${what} ${store.clock.now()}\n`);
const jobs = startJob(
  {
    name: 'sweep',
    pause,
    failure: 'failed',
    async run() {
      tell('begin');
      await sleep(length);
      tell('end');
    },
  },
  { store, hooks: NO_HOOKS, log: createLog('silent'), lease },
);
// The timers of a job alone keep no process alive.
process.stdin.resume();
process.once('SIGTERM', async () => {
  await jobs.stop();
  await store.close();
  process.exit(0);
});
