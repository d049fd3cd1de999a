import type { Logger } from '../log.ts';
import type { Observation, Observer } from './observer.ts';
import type { Tap } from './tap.ts';

/*
 * Those who look on, and what they throw. A request is answered the same with or without them, and the process goes
 * on.
 */

/** Says the first failure in the log, and no other: what fails once fails at every request. */
export function reportOnce(log: Logger, who: string): (error: unknown) => void {
  let isSaid = false;
  return (error) => {
    if (isSaid) return;
    isSaid = true;
    log.error({ who, error }, 'a hook of metrics, traces or tests failed; logged once');
  };
}

/** What a call returns, or something else when it fails. */
export function attempt<T, F>(call: () => T, otherwise: F, report: (error: unknown) => void): T | F {
  try {
    return call();
  } catch (error) {
    report(error);
    return otherwise;
  }
}

/** The same observer, whose failures reach the log only. */
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
          // What the handler throws is no failure of the observer, which hands it on.
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

/** The same tap, whose failures reach the log only; a fault that cannot be told is none. */
export function guardTap(tap: Tap, log: Logger): Tap {
  const report = reportOnce(log, 'tap');
  return {
    fault: (method, route, parameters) => attempt(() => tap.fault(method, route, parameters), null, report),
    seen: (request) => attempt(() => tap.seen(request), undefined, report),
  };
}
