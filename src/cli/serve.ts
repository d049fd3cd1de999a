import { loadServeConfig, type ServeConfig } from '../command-config.ts';
import { createLog, type Logger } from '../log.ts';
import type { Running } from '../workers.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { openServeApp, readServeKeys } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';
import { untilStopped } from './until-stopped.ts';

/** `bonin serve`: the server for production, in this process or in several that share its port. */
export const serve: Command = {
  operands: [],
  summary: 'Starts the server for production: lookups of what is kept; no agency yet.',
  options: settingOptions('serve'),

  async run({ options, environment }) {
    const loaded = loadServeConfig(options, environment);
    if ('problems' in loaded) throw new UsageError(loaded.problems);
    const { config } = loaded;
    const log = createLog(config.logLevel);
    if (config.workers === 1) return serveUntilStopped(await start(config, log), config);

    const { isWorker, serveAsWorker, startWorkers } = await import('../workers.ts');
    if (isWorker) {
      await serveAsWorker(() => start(config, log));
      return EXIT.ok;
    }
    // Before the workers, so that a key is made, or missed, once.
    readServeKeys(config.database);
    return serveUntilStopped(await startWorkers(config.workers, log), config);
  },
};

async function start(config: ServeConfig, log: Logger): Promise<Running> {
  const { basePath, corsOrigins, database, host, port } = config;
  const app = await openServeApp(database, { log, basePath, corsOrigins });
  try {
    return { ...(await app.listen(port, host)), close: app.close };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function serveUntilStopped(running: Running, config: ServeConfig): Promise<typeof EXIT.ok> {
  try {
    // Whoever reads that it runs may stop it at once.
    const stopped = untilStopped();
    greet(running.url, config);
    await stopped;
  } finally {
    await running.close();
  }
  return EXIT.ok;
}

/** The first line with a URL holds nothing else. */
function greet(url: string, { database, workers }: ServeConfig): void {
  console.log('Bonin serve — 본인인증 서버 (identity verification)\n');
  console.log(`${url}\n`);
  console.log(`  workers      ${workers}`);
  console.log(`  master keys  ${database.masterKeys}\n`);
  console.log('가맹점은 bonin merchants FILE로 넣습니다 (bonin merchants FILE brings merchants in).');
}
