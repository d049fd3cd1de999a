import { renderError } from '../api/v1/errors.ts';
import { v1Routes } from '../api/v1/index.ts';
import { describeApi, type Supplement } from '../api/v1/reference/openapi.ts';
import { AttemptService } from '../core/attempt-service.ts';
import { CertificationService } from '../core/certification-service.ts';
import type { Clock } from '../core/clock.ts';
import { Limiter, REQUEST_LIMITS, type RequestLimits } from '../core/limits.ts';
import { MerchantService } from '../core/merchant-service.ts';
import { OtpService, type OtpServiceOptions } from '../core/otp-service.ts';
import type { Providers } from '../core/provider.ts';
import { sweep } from '../core/retention.ts';
import type { Store } from '../core/store.ts';
import { Throttle } from '../core/throttle.ts';
import { TokenService } from '../core/token-service.ts';
import { type MasterKey, Vault } from '../core/vault.ts';
import type { CorsPolicy } from '../http/answers.ts';
import type { Surface } from '../http/routes.ts';
import { HttpServer } from '../http/server.ts';
import type { Tap } from '../http/tap.ts';
import type { TlsOptions } from '../http/tls.ts';
import type { Logger } from '../log.ts';
import type { MetricsAddress, MetricsListener } from '../observability/metrics/listener.ts';
import type { TraceSettings } from '../observability/traces/settings.ts';
import type { PageExtras } from '../page/extras.ts';
import { pageRoutes } from '../page/routes.ts';
import { scriptRoutes } from '../page/scripts.ts';
import { referenceRoutes } from '../reference/routes.ts';
import { engineName, openStore } from '../storage/index.ts';
import { healthRoutes } from './health.ts';

/** What an application is made from. */
export interface AppOptions {
  readonly mode: 'dev' | 'serve';
  /** `sqlite:PATH`, `sqlite::memory:` or `postgres://…`. */
  readonly databaseUrl: string;
  /** The last one seals what is new. */
  readonly masterKeys: readonly MasterKey[];
  readonly log: Logger;
  /** Where the REST routes stand: empty, or segments with a slash before each. Default: empty. */
  readonly basePath?: string;
  /** The origin under which browsers reach the verification page. Default: the host that a request names. */
  readonly publicUrl?: string | undefined;
  /** Addresses and blocks, as in `10.0.0.0/8`, whose word on a client's address is taken. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Connections at once. Default: 10,000. */
  readonly maxConnections?: number | undefined;
  /** Origins whose pages may read answers; `dev` lets every page. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** This machine's clock. Default: the system's. A database on another machine corrects it by its own. */
  readonly clock?: Clock;
  /** What the time is made of besides: the sandbox's, that can be moved. Default: nothing. */
  readonly moveClock?: (shared: Clock) => Clock;
  /** How often codes and the page may be asked for. Default: those of the contract, and none in `dev`. */
  readonly limits?: RequestLimits;
  /** How long a certification that ended without a person is kept, in milliseconds. Default: 30 days. */
  readonly keepUnverified?: number;
  /**
   * Whether people may be kept whose CI or DI is marked as that of a sandbox. Default: in `dev` alone. Only for the golden
   * cases, which play production with invented people.
   */
  readonly keepsInvented?: boolean;
  /** The agencies, by the provider that a channel names. Default: none, so that no channel can send an OTP. */
  readonly providers?: Providers;
  /** Looks on and makes requests fail, for tests. Default: none. */
  readonly tap?: Tap;
  /** Speaks TLS with this certificate. Default: plain HTTP. */
  readonly tls?: TlsOptions;
  /** Port of plain HTTP besides TLS; 0 takes a free one. Default: none. */
  readonly plainPort?: number | undefined;
  /** Counts, and shows what was counted at this address; `in-worker` gives it to the primary. Default: counts nothing. */
  readonly metrics?: MetricsAddress | 'in-worker' | undefined;
  /** Sends traces. Default: makes none. */
  readonly traces?: TraceSettings | undefined;
  /** What the verification page gets besides: the sandbox's. */
  readonly pageExtras?: (services: AppServices) => PageExtras;
  /** What the reference says besides: the sandbox's. Called when somebody asks for it. */
  readonly describeMore?: () => Promise<Supplement>;
  /** Adds routes that are made of the same services: the sandbox's. */
  readonly extend?: (services: AppServices) => Promise<readonly Surface[]>;
}

export interface AppServices {
  readonly store: Store;
  readonly vault: Vault;
  readonly merchants: MerchantService;
  readonly tokens: TokenService;
  readonly certifications: CertificationService;
  readonly otps: OtpService;
  readonly attempts: AttemptService;
}

export interface App extends AppServices {
  /** Who can be asked to certify, by the name that channels have for it. */
  readonly providers: Providers;
  /** Begins to serve; port 0 takes a free one. */
  listen(port: number, host: string): Promise<Listening>;
  /** Finishes what is in flight, for at most ten seconds, then closes the store. */
  close(): Promise<void>;
}

export interface Listening {
  readonly url: string;
  /** The address that it listens on. */
  readonly address: string;
  /** Where the same is served in plain HTTP besides TLS; null when nobody asked for it. */
  readonly plainUrl: string | null;
  /** Where the metrics are; null when nobody asked for them. */
  readonly metricsUrl: string | null;
}

const PATIENCE = 10_000;
/** What was typed for a certification that ended is gone within a minute. */
const SWEEP_EVERY = 30_000;
const KEEP_UNVERIFIED = 30 * 86_400_000;

/** The composition root: builds store, vault and services, and mounts the surfaces. */
export async function createApp(options: AppOptions): Promise<App> {
  const { mode, log } = options;
  const vault = new Vault(options.masterKeys);
  const engine = engineName(options.databaseUrl);
  const metrics = options.metrics && (await loadMetrics()).createMetrics({ mode, engine, log });
  const traces = options.traces && (await loadTraces()).startTraces(options.traces, engine, log);
  const opened = await openStore(
    options.databaseUrl,
    { mode, keyMark: vault.keyMark(mode), recognises: (mark, of) => vault.recognises(mark, of) },
    options.clock,
  );
  const measured = metrics?.measureStore(opened) ?? opened;
  const store = traces?.traceStore(measured) ?? measured;
  try {
    const clock = options.moveClock?.(store.clock) ?? store.clock;
    const { providers = {} } = options;
    const limits = options.limits ?? (mode === 'dev' ? null : REQUEST_LIMITS);
    const keepsInvented = options.keepsInvented ?? mode === 'dev';
    const merchants = new MerchantService(store, vault, clock);
    const throttle = mode === 'dev' ? null : new Throttle(clock);
    const tokenOptions = [store, vault, clock, throttle] as const;
    const otpOptions: OtpServiceOptions = {
      store,
      vault,
      clock,
      providers,
      merchants,
      limiter: new Limiter({ store, vault, clock, limits }),
      keepsInvented,
      forgiveChannel:
        mode === 'dev' ? (taken) => log.warn({ taken }, 'unknown channel; another one is taken') : null,
    };
    const services: AppServices = {
      store,
      vault,
      merchants,
      tokens: metrics?.createTokenService(...tokenOptions) ?? new TokenService(...tokenOptions),
      certifications: new CertificationService(store, vault, clock, keepsInvented),
      otps: metrics?.createOtpService(otpOptions) ?? new OtpService(otpOptions),
      attempts: metrics?.createAttemptService(otpOptions) ?? new AttemptService(otpOptions),
    };
    const cors: CorsPolicy =
      mode === 'dev' ? { kind: 'any' } : { kind: 'listed', origins: options.corsOrigins ?? [] };
    const extensions = (await options.extend?.(services)) ?? [];
    const { basePath = '' } = options;
    const page = pageRoutes({
      ...services,
      clock,
      basePath,
      publicUrl: options.publicUrl ?? null,
      secure: options.tls !== undefined,
      forgiving: mode === 'dev',
      extras: options.pageExtras?.(services) ?? null,
    });
    const api = v1Routes({ ...services, clock, sandbox: mode === 'dev' });
    const surfaces: readonly Surface[] = [
      { basePath, routes: api },
      { basePath, routes: [...page, ...scriptRoutes()] },
      { basePath: '', routes: healthRoutes(store) },
      {
        basePath: '',
        routes: referenceRoutes(async (lang) =>
          describeApi(api, basePath, lang, await options.describeMore?.()),
        ),
      },
      ...extensions,
    ];
    const transport = {
      surfaces,
      cors,
      renderError,
      log,
      tap: options.tap,
      observers: [metrics?.observe(surfaces.flatMap(({ routes }) => routes)), traces?.observer].filter(
        (each) => each !== undefined,
      ),
      trustedProxies: options.trustedProxies,
      maxConnections: options.maxConnections,
    };
    const server = new HttpServer({ ...transport, tls: options.tls });
    const plain = options.plainPort === undefined ? null : new HttpServer(transport);
    // What a person typed and left behind goes when its time is over, also when nobody comes any more.
    const { keepUnverified = KEEP_UNVERIFIED } = options;
    const sweeper = repeat(SWEEP_EVERY, async () => {
      try {
        await sweep({ store, clock, keepUnverified });
      } catch (error) {
        log.error({ error }, 'sweeping failed');
      }
    });
    let scrapes: MetricsListener | null = null;
    return {
      ...services,
      providers,
      async listen(port, host) {
        if (metrics !== undefined && options.metrics !== undefined)
          scrapes = await (await loadMetrics()).showMetrics(metrics, options.metrics, log);
        const address = await server.listen(port, host);
        const name = host.includes(':') ? `[${host}]` : host;
        const scheme = options.tls === undefined ? 'http' : 'https';
        const second = await plain?.listen(options.plainPort ?? 0, host);
        return {
          url: `${scheme}://${name}:${address.port}`,
          address: address.address,
          plainUrl: second === undefined ? null : `http://${name}:${second.port}`,
          metricsUrl: scrapes?.url ?? null,
        };
      },
      async close() {
        throttle?.close();
        const swept = sweeper.stop();
        await Promise.all([server.close(PATIENCE), plain?.close(PATIENCE)]);
        await swept;
        await scrapes?.close();
        await store.close();
        await traces?.close();
      },
    };
  } catch (error) {
    await store.close();
    await traces?.close();
    throw error;
  }
}

// Loaded only when somebody asked: they bring packages along that a start without them need not read.
const loadMetrics = () => import('../observability/metrics/metrics.ts');
const loadTraces = () => import('../observability/traces/traces.ts');

/** Does recurring work, the first time at once, and never twice at the same time; `stop` waits for what is under way. */
function repeat(pause: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = async () => {
    await work();
    if (isStopped) return;
    timer = setTimeout(() => {
      running = run();
    }, pause);
    timer.unref();
  };
  let running = run();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}
