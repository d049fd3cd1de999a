import { loadServeConfig, type ServeConfig } from '../config/command-config.ts';
import type { ListenAddress } from '../config/settings.ts';
import { createLog, type Logger } from '../log.ts';
import type { MetricsListener } from '../observability/metrics/listener.ts';
import { readTraceSettings, type TraceSettings } from '../observability/traces/settings.ts';
import type { Running } from '../server/workers.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { openServeApp, readServeKeys } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';
import { tellUnfinished } from './unfinished-channels.ts';
import { untilStopped } from './until-stopped.ts';

/** `bonin serve`: the server for production, in this process or in several that share its port. */
export const serve: Command = {
  operands: [],
  summary:
    'Starts the production server: it answers lookups of stored certifications. There is no agency yet.',
  options: settingOptions('serve'),

  async run({ options, environment }) {
    const loaded = loadServeConfig(options, environment);
    if ('problems' in loaded) throw new UsageError(loaded.problems);
    const { config } = loaded;
    const tracing = readTraceSettings(environment);
    if ('problems' in tracing) throw new UsageError(tracing.problems);
    const { traces } = tracing;
    const log = createLog(config.logLevel);
    if (config.workers === 1)
      return serveUntilStopped(await start(config, config.metrics, traces, log), config);

    const { isFirstWorker, isWorker, serveAsWorker, startWorkers } = await import('../server/workers.ts');
    if (isWorker) {
      const metrics = config.metrics === null ? null : 'in-worker';
      await serveAsWorker(() => start(config, metrics, traces, log, isFirstWorker));
      return EXIT.ok;
    }
    // Before the workers start, so that a new key is made once, or a missing one reported once.
    readServeKeys(config.database);
    const scrapes = config.metrics === null ? null : await showWorkers(config.metrics, log);
    try {
      const running = await startWorkers(config.workers, log);
      return await serveUntilStopped({ ...running, metricsUrl: scrapes?.url ?? null }, config);
    } finally {
      await scrapes?.close();
    }
  },
};

/** The figures of all workers, at the primary. */
async function showWorkers(address: ListenAddress, log: Logger): Promise<MetricsListener> {
  return (await import('../observability/metrics/cluster.ts')).showWorkers(address, log);
}

interface Serving extends Running {
  readonly metricsUrl: string | null;
}

async function start(
  config: ServeConfig,
  metrics: ListenAddress | 'in-worker' | null,
  traces: TraceSettings | null,
  log: Logger,
  isFirst = true,
): Promise<Serving> {
  const { basePath, corsOrigins, database, host, port, publicUrl, trustedProxies } = config;
  const { limits, keepUnverified, keepOpened, maxConnections } = config;
  if (publicUrl !== null && trustedProxies.length === 0)
    log.warn(
      {},
      'a public URL is set and no trusted proxies: behind a proxy all clients count as one address',
    );
  const app = await openServeApp(database, {
    log,
    basePath,
    publicUrl: publicUrl ?? undefined,
    trustedProxies,
    maxConnections,
    corsOrigins,
    limits,
    keepUnverified,
    keepOpened,
    metrics: metrics ?? undefined,
    traces: traces ?? undefined,
  });
  try {
    const listening = await app.listen(port, host);
    if (isFirst) await tellUnfinished(app, log);
    return { ...listening, close: app.close };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function serveUntilStopped(running: Serving, config: ServeConfig): Promise<typeof EXIT.ok> {
  try {
    // The process may be stopped as soon as it has printed that it runs.
    const stopped = untilStopped();
    greet(running, config);
    await stopped;
  } finally {
    await running.close();
  }
  return EXIT.ok;
}

/** The first line with a URL contains nothing else. */
function greet({ url, metricsUrl }: Serving, { database, workers }: ServeConfig): void {
  console.log('Bonin serve — 본인인증 서버 (identity verification)\n');
  console.log(`${url}\n`);
  console.log(`  workers      ${workers}`);
  if (metricsUrl !== null) console.log(`  metrics      ${metricsUrl}`);
  console.log(`  master keys  ${database.masterKeys}\n`);
  console.log('가맹점은 bonin merchants FILE로 넣습니다 (bonin merchants FILE adds merchants).');
}
