import { rewrapRing } from '../../src/core/key-ring.ts';
import { markDatabase, openStore } from '../../src/storage/index.ts';

/*
 * A program: wraps the data keys of the database that the environment names by the second of two master keys, and kills
 * itself when it has stored three of them.
 */

const { DATABASE_URL = '', MASTER_KEYS = '' } = process.env;
const masterKeys = MASTER_KEYS.split(',').map((hex, at) => ({ id: at + 1, secret: Buffer.from(hex, 'hex') }));
const store = await openStore(DATABASE_URL, markDatabase(masterKeys, 'serve'));
await store.rewrapDataKeys((ring) =>
  rewrapRing(masterKeys, 'serve', ring).map((key, at) => ({
    ...key,
    get wrapped() {
      if (at === 3) process.kill(process.pid, 'SIGKILL');
      return key.wrapped;
    },
  })),
);
