import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinned } from './cores.ts';
import type { LoadResult, Order, PrepareOrder, RunOrder } from './load.ts';
import { track } from './server-process.ts';

const PROGRAM = fileURLToPath(new URL('./load.ts', import.meta.url));

/** The load generator as seen from here. One order at a time. */
export interface LoadProcess {
  prepare(order: Omit<PrepareOrder, 'kind'>): Promise<void>;
  run(order: Omit<RunOrder, 'kind'>): Promise<LoadResult>;
  stop(): void;
}

export function startLoad(core: number | undefined): LoadProcess {
  const [command, ...rest] = pinned(core, [process.execPath, PROGRAM]);
  const child = track(spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)));
  });
  // Rejected also when it is stopped, where nobody waits for it.
  failed.catch(() => undefined);
  const ask = async (order: Order): Promise<unknown> => {
    child.send(order);
    const [answer] = await Promise.race([once(child, 'message'), failed]);
    return answer;
  };
  return {
    async prepare(order) {
      await ask({ kind: 'prepare', ...order });
    },
    async run(order) {
      return (await ask({ kind: 'run', ...order })) as LoadResult;
    },
    stop() {
      child.disconnect();
    },
  };
}
