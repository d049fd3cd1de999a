import { V1_FORMAT } from '../api/v1/errors.ts';
import { v1Routes } from '../api/v1/index.ts';
import type { Supplement } from '../api/v1/reference/openapi.ts';
import type { OpenDatabase } from '../core/store.ts';
import type { CorsPolicy } from '../http/answers.ts';
import type { Observer } from '../http/observer.ts';
import type { Route, Surface } from '../http/routes.ts';
import { HttpServer } from '../http/server.ts';
import type { TlsOptions } from '../http/tls.ts';
import type { MetricsAddress, MetricsListener } from '../observability/metrics/listener.ts';
import type { PageExtras } from '../page/extras.ts';
import { pageRoutes } from '../page/routes.ts';
import { scriptRoutes } from '../page/scripts.ts';
import { referenceRoutes } from '../reference/routes.ts';
import { healthRoutes } from './health.ts';
import { type Jobs, startJobs } from './jobs.ts';
import { openServicesAndReset, type ServiceOptions, type Services } from './services.ts';

/** What an application is made from: services, and how they are reached. */
export interface AppOptions extends Omit<ServiceOptions, 'countsCalls'> {
  /** Path of the REST routes: empty, or segments with a slash before each. Default: empty. */
  readonly basePath?: string;
  /** The origin under which browsers reach the verification page. Default: the host that a request names. */
  readonly publicUrl?: string | undefined;
  /** Addresses and blocks, as in `10.0.0.0/8`, whose word on a client's address is taken. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Connections at once. Default: 10,000. */
  readonly maxConnections?: number | undefined;
  /** Origins whose pages may read answers; `dev` lets every page. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** How long a certification that ended without a person is kept, in milliseconds. Default: 30 days. */
  readonly keepUnverified?: number;
  /** What the sandbox puts around the handlers of the API. Default: nothing. */
  readonly wrapApi?: (routes: readonly Route[]) => readonly Route[];
  /** See every request, in addition to metrics and traces. Default: none. */
  readonly observers?: readonly Observer[];
  /** Speaks TLS with this certificate. Default: plain HTTP. */
  readonly tls?: TlsOptions;
  /** Port of plain HTTP in addition to TLS; 0 takes a free one. Default: none. */
  readonly plainPort?: number | undefined;
  /** Counts, and shows the figures at this address; `in-worker` sends them to the primary. Default: counts nothing. */
  readonly metrics?: MetricsAddress | 'in-worker' | undefined;
  /** What the sandbox adds to the verification page. */
  readonly pageExtras?: (services: Services) => PageExtras;
  /** What the sandbox adds to the reference. Called when somebody asks for it. */
  readonly describeMore?: () => Promise<Supplement>;
  /** The routes of the sandbox. `resetCertifications` empties the database. */
  readonly extend?: (services: Services, resetCertifications: Reset) => Promise<readonly Surface[]>;
}

type Reset = OpenDatabase['resetCertifications'];

export interface App extends Services {
  /** Begins to serve; port 0 takes a free one. */
  listen(port: number, host: string): Promise<Listening>;
  /** Finishes what is in flight, for at most ten seconds, then closes the store. */
  close(): Promise<void>;
}

export interface Listening {
  readonly url: string;
  /** The address that it listens on. */
  readonly address: string;
  /** Where the same is served in plain HTTP in addition to TLS; null when nobody asked for it. */
  readonly plainUrl: string | null;
  /** Where the metrics are; null when nobody asked for them. */
  readonly metricsUrl: string | null;
}

const PATIENCE = 10_000;
const KEEP_UNVERIFIED = 30 * 86_400_000;

/** Opens the services and mounts them on a server that does not listen yet. */
export async function createApp(options: AppOptions): Promise<App> {
  const countsCalls = options.metrics !== undefined;
  const { services, resetCertifications } = await openServicesAndReset({ ...options, countsCalls });
  try {
    return await mount(services, options, resetCertifications);
  } catch (error) {
    await services.close();
    throw error;
  }
}

async function mount(services: Services, options: AppOptions, resetCertifications: Reset): Promise<App> {
  const { policy, store, metrics, traces } = services;
  const { log, basePath = '', keepUnverified = KEEP_UNVERIFIED } = options;
  const cors: CorsPolicy = policy.allowsEveryOrigin
    ? { kind: 'any' }
    : { kind: 'listed', origins: options.corsOrigins ?? [] };
  const extensions = (await options.extend?.(services, resetCertifications)) ?? [];
  const page = pageRoutes({
    ...services,
    basePath,
    publicUrl: options.publicUrl ?? null,
    secure: options.tls !== undefined,
    forgiving: policy.forgivesPages,
    extras: options.pageExtras?.(services) ?? null,
  });
  const api = v1Routes({ ...services, sandbox: policy.showsSandbox });
  const surfaces: readonly Surface[] = [
    { basePath, routes: options.wrapApi?.(api) ?? api },
    { basePath, routes: [...page, ...scriptRoutes()] },
    { basePath: '', routes: healthRoutes(store) },
    {
      basePath: '',
      routes: referenceRoutes(async (lang) => {
        const { describeApi } = await import('../api/v1/reference/openapi.ts');
        return describeApi(api, basePath, lang, await options.describeMore?.());
      }),
    },
    ...extensions,
  ];
  const transport = {
    surfaces,
    cors,
    format: V1_FORMAT,
    log,
    observers: [
      metrics?.observe(surfaces.flatMap(({ routes }) => routes)),
      traces?.observer,
      ...(options.observers ?? []),
    ].filter((each) => each !== undefined),
    trustedProxies: options.trustedProxies,
    maxConnections: options.maxConnections,
  };
  const server = new HttpServer({ ...transport, tls: options.tls });
  const plain = options.plainPort === undefined ? null : new HttpServer(transport);
  let jobs: Jobs | null = null;
  let scrapes: MetricsListener | null = null;
  return {
    ...services,
    async listen(port, host) {
      if (metrics !== null && options.metrics !== undefined) {
        const { showMetrics } = await import('../observability/metrics/metrics.ts');
        scrapes = await showMetrics(metrics, options.metrics, log);
      }
      const address = await server.listen(port, host);
      const name = host.includes(':') ? `[${host}]` : host;
      const scheme = options.tls === undefined ? 'http' : 'https';
      const second = await plain?.listen(options.plainPort ?? 0, host);
      // Not before: a start that is refused changes nothing in the database.
      jobs = startJobs(services, keepUnverified, log);
      return {
        url: `${scheme}://${name}:${address.port}`,
        address: address.address,
        plainUrl: second === undefined ? null : `http://${name}:${second.port}`,
        metricsUrl: scrapes?.url ?? null,
      };
    },
    async close() {
      services.endWaits();
      const ended = jobs?.stop();
      await Promise.all([server.close(PATIENCE), plain?.close(PATIENCE)]);
      // An answer of an agency that comes now is still kept; later ones are asked for again by another process.
      await atMost(PATIENCE, services.visits.settle());
      await ended;
      await scrapes?.close();
      await services.close();
    },
  };
}

async function atMost(wait: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, wait);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
