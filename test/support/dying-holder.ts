import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { SlowProvider } from './slow-provider.ts';

/*
 * A program: a server of production on the database that the environment names, whose clock stands and whose agency
 * never answers. Prints its URL, and "asked" when the agency was asked, to be killed then.
 */

const { DATABASE_URL = '', MASTER_KEY = '', NOW = '' } = process.env;
const provider = new SlowProvider();
const app = await createApp({
  policy: SERVE_POLICY,
  databaseUrl: DATABASE_URL,
  masterKeys: [{ id: 1, secret: Buffer.from(MASTER_KEY, 'hex') }],
  log: createLog('silent'),
  moveClock: () => ({ now: () => Number(NOW) }),
  providers: provider.providers,
});
const { url } = await app.listen(0, '127.0.0.1');
process.stdout.write(`${url}\n`);
const watch = setInterval(() => {
  if (provider.asked === 0) return;
  clearInterval(watch);
  process.stdout.write('asked\n');
}, 5);
