import { createPostcard } from '../../examples/adapter/postcard.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { comparingAdapter } from './comparing-agency.ts';
import { oneNumberAdapter } from './one-number-adapter.ts';

/*
 * A node of production with the adapters of three imaginary agencies, on the database of `DATABASE_URL`. Prints its address
 * and runs until it is killed. `MASTER_KEYS` are hex, with commas between, and numbered from 1. `AHEAD` is how far its clock is ahead of the database's, in milliseconds.
 */

const { DATABASE_URL = '', MASTER_KEYS = '', AGENCY_URL = '', AHEAD = '0' } = process.env;
const app = await createApp({
  policy: SERVE_POLICY,
  databaseUrl: DATABASE_URL,
  masterKeys: MASTER_KEYS.split(',').map((hex, at) => ({ id: at + 1, secret: Buffer.from(hex, 'hex') })),
  log: createLog('silent'),
  limits: { phone: [], phoneEverywhere: [], merchant: [], address: [] },
  moveClock: (shared) => ({ now: () => shared.now() + Number(AHEAD) }),
  providers: {
    postcard: createPostcard({ fetch, log: () => {} }),
    comparing: comparingAdapter(AGENCY_URL),
    'one-number': oneNumberAdapter(),
  },
});
process.stdout.write(`${(await app.listen(0, '127.0.0.1')).url}\n`);
