import type { AttemptEnd } from '../../core/attempt.ts';
import type { Store } from '../../core/store.ts';
import { type WatchVerb, watchStore } from '../../core/watched-store.ts';
import { toAppError } from '../../errors.ts';
import { attempt } from '../../http/guards.ts';
import { type Instruments, OWN_FAULTS } from './instruments.ts';

/** The same store, whose calls are timed, and counted by what they return. */
export function measureStore(
  store: Store,
  engine: string,
  instruments: Instruments,
  report: (error: unknown) => void,
): Store {
  const count = (work: () => void) => attempt(work, undefined, report);
  const { storeSeconds, storeErrors, otps, attemptsStarted, attemptsEnded } = instruments;
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
  const timed = watchStore(store, watch, report);
  return {
    ...timed,
    attempts: {
      ...timed.attempts,
      async create(...parameters) {
        const isNew = await timed.attempts.create(...parameters);
        if (isNew) count(() => attemptsStarted.inc());
        return isNew;
      },
      async end(ending) {
        const ended = await timed.attempts.end(ending);
        if (!ended) return false;
        count(() => {
          const end = JSON.parse(ending.end) as AttemptEnd;
          attemptsEnded.inc({ end: end.certified ? 'CERTIFIED' : end.word });
          if (end.certified) otps.inc({ surface: 'page', outcome: 'certified' });
        });
        return true;
      },
      async endLate(late) {
        const ended = await timed.attempts.endLate(late);
        if (ended > 0) count(() => attemptsEnded.inc({ end: 'EXPIRED' }, ended));
        return ended;
      },
    },
  };
}
