import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { sweep } from '../../src/core/retention.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from '../page/shop.ts';
import { Client } from '../support/client.ts';
import { Shop } from '../support/shop.ts';
import { SlowProvider } from '../support/slow-provider.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* What goes by itself: all of it, in one sweep, however much there is and whatever stands in between. */

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const KEEP_UNVERIFIED = 30 * DAY;
const KEY = { impKey: 'retention', impSecret: 'SecretOfRetention/1234567890' };
const USER_CODE = 'imp00000001';
const BACKLOG = 20_000;
const CODE = '123456';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

/** Runs one statement beside the store; `{n}` stands for numbers from 1 to BACKLOG, `{random}` for so many bytes. */
type Sql = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

const ENGINES: Readonly<Record<string, () => Promise<{ databaseUrl: string; sql: Sql }>>> = {
  SQLite: async () => {
    const file = join(temporaryFolder(), 'bonin.db');
    const numbers = `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${BACKLOG})`;
    return {
      databaseUrl: `sqlite:${file}`,
      async sql(sql) {
        const database = new DatabaseSync(file, { timeout: 5_000 });
        try {
          const text = sql.replace('{numbers}', `${numbers} SELECT`).replace('{from}', 'FROM n');
          return database.prepare(text.replaceAll('{random}', 'randomblob(40)')).all();
        } finally {
          database.close();
        }
      },
    };
  },
  PostgreSQL: async () => {
    const url = await server.newDatabase();
    return {
      databaseUrl: url,
      async sql(sql) {
        const text = sql
          .replace('{numbers}', 'SELECT')
          .replace('{from}', `FROM generate_series(1, ${BACKLOG}) n`);
        return ask(url, text.replaceAll('{random}', "decode(md5(random()::text) || 'ff', 'hex')"));
      },
    };
  },
};

/** A server of production whose clock stands, with an agency that sends 123456. */
async function startServer({ databaseUrl, sql }: { databaseUrl: string; sql: Sql }) {
  const provider = new SlowProvider();
  onTestFinished(() => provider.open());
  const time = { now: Date.now() };
  const logged: string[] = [];
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl,
    masterKeys: [newMasterKey()],
    log: createLog('error', { write: (line) => void logged.push(line) }),
    moveClock: () => ({ now: () => time.now }),
    providers: provider.providers,
    keepUnverified: KEEP_UNVERIFIED,
  });
  onTestFinished(() => app.close());
  await app.merchants.save({
    name: '가상상점',
    userCode: USER_CODE,
    keys: [KEY],
    channels: [
      {
        channelKey: 'retention',
        provider: 'kcp_v2',
        providerMerchantId: 'P1',
        carrierApproval: false,
        foreignerAddOn: false,
        minimumAge: null,
      },
    ],
  });
  const { url } = await app.listen(0, '127.0.0.1');
  const client = new Client(url);
  onTestFinished(() => client.close());
  const page = shopOf({ url });
  const clock = { now: () => time.now };
  const merchantId = (await app.merchants.find({ userCode: USER_CODE }))?.id ?? 0;
  return {
    app,
    sql,
    time,
    provider,
    client,
    page,
    logged,
    merchantId,
    sweep: () => sweep({ store: app.store, clock, keepUnverified: KEEP_UNVERIFIED }),
    async shop() {
      return new Shop(client, (await client.token(KEY.impKey, KEY.impSecret)).token);
    },
    /** Somebody who has only to type the code. */
    async visit() {
      const started = await page.start({ user_code: USER_CODE });
      const visitor = new Visitor();
      await visitor.open(started.url);
      for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
        await visitor.send(form);
      expect(visitor.screen).toBe('code');
      return { ...started, visitor, id: Number(started.imp_uid.slice(4)) };
    },
    async count(table: string, condition = '1 = 1') {
      const [row] = await sql(`SELECT count(*) AS many FROM ${table} WHERE ${condition}`);
      return Number(row?.['many']);
    },
  };
}
type Server = Awaited<ReturnType<typeof startServer>>;

/** Attempts and OTPs whose time is over, with bytes that nothing opens. */
async function pileUp({ sql, time, merchantId }: Server): Promise<void> {
  const [channel] = await sql('SELECT id FROM channels');
  const owner = `${merchantId}, ${channel?.['id']}`;
  const certification = (first: number) =>
    `INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, key_id, salt, sealed)
     {numbers} ${first} + n, ${owner}, 'pending', ${time.now - DAY}, 1, {random}, {random} {from}`;
  await sql(certification(100_000));
  await sql(certification(200_000));
  await sql(
    `INSERT INTO attempts (id, merchant_id, channel_id, ticket_digest, ticket_until, handle_digest, expires_at, step,
       wrong, launch_key_id, launch_salt, launch_sealed, progress_key_id, progress_salt, progress_sealed)
     {numbers} 100000 + n, ${owner}, {random}, 0, {random}, ${time.now - SECOND}, 3, 0, 1, {random}, {random}, 1, {random},
       {random} {from}`,
  );
  await sql(
    `INSERT INTO otps (id, method, digest, phone_digest, sent_at, wrong, key_id, salt, sealed)
     {numbers} 200000 + n, 'SMS', {random}, {random}, ${time.now - 181 * SECOND}, 0, 1, {random}, {random} {from}`,
  );
}

const TYPED = {
  attempts: 'progress_sealed IS NOT NULL OR progress_salt IS NOT NULL OR code_digest IS NOT NULL',
  otps: 'sealed IS NOT NULL OR salt IS NOT NULL OR digest IS NOT NULL OR phone_digest IS NOT NULL',
};

describe.each(Object.entries(ENGINES))('one sweep, on %s', (_engine, newDatabase) => {
  it('ends a backlog of 20,000 attempts and 20,000 OTPs, and lets others get their turn', {
    timeout: 240_000,
  }, async () => {
    const site = await startServer(await newDatabase());
    const shop = await site.shop();
    await pileUp(site);
    let isOver = false;
    const swept = site.sweep().then(() => {
      isOver = true;
    });
    expect((await shop.lookup('imp_000000000000')).status).toBe(404);
    expect(isOver).toBe(false);
    await swept;
    for (const [table, typed] of Object.entries(TYPED)) {
      expect(await site.count(table, typed)).toBe(0);
      expect(await site.count(table, 'ended IS NOT NULL')).toBe(BACKLOG);
    }
    expect(await site.count('certifications', "state = 'expired'")).toBe(2 * BACKLOG);
    // Later on they go altogether, as many as they are.
    site.time.now += KEEP_UNVERIFIED + 1;
    await site.sweep();
    for (const table of ['certifications', 'attempts', 'otps', 'counted_requests'])
      expect(await site.count(table), table).toBe(0);
    expect(site.logged).toEqual([]);
  });

  it.each([
    ['random bytes in what was typed', 'UPDATE attempts SET progress_sealed = {random}'],
    ['a salt of another length', 'UPDATE attempts SET progress_salt = {random}'],
    ['a key that nobody has', 'UPDATE attempts SET progress_key_id = 77'],
    ['random bytes in the frame', 'UPDATE attempts SET launch_sealed = {random}'],
    ['another merchant', 'UPDATE attempts SET merchant_id = 77'],
    ['a channel that is not there', 'UPDATE attempts SET channel_id = 77'],
    ['a certification that failed', "UPDATE certifications SET state = 'failed'"],
    ['a certification that is certified', "UPDATE certifications SET state = 'certified', certified_at = 1"],
    ['no certification', 'DELETE FROM certifications'],
    ['a damaged certification', 'UPDATE certifications SET sealed = {random}'],
  ])('gets past an attempt with %s, and forgets what was typed for it too', async (_what, damage) => {
    const site = await startServer(await newDatabase());
    const [first, damaged, last] = [await site.visit(), await site.visit(), await site.visit()];
    await site.sql(`${damage} WHERE id = ${damaged.id}`);
    site.time.now += 900 * SECOND;
    await site.sweep();
    expect(await site.count('attempts', TYPED.attempts)).toBe(0);
    expect(await site.count('attempts', 'ended IS NOT NULL')).toBe(3);
    for (const { handle } of [first, last])
      expect((await site.page.result(handle)).result).toMatchObject({ error_code: 'EXPIRED' });
  });

  it.each([
    ['random bytes in whom it names', 'UPDATE otps SET sealed = {random}'],
    ['a salt of another length', 'UPDATE otps SET salt = {random}'],
    ['a key that nobody has', 'UPDATE otps SET key_id = 77'],
    ['another method', "UPDATE otps SET method = 'APP'"],
    ['an end that was written into it', "UPDATE otps SET ended = 'tries'"],
    ['a certification that failed', "UPDATE certifications SET state = 'failed'"],
    ['a certification that is certified', "UPDATE certifications SET state = 'certified', certified_at = 1"],
    ['no certification', 'DELETE FROM certifications'],
    ['a damaged certification', 'UPDATE certifications SET sealed = {random}'],
  ])('gets past an OTP with %s, and forgets whom it named too', async (_what, damage) => {
    const site = await startServer(await newDatabase());
    const shop = await site.shop();
    const ids: string[] = [];
    for (const phone of ['01000000001', '01000000002', '01000000003']) ids.push(await shop.impUid({ phone }));
    await site.sql(`${damage} WHERE id = ${Number(ids[1]?.slice(4))}`);
    site.time.now += 180 * SECOND;
    await site.sweep();
    expect(await site.count('otps', TYPED.otps)).toBe(0);
    for (const impUid of [ids[0], ids[2]])
      expect(
        await site.count('certifications', `id = ${Number(impUid?.slice(4))} AND state = 'expired'`),
      ).toBe(1);
  });

  it('opens nothing; whoever reads a damaged row is answered 500, and it is logged as an alarm', async () => {
    const site = await startServer(await newDatabase());
    const { visitor, handle, id } = await site.visit();
    const shop = await site.shop();
    const impUid = await shop.impUid({ phone: '01000000001' });
    await site.sql(`UPDATE attempts SET progress_sealed = {random} WHERE id = ${id}`);
    await site.sql(`UPDATE otps SET sealed = {random} WHERE id = ${Number(impUid.slice(4))}`);
    await site.sweep();
    expect(site.logged).toEqual([]);
    await visitor.reload();
    expect(visitor.status).toBe(500);
    expect((await site.page.result(handle)).status).toBe(500);
    expect((await shop.confirm(impUid)).status).toBe(500);
    expect(site.logged).toHaveLength(3);
    for (const line of site.logged) expect(line).toContain('"sealed_data_unreadable"');
    // Past its time it can be swept as any other.
    site.time.now += 900 * SECOND;
    await site.sweep();
    expect(await site.count('attempts', TYPED.attempts)).toBe(0);
    expect(await site.count('otps', TYPED.otps)).toBe(0);
    expect(site.logged).toHaveLength(3);
  });

  it('takes no certification that is just being confirmed, on the page or by the API', async () => {
    const site = await startServer(await newDatabase());
    const { visitor, handle } = await site.visit();
    // A code sent late in the attempt.
    site.time.now += 899 * SECOND;
    await visitor.send({ do: 'resend' });
    const shop = await site.shop();
    const impUid = await shop.impUid({ phone: '01000000001' });
    const typed = visitor.send({ otp: CODE });
    await expect.poll(() => site.provider.asked).toBe(1);
    const confirmed = shop.confirm(impUid);
    await expect.poll(() => site.provider.asked).toBe(2);
    site.time.now += 2 * SECOND;
    await site.sweep();
    expect(await site.page.result(handle)).toMatchObject({ state: 'pending' });
    expect(await site.count('otps', TYPED.otps)).toBe(1);
    site.provider.open();
    await typed;
    expect((await site.page.result(handle)).result).toMatchObject({ success: true });
    expect((await confirmed).response).toMatchObject({ certified: true });
    await site.sweep();
    expect((await shop.lookup(impUid)).response).toMatchObject({ certified: true });
  });

  it('takes a late certification once the claim of somebody who died is over', async () => {
    const site = await startServer(await newDatabase());
    const { handle, imp_uid } = await site.visit();
    const shop = await site.shop();
    const impUid = await shop.impUid({ phone: '01000000001' });
    site.time.now += 899 * SECOND;
    const { app, merchantId } = site;
    const attempt = await app.attempts.find({ handle });
    const claim = { id: Uint8Array.of(1), until: site.time.now + 30 * SECOND };
    const taken = { claim, now: site.time.now };
    expect(await app.store.attempts.claim({ impUid: imp_uid, step: attempt?.step ?? 0, ...taken })).toBe(
      true,
    );
    expect(await app.store.claim({ merchantId, impUid, ...taken })).toBe(true);
    site.time.now += 30 * SECOND - 1;
    await site.sweep();
    expect(await site.count('certifications', "state = 'pending'")).toBe(2);
    site.time.now += 1;
    await site.sweep();
    expect(await site.count('certifications', "state = 'expired'")).toBe(2);
    expect((await site.page.result(handle)).result).toMatchObject({ error_code: 'EXPIRED' });
    expect((await shop.confirm(impUid)).status).toBe(400);
  });

  it('forgets an attempt a day after its end and none that runs, and a certification without a person in its time', async () => {
    const site = await startServer(await newDatabase());
    site.provider.open();
    const begin = site.time.now;
    const [cancelled, certified] = [await site.visit(), await site.visit()];
    await cancelled.visitor.send({ do: 'cancel' });
    await certified.visitor.send({ otp: CODE });
    expect(certified.visitor.screen).toBe('success');
    // One that a sweep has never met, older than a day.
    const left = await site.visit();
    site.time.now = begin + 900 * SECOND + DAY;
    await site.app.store.attempts.forget(site.time.now - DAY + SECOND, 100);
    expect(await site.count('attempts')).toBe(1);
    expect(await site.count('attempts', `id = ${left.id}`)).toBe(1);
    await site.sweep();
    const shop = await site.shop();
    for (const { imp_uid } of [cancelled, left])
      expect((await shop.lookup(imp_uid)).response).toMatchObject({ certified: false });
    site.time.now = begin + KEEP_UNVERIFIED;
    await site.sweep();
    expect(await site.count('certifications')).toBe(3);
    site.time.now += 1;
    await site.sweep();
    expect(await site.count('certifications')).toBe(1);
    const again = await site.shop();
    for (const { imp_uid } of [cancelled, left]) expect((await again.lookup(imp_uid)).status).toBe(404);
    expect((await again.lookup(certified.imp_uid)).response).toMatchObject({ certified: true });
  });

  it('deletes no certification that is pending, however old, before it has ended', async () => {
    const site = await startServer(await newDatabase());
    const { id } = await site.visit();
    site.time.now += 2 * KEEP_UNVERIFIED;
    await site.app.store.forgetUnverified(site.time.now, 100);
    expect(await site.count('certifications', `id = ${id}`)).toBe(1);
    await site.sweep();
    expect(await site.count('certifications')).toBe(0);
  });
});
