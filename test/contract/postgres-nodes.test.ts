import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newImpUid } from '../../src/core/ids.ts';
import type { OpenDatabase, Store } from '../../src/core/store.ts';
import type { AppError } from '../../src/errors.ts';
import { markOf as mark } from '../support/keys.ts';
import { startSeverableProxy } from '../support/severable-proxy.ts';
import { CHANNEL, putMerchant } from './merchant.ts';
import { ask, type PostgresServer, startPostgres } from './postgres-server.ts';
import { filled, open } from './postgres-store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

describe('postgres, under several nodes and in trouble', () => {
  it('is made once by several that start at the same moment, ten times', async () => {
    for (let count = 0; count < 10; count++) {
      const url = await server.newDatabase();
      const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)));
      await Promise.all(stores.map((store) => store.check()));
      await Promise.all(stores.map((store) => store.close()));
      const stamp = await ask(url, 'SELECT name, value FROM stamp ORDER BY name');
      expect(stamp.map(({ value }) => value)).toEqual(['bonin', 'dev', '1']);
    }
  });

  it('is taken by one mode alone when both start at the same moment', async () => {
    const url = await server.newDatabase();
    const started = await Promise.allSettled([open(url), open(url, mark('serve'))]);
    expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const each of started) if (each.status === 'fulfilled') await each.value.close();
  });

  it('gives no id away that is erased in the same moment', async () => {
    const { store, merchant, record } = await filled(await server.newDatabase());
    for (let count = 0; count < 60; count++) {
      const impUid = count % 2 ? newImpUid() : `other-${count}`;
      await store.createCertification(record(impUid));
      const [, ...created] = await Promise.all([
        store.eraseCertification(merchant.id, impUid, 1),
        ...Array.from({ length: 3 }, () => store.createCertification(record(impUid))),
      ]);
      expect(created).toEqual([false, false, false]);
      expect(await store.findCertification(merchant.id, impUid)).toBeNull();
    }
    await store.close();
  });

  it('leaves one of many OTPs open that are requested for one phone in the same moment', async () => {
    const url = await server.newDatabase();
    const { store, merchant, record } = await filled(url);
    const other = await open(url);
    const phoneDigest = randomBytes(36);
    const asked = Array.from({ length: 20 }, () => record());
    const otp = {
      method: 'SMS' as const,
      digest: Uint8Array.of(1),
      phoneDigest,
      claimant: record().sealed,
      sentAt: 1,
      wrong: 0,
      end: null,
    };
    await Promise.all(asked.map((each, at) => (at % 2 ? store : other).createOtpCertification(each, otp)));
    const states = await Promise.all(
      asked.map(async ({ impUid }) => (await store.findCertification(merchant.id, impUid))?.state),
    );
    expect(states.filter((state) => state === 'pending')).toHaveLength(1);
    const shop = randomBytes(36);
    const count = (phone: Uint8Array) => (_: unknown, at: number) =>
      (at % 2 ? store : other).countRequest(
        [
          { subject: phone, limits: [{ count: 5, window: 1000 }] },
          { subject: shop, limits: [{ count: 7, window: 1000 }] },
        ],
        5,
      );
    const counted = await Promise.all(Array.from({ length: 20 }, count(phoneDigest)));
    expect(counted.filter((freeAt) => freeAt === null)).toHaveLength(5);
    const more = await Promise.all(
      Array.from({ length: 20 }, () => count(randomBytes(36))).map((f, at) => f(0, at)),
    );
    expect(more.filter((freeAt) => freeAt === null)).toHaveLength(2);
    await Promise.all([store.close(), other.close()]);
  });

  it('lets every verb meet every other on the same few records without a failure', async () => {
    const url = await server.newDatabase();
    const { store, merchant, record } = await filled(url);
    const nodes = [store, await open(url)];
    const phones = Array.from({ length: 2 }, () => randomBytes(36));
    // The certification of an attempt ends with the attempt, and not otherwise.
    const otps: string[] = [];
    const attempts: string[] = [];
    const otp = (at: number) => ({
      method: 'SMS' as const,
      digest: Uint8Array.of(1),
      phoneDigest: phones[at % phones.length] ?? Uint8Array.of(0),
      claimant: record().sealed,
      sentAt: 1,
      wrong: 0,
      end: null,
    });
    const late = (ids: readonly string[], at: number) => ids.at(-1 - (at % 3)) ?? 'imp_000000000000';
    const any = (at: number) => late(at % 2 ? otps : attempts, at);
    const claim = { id: Uint8Array.of(7), until: 3 };
    const merchantId = merchant.id;
    const userCode = merchant.userCode;
    const subjects = phones.map((subject) => ({ subject, limits: [{ count: 5, window: 9 }] }));
    const stepOf = (at: number) => ({ impUid: late(attempts, at), step: at % 3, claim, now: at % 5 });
    const token = () => ({
      nonce: randomBytes(24),
      digest: randomBytes(36).toString('hex'),
      issuedAt: 1,
      expiresAt: 2,
      proof: randomBytes(36),
    });
    const verbs: readonly ((node: Store, at: number) => Promise<unknown>)[] = [
      (node, at) => {
        const fresh = record();
        otps.push(fresh.impUid);
        return node.createOtpCertification(fresh, otp(at));
      },
      async (node) => {
        const fresh = record();
        const { impUid, channel, sealed } = fresh;
        const secrets = {
          ticket: randomBytes(36),
          ticketUntil: 9,
          handle: randomBytes(36),
          session: null,
        };
        const begun = {
          step: 0,
          wrong: 0,
          code: null,
          back: null,
          end: null,
          launch: sealed,
          progress: sealed,
        };
        attempts.push(impUid);
        await node.attempts.create({ impUid, merchantId, channel, secrets, expiresAt: 9, ...begun }, fresh);
      },
      (node, at) =>
        node.tryOtp({
          merchantId,
          impUid: any(at),
          digest: Uint8Array.of(at % 3),
          wrongTries: 5,
          claim,
          now: at % 5,
        }),
      (node, at) => node.claim({ merchantId, impUid: late(otps, at), claim, now: at % 5 }),
      (node, at) => node.release(merchantId, any(at), claim.id),
      (node, at) =>
        node.endOtp({
          merchantId,
          impUid: late(otps, at),
          state: 'expired',
          end: 'late',
          claim: null,
          now: 1,
        }),
      (node, at) => node.certify({ ...record(late(otps, at)), state: 'certified', certifiedAt: 1 }, claim.id),
      (node, at) => node.eraseCertification(merchantId, any(at), 1),
      (node, at) => {
        const { sealed } = record();
        return node.attempts.openTicket({
          impUid: late(attempts, at),
          session: randomBytes(36),
          launch: sealed,
          progress: sealed,
          now: 1,
        });
      },
      (node, at) => {
        const { impUid, step } = stepOf(at);
        return node.attempts.advance({ impUid, step, progress: record().sealed, code: Uint8Array.of(1) });
      },
      (node, at) => node.attempts.tryCode({ ...stepOf(at), digest: Uint8Array.of(at % 3), wrongTries: 5 }),
      (node, at) => node.attempts.claim(stepOf(at)),
      (node, at) =>
        node.attempts.end({
          impUid: late(attempts, at),
          end: '{}',
          claim: null,
          now: 4,
          certification: { state: 'failed' },
        }),
      (node, at) => node.countRequest(subjects, at * 86_400_000),
      (node, at) => node.findOtp(merchantId, any(at)),
      (node, at) => node.attempts.endLate({ end: '{}', now: 8 + (at % 3), count: 3 }),
      (node) => node.attempts.forget(8, 3),
      (node, at) => node.endLateOtps(at % 3, 5, 3),
      (node, at) => node.forgetUnverified(at % 3, 3),
      (node) => node.forgetRequests(1, 3),
      async (node) => {
        const key = await node.findApiKey('key');
        if (key === null) throw new Error('the key is not there');
        const seen = await node.findTokenOfKey(key);
        return node.putToken({ key, seen, next: token() });
      },
      (node, at) =>
        putMerchant(node, {
          userCode,
          keys: [{ impKey: 'key', secretDigest: Uint8Array.of(at % 2) }],
          channels: [CHANNEL],
        }),
    ];
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        Array.from({ length: 44 }, (_, at) => {
          const verb = verbs[(at * 7 + round) % verbs.length];
          return verb?.(nodes[at % 2] ?? store, at + round);
        }),
      );
    }
    await Promise.all(nodes.map((node) => node.close()));
    // The server waits a second before it takes a circle of locks apart: there was none.
    const [met] = await ask(
      url,
      'SELECT deadlocks::integer FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(met?.['deadlocks']).toBe(0);
  });

  it('fails clearly while the server is down, and works again when it is back', async () => {
    const url = await server.newDatabase();
    const { store, pool, merchant, record } = await filled(url);
    const kept = record();
    await store.createCertification(kept);
    const find = () => store.findCertification(merchant.id, kept.impUid);
    await connectAll({ store, pool }, merchant.id);
    await server.stop();
    for (const call of [find, () => store.check(), () => store.createCertification(record())]) {
      // Of connections that stood, the first to be asked may say that they were lost, before their end was noticed.
      const codes = new Set<unknown>();
      const said = async () => {
        const { code, detail } = (await call().then(String, (error: AppError) => error)) as AppError;
        codes.add(code);
        return detail;
      };
      await expect.poll(said).toBe('no database server listens there');
      expect([...codes]).toEqual(['store_unavailable']);
    }
    await server.start();
    expect((await find())?.impUid).toBe(kept.impUid);
    // In the middle of calls, too: each ends with what it asked for or with the one error.
    const calls = Promise.allSettled(Array.from({ length: 200 }, () => store.createCertification(record())));
    await server.stop();
    const ends = await calls;
    for (const end of ends)
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'store_unavailable' });
    await server.start();
    expect(await store.createCertification(record())).toBe(true);
    const confirmed = ends.filter((end) => end.status === 'fulfilled').length;
    const [counted] = await ask(url, 'SELECT count(*)::integer AS kept FROM certifications');
    expect(Number(counted?.['kept'])).toBeGreaterThanOrEqual(confirmed + 2);
    await store.close();
  });

  it('waits neither for a statement nor for a connection without end, and quotes nothing', async () => {
    const url = await server.newDatabase();
    const { store, pool, merchant, record } = await filled(url);
    const canary = 'canary-Zugvogel';
    await store.createCertification(record(canary));
    await connectAll({ store, pool }, merchant.id);
    // Let go when everybody was answered, however long that takes.
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; SELECT id FROM certifications FOR UPDATE');
    const calls = Array.from({ length: 2200 }, () => store.eraseCertification(merchant.id, canary, 1));
    const ends = (await Promise.allSettled(calls)).map((end) =>
      end.status === 'rejected' ? (end.reason as { code: string; detail: string }) : null,
    );
    const count = (detail: string) => ends.filter((end) => end?.detail === detail).length;
    expect(count('the database took too long')).toBe(10);
    const late = count('no connection to the database became free in time');
    const refused = count('too many calls wait for a connection to the database');
    expect(late).toBeGreaterThanOrEqual(1990);
    expect(refused).toBeGreaterThanOrEqual(190);
    expect(10 + late + refused).toBe(2200);
    // And a value that the server would quote.
    const other = record();
    const twice = { ...other, state: 'certified' as const };
    const broken = await store.createCertification(twice).catch((error: Error) => error);
    expect(broken).toMatchObject({ detail: 'the database failed with SQLSTATE 23514', cause: undefined });
    expect(JSON.stringify([ends, broken])).not.toContain(canary);
    await holder.end();
    expect((await store.findCertification(merchant.id, canary))?.impUid).toBe(canary);
    await store.close();
  });

  it('asks on no connection of before when one of them was lost, as after a cut of the network', async () => {
    const url = new URL(await server.newDatabase());
    const proxy = await startSeverableProxy(server.port);
    url.port = String(proxy.port);
    const { store, pool, merchant, record } = await filled(url.href);
    const { impUid } = record();
    const find = () => store.findCertification(merchant.id, impUid);
    await connectAll({ store, pool }, merchant.id);
    proxy.freeze();
    await expect(find()).rejects.toMatchObject({ detail: 'the database server does not answer' });
    expect(await find()).toBeNull();
    await store.close();
    proxy.close();
  });

  it('goes to the server that can be written to, and to another when that has changed', async () => {
    const standby = await startPostgres();
    try {
      const [url, other] = [await server.newDatabase(), new URL(await standby.newDatabase())];
      const { pathname } = new URL(url);
      const name = pathname.slice(1);
      if (other.pathname !== pathname) await ask(other.href, `CREATE DATABASE ${name}`);
      other.pathname = pathname;
      const address = (...ports: number[]) =>
        `postgres://postgres@/${name}?host=${ports.map(() => '127.0.0.1')}&port=${ports}`.replace(
          '@/',
          '@localhost/',
        );
      await (await open(other.href)).close();
      const setReadOnly = (at: string, onOrOff: string) =>
        ask(
          at.replace(pathname, '/postgres'),
          `ALTER DATABASE ${name} SET default_transaction_read_only = ${onOrOff}`,
        );
      await setReadOnly(other.href, 'on');
      await expect(open(address(standby.port))).rejects.toThrow(/is read-only, as a standby is$/);

      const { store, merchant, record } = await filled(address(1, standby.port, server.port));
      const first = record();
      expect(await store.createCertification(first)).toBe(true);
      await setReadOnly(other.href, 'off');
      await setReadOnly(url, 'on');
      await ask(
        url.replace(pathname, '/postgres'),
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [name],
      );
      const second = record();
      await expect.poll(() => store.createCertification(second).catch(() => false)).toBe(true);
      expect(await store.findCertification(merchant.id, first.impUid)).toBeNull();
      expect(await ask(other.href, 'SELECT id FROM certifications')).toEqual([
        { id: second.impUid.slice(4).replace(/^0+/, '') },
      ]);
      await store.close();
    } finally {
      await standby.close();
    }
  });
});

/** Lets a node make as many connections as it takes; afterwards none of them is in use. */
async function connectAll(
  { store, pool }: Pick<OpenDatabase, 'store' | 'pool'>,
  merchantId: number,
): Promise<void> {
  // Erasures, since lookups of one turn go as one.
  await Promise.all(
    Array.from({ length: 30 }, () => store.eraseCertification(merchantId, 'imp_000000000000', 1)),
  );
  const { limit, idle } = pool?.() ?? { limit: -1, idle: 0 };
  expect(idle).toBe(limit);
}
