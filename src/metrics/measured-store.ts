import type { AttemptEnd } from '../core/attempt.ts';
import type { Store } from '../core/store.ts';
import { type StoreVerb, watchStore } from '../core/watched-store.ts';
import { toAppError } from '../errors.ts';
import type { Instruments } from './instruments.ts';
import { kept } from './kept.ts';

/** The same store, whose calls are timed, and counted by what they give back. */
export function measureStore(store: Store, engine: string, instruments: Instruments): Store {
  const { storeSeconds, storeErrors, tokens, otps, attemptsStarted, attemptsEnded } = instruments;
  const clocks = new Map<StoreVerb, (seconds: number) => void>();
  const clockOf = (verb: StoreVerb) => kept(clocks, verb, () => storeSeconds.labels(engine, verb).observe);
  const timed = watchStore(store, async (verb, call) => {
    const startedAt = performance.now();
    try {
      return await call();
    } catch (thrown) {
      storeErrors.inc({ engine, verb, code: toAppError(thrown).code });
      throw thrown;
    } finally {
      clockOf(verb)((performance.now() - startedAt) / 1000);
    }
  });
  return {
    ...timed,
    async issueToken(request) {
      const token = await timed.issueToken(request);
      const isFresh = Buffer.compare(token.nonce, request.fresh.nonce) === 0;
      tokens.inc({ outcome: isFresh ? 'issued' : 'reused' });
      return token;
    },
    attempts: {
      ...timed.attempts,
      async create(attempt, certification, secrets) {
        const isNew = await timed.attempts.create(attempt, certification, secrets);
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
    },
  };
}
