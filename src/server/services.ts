import { AttemptService } from '../core/attempt-service.ts';
import { AttemptSteps } from '../core/attempt-steps.ts';
import { CertificationService } from '../core/certification-service.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { NO_HOOKS, type ServiceHooks } from '../core/hooks.ts';
import { HostedVisits } from '../core/hosted-visits.ts';
import type { MasterKey } from '../core/key-ring.ts';
import { Limiter, type RequestLimits } from '../core/limits.ts';
import { Lookups } from '../core/lookups.ts';
import { MerchantService } from '../core/merchant-service.ts';
import { LONGEST_OPENED } from '../core/opened-rows.ts';
import { OtpService } from '../core/otp-service.ts';
import type { Providers } from '../core/provider.ts';
import type { OpenDatabase, Store } from '../core/store.ts';
import { Throttle } from '../core/throttle.ts';
import { TokenService } from '../core/token-service.ts';
import { openStoreVault, type Vault } from '../core/vault.ts';
import { isAlarm, toAppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../observability/metrics/metrics.ts';
import type { TraceSettings } from '../observability/traces/settings.ts';
import type { Traces } from '../observability/traces/traces.ts';
import { createProviders } from '../providers/index.ts';
import { engineName, markDatabase, openDatabase } from '../storage/index.ts';
import { logAgencies } from './agency-log.ts';
import type { Policy } from './policy.ts';

/** The options for the services. */
export interface ServiceOptions {
  readonly policy: Policy;
  /** `sqlite:PATH`, `sqlite::memory:` or `postgres://…`. */
  readonly databaseUrl: string;
  /** The last one wraps the data keys. */
  readonly masterKeys: readonly MasterKey[];
  readonly log: Logger;
  /**
   * This machine's clock. Default: the system's. With a database on another machine, it is corrected by the server's
   * clock.
   */
  readonly clock?: Clock;
  /** Makes the clock of the services from the store's; the sandbox can move its clock. Default: the store's. */
  readonly moveClock?: (shared: Clock) => Clock;
  /** Limits on requests for codes and for the page. Default: those of the policy. */
  readonly limits?: RequestLimits;
  /** The adapters of agencies, by their names. Default: those of `providers/index.ts`. */
  readonly providers?: Providers;
  /** Counts requests and calls. Default: false. */
  readonly countsCalls?: boolean;
  /** How long an opened certification may stay in memory, in milliseconds; 0 for not at all. Default: 30 seconds. */
  readonly keepOpened?: number;
  /** Sends traces. Default: none. */
  readonly traces?: TraceSettings | undefined;
}

/** The rules of certification on an open store. There is no HTTP here, so commands use it too. */
export interface Services {
  readonly policy: Policy;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly providers: Providers;
  readonly merchants: MerchantService;
  readonly tokens: TokenService;
  readonly certifications: CertificationService;
  readonly lookups: Lookups;
  readonly otps: OtpService;
  readonly attempts: AttemptService;
  readonly steps: AttemptSteps;
  readonly visits: HostedVisits;
  /** Called for every event that is worth counting. */
  readonly hooks: ServiceHooks;
  readonly metrics: Metrics | null;
  readonly traces: Traces | null;
  /** Answers delayed callers at once, so that a server can stop. */
  endWaits(): void;
  /** Closes the store. No call may be in progress. */
  close(): Promise<void>;
}

/** Opens the store and builds the services on it; `start_refused` with the reason if that fails. */
export async function openServices(options: ServiceOptions): Promise<Services> {
  return (await openServicesAndReset(options)).services;
}

/** The same, and a function that empties a database of `dev`. */
export async function openServicesAndReset(
  options: ServiceOptions,
): Promise<Pick<OpenDatabase, 'resetCertifications'> & { readonly services: Services }> {
  const { policy, log, databaseUrl } = options;
  const { providers = createProviders({ fetch, log: (level, ...line) => log[level](...line) }) } = options;
  const { mode, keepsInvented } = policy;
  const engine = engineName(databaseUrl);
  const metrics = options.countsCalls ? (await loadMetrics()).createMetrics({ mode, engine, log }) : null;
  const traces = options.traces ? (await loadTraces()).startTraces(options.traces, engine, log) : null;
  const { opened, vault } = await openSealedStore(options);
  const measured = metrics?.measureStore(opened) ?? opened.store;
  const store = traces?.traceStore(measured) ?? measured;
  const clock = options.moveClock?.(store.clock) ?? store.clock;
  const limits = options.limits ?? policy.limits;
  const merchants = new MerchantService(store, vault, clock, providers, policy.allowsTestChannels);
  const throttle = policy.slowsGuessing ? new Throttle(clock) : null;
  const hooks = logAgencies(metrics?.hooks ?? NO_HOOKS, log);
  const otpOptions = {
    store,
    vault,
    clock,
    providers,
    merchants,
    limiter: new Limiter({ store, vault, clock, limits }),
    keepsInvented,
    forgiveChannel: policy.forgivesChannels
      ? (taken: string) => log.warn({ taken }, 'unknown channel; another one is taken')
      : null,
    hooks,
  };
  const attempts = new AttemptService(otpOptions);
  const tokens = new TokenService(store, vault, clock, throttle, hooks);
  const { keepOpened = LONGEST_OPENED } = options;
  const lookups = new Lookups({ store, vault, clock, tokens, keepOpened, watch: traces?.watchLookup });
  const services: Services = {
    policy,
    store,
    vault,
    clock,
    providers,
    merchants,
    tokens,
    certifications: new CertificationService(store, vault, clock, keepsInvented),
    lookups,
    otps: new OtpService(otpOptions),
    attempts,
    steps: new AttemptSteps(attempts, otpOptions),
    visits: new HostedVisits(attempts, otpOptions),
    hooks,
    metrics,
    traces,
    endWaits: () => throttle?.close(),
    async close() {
      lookups.close();
      await store.close();
      await traces?.close();
    },
  };
  return { services, resetCertifications: opened.resetCertifications };
}

/** Opens the store with its data keys, and wraps them with the newest master key. Altered keys raise an alarm. */
async function openSealedStore({ policy, databaseUrl, masterKeys, clock, log }: ServiceOptions) {
  try {
    const opened = await openDatabase(
      databaseUrl,
      markDatabase(masterKeys, policy.mode, undefined, clock ?? systemClock),
      clock,
    );
    try {
      return { opened, vault: await openStoreVault(opened.store, masterKeys, policy.mode) };
    } catch (error) {
      await opened.store.close();
      throw error;
    }
  } catch (thrown) {
    const error = toAppError(thrown);
    if (isAlarm(error)) log.error({ alarm: true, error }, 'the data keys cannot be used');
    throw thrown;
  }
}

// Loaded only on demand, because they need packages that a start without them should not read.
const loadMetrics = () => import('../observability/metrics/metrics.ts');
const loadTraces = () => import('../observability/traces/traces.ts');
