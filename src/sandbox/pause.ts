import { setTimeout as sleep } from 'node:timers/promises';

/** Waits this many milliseconds, or until `stop` is aborted. */
export async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || stop.aborted) return;
  // It rejects only when `stop` is aborted.
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => {});
}
