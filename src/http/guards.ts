import type { Logger } from '../log.ts';
import type { Observation, Observer } from './observer.ts';

/*
 * Guards around the hooks of metrics, traces and the sandbox. An error of a hook changes no answer and does not end the
 * process.
 */

/** Logs only the first failure: a hook that fails once fails at every request. */
export function reportOnce(log: Logger, who: string): (error: unknown) => void {
  let isSaid = false;
  return (error) => {
    if (isSaid) return;
    isSaid = true;
    log.error({ who, error }, 'a hook of metrics, traces or the sandbox failed; logged once');
  };
}

/** Returns the result of a call, or `otherwise` when it throws. */
export function attempt<T, F>(call: () => T, otherwise: F, report: (error: unknown) => void): T | F {
  try {
    return call();
  } catch (error) {
    report(error);
    return otherwise;
  }
}

/** Returns the same observer; its errors are only logged. */
export function guardObserver(observer: Observer, log: Logger): Observer {
  const report = reportOnce(log, 'observer');
  const guard = (observation: Observation): Observation => ({
    run<T>(handle: () => Promise<T>): Promise<T> {
      let running: Promise<T> | null = null;
      // An observer may fail before its call of this, after it, or instead; it may also call twice.
      const once = (): Promise<T> => {
        running ??= (async () => handle())();
        return running;
      };
      const seen = attempt(() => observation.run(once), null, report);
      const own = once();
      if (seen !== own)
        Promise.resolve(seen).then(undefined, (error: unknown) =>
          // An error of the handler passes through the observer and is not the observer's failure.
          own.then(
            () => report(error),
            () => {},
          ),
        );
      return own;
    },
    end: (answered) => attempt(() => observation.end(answered), undefined, report),
  });
  return {
    begin(request) {
      const observation = attempt(() => observer.begin(request), null, report);
      return observation === null ? UNSEEN : guard(observation);
    },
    refused: (answered) => attempt(() => observer.refused(answered), undefined, report),
  };
}

const UNSEEN: Observation = { run: (handle) => handle(), end: () => {} };
