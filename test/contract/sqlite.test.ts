import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import type { StoredCertification } from '../../src/core/certification.ts';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import { openDatabase, openStore } from '../../src/storage/index.ts';
import { markOf as mark } from '../support/keys.ts';
import { describeAttempts } from './attempts.ts';
import { describeJobs } from './jobs.ts';
import { describeLookups } from './lookups.ts';
import { CHANNEL, putMerchant } from './merchant.ts';
import { describeOtps } from './otps.ts';
import { describeStore } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'bonin-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const suite of [describeStore, describeLookups, describeOtps, describeAttempts, describeJobs]) {
  suite('sqlite in a file, two connections', async () => {
    const url = `sqlite:${join(folder, `${suite.name}.db`)}`;
    const { store: first, resetCertifications } = await openDatabase(url, mark('dev'));
    return { first, second: await openStore(url, mark('dev')), resetCertifications };
  });

  suite('sqlite in memory', async () => {
    const { store, resetCertifications } = await openDatabase('sqlite::memory:', mark('dev'));
    return { first: store, second: store, resetCertifications };
  });
}

describe('sqlite', () => {
  it('has the schema that is written down in schema.sql', async () => {
    const file = join(folder, 'schema.db');
    await (await openStore(`sqlite:${file}`, mark('dev'))).close();
    const database = new DatabaseSync(file, { readOnly: true });
    const statements = database
      .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid')
      .all();
    database.close();
    const dump = `${statements.map(({ sql }) => `${sql};`).join('\n\n')}\n`;
    // Made anew with `npx vitest run test/contract --update`, and read in review.
    await expect(dump).toMatchFileSnapshot('schema.sql');
  });

  it('does not start over in a database of serve', async () => {
    const { store, resetCertifications } = await openDatabase('sqlite::memory:', mark('serve'));
    await expect(resetCertifications()).rejects.toMatchObject({ code: 'store_failed' });
    await store.close();
  });

  it('gives a new merchant no number that a channel still refers to', async () => {
    const file = join(folder, 'orphans.db');
    const store = await openStore(`sqlite:${file}`, mark('dev'));
    await putMerchant(store, { userCode: 'imp1', channels: [CHANNEL] });
    const database = new DatabaseSync(file);
    database.exec('PRAGMA foreign_keys = OFF; DELETE FROM merchants');
    database.close();
    const failed = { code: 'sealed_data_unreadable' };
    await expect(putMerchant(store, { userCode: 'imp2' })).rejects.toMatchObject(failed);
    expect(await store.findMerchant({ userCode: 'imp2' })).toBeNull();
    await store.close();
  });

  it('runs a job whose times were altered to numbers that nothing can read', async () => {
    const file = join(folder, 'jobs.db');
    const store = await openStore(`sqlite:${file}`, mark('dev'));
    const take = { name: 'sweep', owner: new Uint8Array(16), now: 1_000_000, lease: 20, pause: 30 } as const;
    await store.takeJob(take);
    const database = new DatabaseSync(file);
    const largest = '9223372036854775807';
    database.exec(
      `UPDATE jobs SET owner = NULL, owned_until = ${largest}, due_at = ${largest}, ended_at = ${largest}`,
    );
    database.close();
    expect((await store.takeJob(take)).isTaken).toBe(true);
    expect(await store.endJob({ ...take, endedAt: 1_000_001, outcome: 'done', dueAt: 1_000_031 })).toBe(true);
    await store.close();
  });

  it('drops only the rows that a code request or a sweep has changed from memory', async () => {
    const store = await openStore('sqlite::memory:', mark('dev'));
    const { id: merchantId } = await putMerchant(store, { userCode: 'imp1', channels: [CHANNEL] });
    const channel = (await store.findChannel(CHANNEL.channelKey)) as Channel;
    const sealed = { keyId: 1, salt: new Uint8Array(32), blob: new Uint8Array(300) };
    const ask = async (phone: number, impUid = newImpUid()) => {
      const row = {
        impUid,
        merchantId,
        channel,
        state: 'pending',
        requestedAt: 1,
        certifiedAt: null,
        sealed,
      } as const;
      const phoneDigest = new Uint8Array(36).fill(phone);
      const content = { digest: new Uint8Array(36), phoneDigest, sentAt: phone, claimant: sealed };
      await store.createOtpCertification(row, { method: 'SMS', wrong: 0, end: null, ...content });
      return impUid;
    };
    const read = async (impUid: string) => {
      for (const _again of [1, 2]) await store.findCertification(merchantId, impUid);
      return store.findCertification(merchantId, impUid);
    };
    const [superseded, late, other, imported] = [
      await ask(1),
      await ask(2),
      await ask(9),
      await ask(8, 'imported-1'),
    ];
    const rows = new Map<string, StoredCertification | null>();
    for (const each of [superseded, late, other, imported]) rows.set(each, await read(each));
    await ask(1);
    await store.endLateOtps(5, 5, 10);
    for (const each of [superseded, late]) {
      expect((await store.findCertification(merchantId, each))?.state).toBe('expired');
      expect(rows.get(each)?.slot).toEqual({ opened: null });
    }
    expect(await store.findCertification(merchantId, other)).toBe(rows.get(other));
    expect(rows.get(other)?.slot).toBeDefined();
    await ask(8);
    expect((await store.findCertification(merchantId, imported))?.state).toBe('expired');
    await store.close();
  });

  it('refuses a URL of no engine', async () => {
    for (const url of ['mysql://host/db', 'bonin.db', ''])
      await expect(openStore(url, mark('dev'))).rejects.toMatchObject({ code: 'start_refused' });
  });
});
