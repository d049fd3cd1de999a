import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `probe` says true, looking again every `pause` milliseconds; false when patience runs out. */
export async function eventually(
  probe: () => boolean | Promise<boolean>,
  patience = 30_000,
  pause = 50,
): Promise<boolean> {
  const end = Date.now() + patience;
  for (;;) {
    if (await probe()) return true;
    if (Date.now() >= end) return false;
    await sleep(pause);
  }
}
