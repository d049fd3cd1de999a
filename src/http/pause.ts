import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so many milliseconds; no longer once `stop` is aborted, for what is stopping waits for nobody. */
export async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || stop.aborted) return;
  // It rejects when it is cut short, and only then.
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => {});
}
