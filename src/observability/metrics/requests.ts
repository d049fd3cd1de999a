import type { Answered, ArrivedRequest, Observation, Observer } from '../../http/observer.ts';
import type { Route } from '../../http/routes.ts';
import { type Instruments, OWN_FAULTS } from './instruments.ts';
import type { Count, Distribution } from './tallies.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
const OTHER = 'other';
const UNKNOWN = 'unknown';

/** The counts for one method and one route. */
interface Figures {
  readonly seconds: Distribution;
  readonly byStatus: Map<number, Count>;
}

/** Statuses that the dashboard and the alerts use. */
const WATCHED_STATUSES = [200, 500, 503];

/** Counts requests by the route that they matched, never by their target. The counters of `routes` start at zero. */
export function observeRequests(
  { requests, requestSeconds, refusals, tokens }: Instruments,
  routes: readonly Route[],
): Observer {
  const known = new Map<string, Map<string, Figures>>();

  const figuresOf = (method: string, route: string): Figures => {
    const found = known.get(route)?.get(method);
    if (found !== undefined) return found;
    const figures = { seconds: requestSeconds.of(method, route), byStatus: new Map<number, Count>() };
    const ofRoute = known.get(route) ?? new Map<string, Figures>();
    known.set(route, ofRoute.set(method, figures));
    return figures;
  };

  for (const { path, methods } of routes) {
    for (const method of Object.keys(methods)) {
      figuresOf(method, path);
      for (const status of WATCHED_STATUSES) requests.of(method, path, String(status));
    }
    for (const code of OWN_FAULTS) refusals.inc({ route: path, code }, 0);
  }

  const count = (method: string, route: string, { status, error }: Answered, seconds: number | null) => {
    const { seconds: distribution, byStatus } = figuresOf(method, route);
    if (seconds !== null) distribution.observe(seconds);
    const ofStatus = byStatus.get(status) ?? requests.of(method, route, String(status));
    if (ofStatus.value++ === 0) byStatus.set(status, ofStatus);
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
          const seconds = (performance.now() - startedAt) / 1000;
          count(METHODS.has(method) ? method : OTHER, route ?? UNKNOWN, answered, seconds);
        },
      };
    },
    refused: (answered) => count(OTHER, UNKNOWN, answered, null),
  };
}
