import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { FAILURE_REASONS } from '../../core/attempt.ts';
import { type OtpOutcome, SECURITY_EVENTS } from '../../core/hooks.ts';
import { JOB_NAMES } from '../../core/jobs.ts';
import { type ErrorCode, REFUSALS } from '../../errors.ts';
import { addCounter, addHistogram } from './tallies.ts';

/** Upper bounds in seconds: for requests over the network, and for calls of a store in this process. */
const REQUEST_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** For questions to agencies, of which the slowest may take 55 seconds. */
const AGENCY_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];
const STORE_BUCKETS = [0.00005, 0.0001, 0.00025, ...REQUEST_BUCKETS];

/**
 * Every outcome of an OTP call. Each is counted from zero, because an alert cannot see a series that does not exist.
 */
const OTP_OUTCOMES: readonly OtpOutcome[] = [
  'requested',
  'certified',
  'parameters_missing',
  'parameter_invalid',
  'channel_not_found',
  'certification_not_found',
  'otp_wrong',
  'otp_tries_spent',
  'otp_late',
  'otp_superseded',
  'otp_not_requested',
  'already_certified',
  'certification_failed',
  'app_not_approved',
  'rate_limited',
  'resend_too_soon',
  ...REFUSALS,
  'invented_person',
  'unreadable_answer',
  'provider_unavailable',
  'provider_misconfigured',
  'sealed_data_unreadable',
  'store_failed',
  'store_unavailable',
  'internal',
];

const TOKEN_OUTCOMES = ['issued', 'reused', 'refused', 'invalid'] as const;
/** Internal errors that an operator must know about; counted by route and by verb of the store. */
export const OWN_FAULTS: readonly ErrorCode[] = [
  'internal',
  'store_failed',
  'store_unavailable',
  'sealed_data_unreadable',
  'invented_person',
  'provider_misconfigured',
];

/** Label values come from lists in the code, never from callers, so the number of series is limited. */
export type Instruments = ReturnType<typeof createInstruments>;

/** All metrics in a registry of their own, with those of prom-client about the process. */
export function createInstruments(about: {
  readonly version: string;
  readonly mode: string;
  readonly engine: string;
}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const build = new Gauge({
    name: 'bonin_build_info',
    help: 'What runs; always 1.',
    labelNames: ['version', 'node', 'mode', 'engine'] as const,
    aggregator: 'first',
    registers,
  });
  build.set({ ...about, node: process.versions.node }, 1);
  const processes = new Gauge({
    name: 'bonin_processes',
    help: 'Processes that serve and are counted here: of several workers the sum.',
    registers,
  });
  processes.set(1);
  const instruments = {
    registry,
    requests: addCounter(registry, {
      name: 'bonin_http_requests_total',
      help: 'Requests by method, route and status; status 0 is a connection that was cut.',
      labels: ['method', 'route', 'status'],
    }),
    requestSeconds: addHistogram(
      registry,
      {
        name: 'bonin_http_request_duration_seconds',
        help: 'From the head of a request to its answer, in seconds.',
        labels: ['method', 'route'],
      },
      REQUEST_BUCKETS,
    ),
    refusals: new Counter({
      name: 'bonin_http_refusals_total',
      help: 'Requests that were refused, by route and reason.',
      labelNames: ['route', 'code'] as const,
      registers,
    }),
    tokens: new Counter({
      name: 'bonin_tokens_total',
      help: 'Access tokens: issued, reused, refused (wrong key pair), invalid (presented and not good).',
      labelNames: ['outcome'] as const,
      registers,
    }),
    otps: new Counter({
      name: 'bonin_otp_total',
      help: 'OTP calls of the API and the page, by what became of them: requested, certified, or why not.',
      labelNames: ['surface', 'outcome'] as const,
      registers,
    }),
    agencyCalls: new Counter({
      name: 'bonin_agency_calls_total',
      help: 'Questions to agencies by adapter, question (request, confirm, begin, complete) and outcome: done, or why not.',
      labelNames: ['adapter', 'question', 'outcome'] as const,
      registers,
    }),
    agencySeconds: addHistogram(
      registry,
      {
        name: 'bonin_agency_call_duration_seconds',
        help: 'From a question to an agency to its answer, all tries included, in seconds.',
        labels: ['adapter', 'question'],
      },
      AGENCY_BUCKETS,
    ),
    agencyLastSuccess: new Gauge({
      name: 'bonin_agency_last_success_timestamp_seconds',
      help: 'When an agency last answered a question, in epoch seconds.',
      labelNames: ['adapter', 'question'] as const,
      aggregator: 'max',
      registers,
    }),
    securityEvents: new Counter({
      name: 'bonin_security_events_total',
      help: 'Returns from the windows of agencies that were refused, and results about somebody else, by kind.',
      labelNames: ['kind'] as const,
      registers,
    }),
    attemptsStarted: new Counter({
      name: 'bonin_page_attempts_started_total',
      help: 'Attempts of the verification page that were started.',
      registers,
    }),
    attemptsEnded: new Counter({
      name: 'bonin_page_attempts_ended_total',
      help: 'Attempts of the verification page that ended, CERTIFIED or by the reason that the shop is told.',
      labelNames: ['end'] as const,
      registers,
    }),
    jobRuns: new Counter({
      name: 'bonin_job_runs_total',
      help: 'Runs of recurring work by this process, by how they ended: done, failed.',
      labelNames: ['job', 'outcome'] as const,
      registers,
    }),
    jobNextRun: new Gauge({
      name: 'bonin_job_next_run_timestamp_seconds',
      help: 'When recurring work is due next, by whichever process, in epoch seconds.',
      labelNames: ['job'] as const,
      aggregator: 'max',
      registers,
    }),
    jobLastRun: new Gauge({
      name: 'bonin_job_last_run_timestamp_seconds',
      help: 'When recurring work last ended so, done or failed, by whichever process, in epoch seconds; 0 for never.',
      labelNames: ['job', 'outcome'] as const,
      aggregator: 'max',
      registers,
    }),
    storeSeconds: addHistogram(
      registry,
      {
        name: 'bonin_store_call_duration_seconds',
        help: 'Calls of the store, waiting for a connection included, in seconds.',
        labels: ['engine', 'verb'],
      },
      STORE_BUCKETS,
    ),
    storeErrors: new Counter({
      name: 'bonin_store_errors_total',
      help: 'Calls of the store that failed, by verb and reason.',
      labelNames: ['engine', 'verb', 'code'] as const,
      registers,
    }),
  };
  const { tokens, otps, attemptsEnded, securityEvents, jobRuns, jobNextRun, jobLastRun } = instruments;
  for (const outcome of TOKEN_OUTCOMES) tokens.inc({ outcome }, 0);
  for (const outcome of OTP_OUTCOMES)
    for (const surface of ['api', 'page']) otps.inc({ surface, outcome }, 0);
  for (const kind of SECURITY_EVENTS) securityEvents.inc({ kind }, 0);
  for (const end of ['CERTIFIED', ...FAILURE_REASONS]) attemptsEnded.inc({ end }, 0);
  for (const job of JOB_NAMES) {
    jobNextRun.set({ job }, 0);
    for (const outcome of ['done', 'failed']) {
      jobRuns.inc({ job, outcome }, 0);
      jobLastRun.set({ job, outcome }, 0);
    }
  }
  return instruments;
}

/** What is known of one metric, as prom-client hands it from process to process. */
export type MetricRecord = Awaited<
  ReturnType<ReturnType<typeof createInstruments>['registry']['getMetricsAsJSON']>
>[number];
