import type { ServiceHooks } from '../../core/hooks.ts';
import type { OpenDatabase, Store } from '../../core/store.ts';
import { type WatchVerb, watchStore } from '../../core/watched-store.ts';
import { toAppError } from '../../errors.ts';
import { attempt, reportOnce } from '../../http/guards.ts';
import type { Observer } from '../../http/observer.ts';
import type { Route } from '../../http/routes.ts';
import type { Logger } from '../../log.ts';
import { readVersion } from '../../version.ts';
import { addGauges } from './gauges.ts';
import { createInstruments, type Instruments, type MetricRecord, OWN_FAULTS } from './instruments.ts';
import { listenForScrapes, type MetricsAddress, type MetricsListener } from './listener.ts';
import { observeRequests } from './requests.ts';

export interface MetricsAbout {
  readonly mode: 'dev' | 'serve';
  /** Kind of database, as in `postgresql`. */
  readonly engine: string;
  /** Gets the first failure of what counts. */
  readonly log: Logger;
}

/** The figures of one application. */
export interface Metrics {
  /** What counts requests, those to these routes from zero. Called once. */
  observe(routes: readonly Route[]): Observer;
  /** The store of the database, measured. Called once. */
  measureStore(database: Pick<OpenDatabase, 'store' | 'pool'>): Store;
  /** Counts what the services do. */
  readonly hooks: ServiceHooks;
  /** All figures of this process, in the text form of Prometheus. */
  text(): Promise<string>;
  /** The same for a primary, which adds up the figures of its workers. */
  records(): Promise<readonly MetricRecord[]>;
}

export function createMetrics({ mode, engine, log }: MetricsAbout): Metrics {
  const instruments = createInstruments({ version: readVersion(), mode, engine });
  const { registry } = instruments;
  const report = reportOnce(log, 'metrics');
  return {
    observe: (routes) => observeRequests(instruments, routes),
    measureStore({ store, pool }) {
      addGauges(registry, store, pool);
      return measureStore(store, engine, instruments, report);
    },
    hooks: countServices(instruments, report),
    text: () => registry.metrics(),
    records: () => registry.getMetricsAsJSON(),
  };
}

function countServices(instruments: Instruments, report: (error: unknown) => void): ServiceHooks {
  const { tokens, otps, attemptsStarted, attemptsEnded, jobRuns, jobNextRun, jobLastRun } = instruments;
  const guarded = (count: () => void) => attempt(count, undefined, report);
  return {
    tokenIssued: (isNew) => guarded(() => tokens.inc({ outcome: isNew ? 'issued' : 'reused' })),
    otpCalled: (surface, outcome) => guarded(() => otps.inc({ surface, outcome })),
    agencyAsked(adapter, question) {
      const askedAt = performance.now();
      return (outcome) =>
        guarded(() => {
          const { agencyCalls, agencySeconds, agencyLastSuccess } = instruments;
          agencyCalls.inc({ adapter, question, outcome });
          agencySeconds.of(adapter, question).observe((performance.now() - askedAt) / 1000);
          if (outcome === 'done') agencyLastSuccess.set({ adapter, question }, Date.now() / 1000);
        });
    },
    resultUnclear() {},
    securityEvent: ({ kind }) => guarded(() => instruments.securityEvents.inc({ kind })),
    attemptStarted: () => guarded(() => attemptsStarted.inc()),
    attemptsEnded: (end, count) => guarded(() => attemptsEnded.inc({ end }, count)),
    jobSeen: (job, { dueAt, last }) =>
      guarded(() => {
        jobNextRun.set({ job }, dueAt / 1000);
        if (last !== null) jobLastRun.set({ job, outcome: last.outcome }, last.endedAt / 1000);
      }),
    jobEnded: (job, outcome) => guarded(() => jobRuns.inc({ job, outcome })),
  };
}

/** The same store, whose calls are timed, and whose errors are counted. */
function measureStore(
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

/** Shows the figures at an address, or sends them to the primary of the cluster. */
export async function showMetrics(
  metrics: Metrics,
  where: MetricsAddress | 'in-worker',
  log: Logger,
): Promise<MetricsListener | null> {
  if (where !== 'in-worker') return listenForScrapes(where, metrics.text, log);
  const { tellPrimary } = await import('./cluster.ts');
  tellPrimary(metrics.records);
  return null;
}
