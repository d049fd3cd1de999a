import type { Answered, ArrivedRequest, Observation, Observer } from '../http/observer.ts';
import type { Instruments } from './instruments.ts';
import { kept } from './kept.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
const UNKNOWN = 'unknown';

/** Counts requests by what they met, never by what they asked. */
export function observeRequests(instruments: Instruments): Observer {
  const { requests, requestSeconds, refusals, tokens } = instruments;
  const newFigures = (method: string, route: string) => {
    const counters = new Map<number, ReturnType<typeof requests.labels>>();
    return {
      took: requestSeconds.labels(method, route).observe,
      ended: (status: number) =>
        kept(counters, status, () => requests.labels(method, route, String(status))).inc(),
    };
  };
  /** By route, then by method. */
  const figures = new Map<string, Map<string, ReturnType<typeof newFigures>>>();
  const figuresOf = (method: string, route: string) =>
    kept(
      kept(figures, route, () => new Map()),
      method,
      () => newFigures(method, route),
    );
  const refuse = (route: string, { error }: Answered) => {
    if (error === null) return;
    refusals.inc({ route, code: error });
    if (error === 'token_invalid') tokens.inc({ outcome: 'invalid' });
    if (error === 'credentials_wrong' || error === 'credentials_missing') tokens.inc({ outcome: 'refused' });
  };
  return {
    begin({ method, route }: ArrivedRequest): Observation {
      const startedAt = performance.now();
      return {
        run: (handle) => handle(),
        end(answered) {
          const named = route ?? UNKNOWN;
          const met = figuresOf(METHODS.has(method) ? method : 'other', named);
          met.took((performance.now() - startedAt) / 1000);
          met.ended(answered.status);
          refuse(named, answered);
        },
      };
    },
    refused(answered) {
      requests.inc({ method: 'other', route: UNKNOWN, status: String(answered.status) });
      refuse(UNKNOWN, answered);
    },
  };
}
