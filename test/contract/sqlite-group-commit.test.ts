import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openStore } from '../../src/storage/index.ts';
import { markOf } from '../support/keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { putMerchant } from './merchant.ts';

/* Writes of one turn of the event loop share a transaction; what another process sees of that. */

const MANY = 32;
/** Bytes (https://sqlite.org/fileformat2.html#walformat). */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;

/** The transactions in a write-ahead log: the last frame of each names the size of the database. */
function countCommits(file: string): number {
  const log = readFileSync(`${file}-wal`);
  const frame = FRAME_HEADER + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let commits = 0;
  for (let at = LOG_HEADER; at + frame <= log.length; at += frame)
    if (log.subarray(at + 8, at + 16).equals(salt) && log.readUInt32BE(at + 4) > 0) commits++;
  return commits;
}

test('writes of one turn are one commit, and each is there for others when it is answered', async () => {
  const file = join(temporaryFolder(), 'writes.db');
  const store = await openStore(`sqlite:${file}`, markOf('dev'));
  const onlooker = new DatabaseSync(file, { readOnly: true });
  const count = onlooker.prepare('SELECT count(*) AS merchants FROM merchants');
  const merchants = () => count.get()?.['merchants'];
  await putMerchant(store, { userCode: 'imp0' });
  const before = countCommits(file);
  const seen: unknown[] = [];

  const writes = Array.from({ length: MANY }, async (_, at) => {
    await putMerchant(store, { userCode: `imp1${at}` });
    seen.push(merchants());
  });
  expect(merchants()).toBe(1);
  await Promise.all(writes);

  expect(seen).toEqual(Array.from({ length: MANY }, () => MANY + 1));
  expect(countCommits(file) - before).toBe(1);
  onlooker.close();
  await store.close();
});

test('a write that is refused leaves nothing behind, and the others of its turn stay', async () => {
  const file = join(temporaryFolder(), 'refused.db');
  const store = await openStore(`sqlite:${file}`, markOf('dev'));
  const keys = [{ impKey: 'key', secretDigest: Uint8Array.of(1) }];
  await putMerchant(store, { userCode: 'imp0', keys });

  const outcomes = await Promise.allSettled([
    putMerchant(store, { userCode: 'imp1' }),
    putMerchant(store, { userCode: 'imp2', keys }),
    putMerchant(store, { userCode: 'imp3' }),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await store.listMerchants()).map(({ userCode }) => userCode)).toEqual(['imp0', 'imp1', 'imp3']);
  await store.close();
});

test('writes that wait when the store is closed are done, and those after it are refused', async () => {
  const file = join(temporaryFolder(), 'closed.db');
  const store = await openStore(`sqlite:${file}`, markOf('dev'));
  const waiting = putMerchant(store, { userCode: 'imp0' });
  await store.close();
  await waiting;
  await expect(putMerchant(store, { userCode: 'imp1' })).rejects.toMatchObject({ code: 'store_failed' });
  const again = await openStore(`sqlite:${file}`, markOf('dev'));
  expect((await again.listMerchants()).map(({ userCode }) => userCode)).toEqual(['imp0']);
  await again.close();
});
