import type { Store } from '../../core/store.ts';
import { type WatchVerb, watchStore } from '../../core/watched-store.ts';
import { toAppError } from '../../errors.ts';
import { type Instruments, OWN_FAULTS } from './instruments.ts';

/** The same store, whose calls are timed, and whose errors are counted. */
export function measureStore(
  store: Store,
  engine: string,
  instruments: Instruments,
  report: (error: unknown) => void,
): Store {
  const { storeSeconds, storeErrors } = instruments;
  const watch: WatchVerb = (verb) => {
    const seconds = storeSeconds.of(engine, verb);
    for (const code of OWN_FAULTS) storeErrors.inc({ engine, verb, code }, 0);
    return () => {
      const startedAt = performance.now();
      return (thrown) => {
        seconds.observe((performance.now() - startedAt) / 1000);
        if (thrown !== undefined) storeErrors.inc({ engine, verb, code: toAppError(thrown).code });
      };
    };
  };
  return watchStore(store, watch, report);
}
