import type { ServeConfig } from '../config/command-config.ts';
import type { Language } from '../config/language.ts';
import type { ListenAddress } from '../config/settings.ts';
import { createLog, type Logger } from '../log.ts';
import type { MetricsListener } from '../observability/metrics/listener.ts';
import type { TraceSettings } from '../observability/traces/settings.ts';
import type { Running } from '../server/workers.ts';
import { requireChecks, tellWarnings } from './checks/at-start.ts';
import { createCheckContext, readServeSettings } from './checks/context.ts';
import { pad } from './columns.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { COPY } from './copy.ts';
import { openServeApp, readServeKeys } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES, TRACE_VARIABLES } from './standard-variables.ts';
import { untilStopped } from './until-stopped.ts';

/** `bonin serve`: the server for production, in this process or in several that share its port. */
export const serve: Command = {
  name: 'serve',
  operands: [],
  summary: {
    en: 'Starts the production server: it certifies people through agencies and answers lookups.',
    ko: '운영 서버를 시작해 인증기관을 통해 본인인증을 처리하고 인증결과 조회에 응답합니다.',
  },
  more: {
    en: 'It reads no .env file. bonin doctor checks beforehand what it needs, and says how to mend what is missing.',
    ko: '.env 파일은 읽지 않습니다. 시작에 필요한 것은 bonin doctor로 미리 점검할 수 있습니다.',
  },
  options: settingOptions('serve'),
  variables: [...TRACE_VARIABLES, ...DATABASE_VARIABLES],
  examples: [
    {
      words: 'serve --public-url https://id.example.com --trusted-proxies 127.0.0.1',
      about: {
        en: 'On SQLite, behind a proxy of this machine:',
        ko: '이 기기의 프록시 뒤에서 SQLite로 시작합니다.',
      },
    },
    {
      words: 'serve --database-url postgres://bonin@db.example/bonin --workers auto',
      about: {
        en: 'On PostgreSQL, on all processors:',
        ko: 'PostgreSQL과 모든 프로세서로 시작합니다.',
      },
    },
  ],

  async run({ options, environment, language }) {
    const settings = readServeSettings({ options, environment });
    if ('problems' in settings) throw new UsageError(settings.problems);
    const { config, traces } = settings;
    const log = createLog(config.logLevel);
    const startHere = (metrics: Metrics, isFirst: boolean) =>
      start({ config, metrics, traces, log, isFirst, language });
    if (config.workers === 1) {
      await requireChecks(settings, language);
      return serveUntilStopped(await startHere(config.metrics, true), config, language);
    }

    const { isFirstWorker, isWorker, serveAsWorker, startWorkers } = await import('../server/workers.ts');
    if (isWorker) {
      const metrics = config.metrics === null ? null : 'in-worker';
      await serveAsWorker(() => startHere(metrics, isFirstWorker));
      return EXIT.ok;
    }
    // Before the workers start, so that what is missing is reported once, and a new key is made once.
    await requireChecks(settings, language);
    readServeKeys(config.database);
    const scrapes = config.metrics === null ? null : await showWorkers(config.metrics, log);
    try {
      const running = await startWorkers(config.workers, log);
      return await serveUntilStopped({ ...running, metricsUrl: scrapes?.url ?? null }, config, language);
    } finally {
      await scrapes?.close();
    }
  },
};

/** The figures of all workers, at the primary. */
async function showWorkers(address: ListenAddress, log: Logger): Promise<MetricsListener> {
  return (await import('../observability/metrics/cluster.ts')).showWorkers(address, log);
}

type Metrics = ListenAddress | 'in-worker' | null;

interface Serving extends Running {
  readonly metricsUrl: string | null;
}

interface Start {
  readonly config: ServeConfig;
  readonly metrics: Metrics;
  readonly traces: TraceSettings | null;
  readonly log: Logger;
  /** Whether this process tells what one of them has to tell. */
  readonly isFirst: boolean;
  readonly language: Language;
}

async function start({ config, metrics, traces, log, isFirst, language }: Start): Promise<Serving> {
  const { basePath, corsOrigins, database, host, port, publicUrl, trustedProxies } = config;
  const { limits, keepUnverified, keepOpened, maxConnections } = config;
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
    if (isFirst) await tellWarnings(createCheckContext({ config, traces }), app, { log, language });
    return { ...listening, close: app.close };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function serveUntilStopped(
  running: Serving,
  config: ServeConfig,
  language: Language,
): Promise<typeof EXIT.ok> {
  try {
    // The process may be stopped as soon as it has printed that it runs.
    const stopped = untilStopped();
    greet(running, config, language);
    await stopped;
  } finally {
    await running.close();
  }
  return EXIT.ok;
}

/** The first line with a URL contains nothing else. */
function greet({ url, metricsUrl }: Serving, { database, workers }: ServeConfig, language: Language): void {
  const row = (name: string, value: string | number) => console.log(`  ${pad(name, 13)}${value}`);
  console.log(`${COPY.serve_title[language]}\n`);
  console.log(`${url}\n`);
  row(COPY.serve_workers[language], workers);
  if (metricsUrl !== null) row(COPY.metrics[language], metricsUrl);
  row(COPY.serve_keys[language], database.masterKeys);
  console.log(`\n${COPY.serve_merchants[language]}`);
}
