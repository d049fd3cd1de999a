import type { AttemptEnd } from '../core/attempt.ts';
import type { Store } from '../core/store.ts';
import { watchStore } from '../core/watched-store.ts';
import { toAppError } from '../errors.ts';
import type { Instruments } from './instruments.ts';

/** The same store, whose calls are timed, and counted by what they give back. */
export function measureStore(store: Store, engine: string, instruments: Instruments): Store {
  const { storeSeconds, storeErrors, otps, attemptsStarted, attemptsEnded } = instruments;
  const timed = watchStore(store, (verb) => {
    const seconds = storeSeconds.of(engine, verb);
    return () => {
      const startedAt = performance.now();
      return (thrown) => {
        seconds.observe((performance.now() - startedAt) / 1000);
        if (thrown !== undefined) storeErrors.inc({ engine, verb, code: toAppError(thrown).code });
      };
    };
  });
  return {
    ...timed,
    attempts: {
      ...timed.attempts,
      async create(attempt, certification) {
        const isNew = await timed.attempts.create(attempt, certification);
        if (isNew) attemptsStarted.inc();
        return isNew;
      },
      async end(ending) {
        const ended = await timed.attempts.end(ending);
        if (!ended) return false;
        const end = JSON.parse(ending.end) as AttemptEnd;
        attemptsEnded.inc({ end: end.certified ? 'CERTIFIED' : end.word });
        if (end.certified) otps.inc({ surface: 'page', outcome: 'certified' });
        return true;
      },
      async endLate(late) {
        const ended = await timed.attempts.endLate(late);
        if (ended > 0) attemptsEnded.inc({ end: 'EXPIRED' }, ended);
        return ended;
      },
    },
  };
}
