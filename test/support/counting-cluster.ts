/**
 * Two workers that serve the sandbox on one port, and a primary that shows their figures; says where on a line each.
 */
import cluster from 'node:cluster';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { showWorkers } from '../../src/observability/metrics/cluster.ts';
import { createDevApp } from '../../src/server/dev.ts';

const log = createLog('warn');

if (cluster.isPrimary) {
  const { url } = await showWorkers({ host: '127.0.0.1', port: 0 }, log);
  const workers = [cluster.fork(), cluster.fork()];
  let serving = 0;
  cluster.on('listening', (_worker, { port }) => {
    serving++;
    if (serving === workers.length)
      process.stdout.write(
        `${JSON.stringify({ url, port, workers: workers.map((worker) => worker.process.pid) })}\n`,
      );
  });
} else {
  const app = await createDevApp({
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log,
    metrics: 'in-worker',
  });
  await app.listen(0, '127.0.0.1');
}
