import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenLookupResult } from '../../src/core/store.ts';
import { createPassingAuthority } from '../../src/sandbox/tls/authority.ts';
import { openDatabase } from '../../src/storage/index.ts';
import { readAddress } from '../../src/storage/postgres/address.ts';
import { Database } from '../../src/storage/postgres/database.ts';
import { Lookups } from '../../src/storage/postgres/lookups.ts';
import { markOf as mark } from '../support/keys.ts';
import { describeAttempts } from './attempts.ts';
import { describeJobs } from './jobs.ts';
import { describeLookups } from './lookups.ts';
import { putMerchant } from './merchant.ts';
import { describeOtps } from './otps.ts';
import { ask, type PostgresServer, startPostgres } from './postgres-server.ts';
import { filled, open } from './postgres-store.ts';
import { describeStore } from './store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

for (const suite of [describeStore, describeLookups, describeOtps, describeAttempts, describeJobs])
  suite('postgres, two pools', async () => {
    const url = await server.newDatabase();
    const opened = await Promise.all([openDatabase(url, mark('dev')), openDatabase(url, mark('dev'))]);
    const [{ store: first, resetCertifications }, { store: second }] = opened;
    return { first, second, resetCertifications };
  });

describe('postgres', () => {
  async function expectRefusal(url: string, says: RegExp, as = mark('dev')) {
    const before = await dump(url).catch(() => null);
    const refusal = await open(url, as).then(
      () => new Error('was not refused'),
      (error: Error) => error,
    );
    expect(refusal).toMatchObject({ code: 'start_refused', message: expect.stringMatching(says) });
    expect(refusal.message).not.toContain('\n');
    expect(await dump(url).catch(() => null)).toEqual(before);
  }

  it('has the schema that is written down in schema-postgres.sql', async () => {
    const url = await server.newDatabase();
    await (await open(url)).close();
    // Made anew with `npx vitest run test/contract --update`, and read in review.
    await expect(await dump(url)).toMatchFileSnapshot('schema-postgres.sql');
  });

  it('refuses a database of the other mode, of another key, of a newer schema', async () => {
    const url = await server.newDatabase();
    await (await open(url)).close();
    await expectRefusal(url, /belongs to the mode dev and is never opened by serve$/, mark('serve'));
    await expectRefusal(
      url,
      /sealed with a master key that is not among the keys given$/,
      mark('dev', [{ id: 1, secret: randomBytes(32) }]),
    );
    await ask(url, "UPDATE stamp SET value = '99' WHERE name = 'schema'");
    await expectRefusal(url, /was made by a newer Bonin \(schema 99, this one knows 1\)$/);
  });

  it.for([
    'CREATE TABLE orders (id INTEGER)',
    'CREATE TABLE stamp (name TEXT, value TEXT); CREATE TABLE merchants (id INTEGER)',
    "CREATE TABLE stamp (name TEXT, value TEXT); CREATE TABLE certifications (id INTEGER); INSERT INTO stamp VALUES ('mode', 'dev')",
    'CREATE TABLE stamp (colour TEXT); CREATE TABLE certifications (id INTEGER)',
  ])('refuses a database of another program: %s', async (sql) => {
    const url = await server.newDatabase();
    await ask(url, sql);
    await expectRefusal(url, /holds tables of another program/);
  });

  it('refuses what it cannot keep its promises on', async () => {
    const latin = await server.newDatabase("ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
    await expectRefusal(latin, /does not hold texts in UTF-8$/);
    const careless = await server.newDatabase();
    await ask(careless, `ALTER DATABASE ${new URL(careless).pathname.slice(1)} SET synchronous_commit = off`);
    await expectRefusal(careless, /synchronous_commit = off/);
    const standby = await server.newDatabase();
    await ask(
      standby,
      `ALTER DATABASE ${new URL(standby).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    await expectRefusal(standby, /is read-only, as a standby is$/);
    await expectRefusal(`${new URL('/nowhere', careless)}`, /has no such database$/);
  });

  it('refuses an address that leads nowhere, and never says the password', async () => {
    const url = (rest: string) => `postgres://someone:Geheim-1@${rest}`;
    for (const [address, says] of [
      [url('127.0.0.1:1/bonin'), /^127\.0\.0\.1:1\/bonin: no database server listens there$/],
      [url('nowhere.invalid/bonin'), /nowhere\.invalid:5432\/bonin: .*(?:name|reached)/],
      [url(`127.0.0.1:${server.port}/bonin?sslmode=verify-full`), /does not speak TLS/],
      [url('127.0.0.1/bonin?sslmode=prefer'), /sslmode in the database URL must be one of/],
      [url('127.0.0.1/bonin?sslmode=verify-full&sslrootcert=/nowhere'), /sslrootcert .* cannot be read/],
      [url('127.0.0.1/bonin?password=Geheim-1'), /may have the parameters/],
      ['postgres://someone:Geheim-1%@127.0.0.1/bonin', /% that stands for no character/],
      ['postgres://someone:Geheim-1@127.0.0.1:1,127.0.0.2:2/bonin', /must begin with one of/],
    ] as const) {
      const refusal = await open(address).catch((error: Error) => error);
      expect(refusal).toMatchObject({ code: 'start_refused', message: expect.stringMatching(says) });
      expect(JSON.stringify([refusal, (refusal as Error).stack])).not.toContain('Geheim-1');
    }
  });

  it('speaks through a Unix socket', async () => {
    const { pathname } = new URL(await server.newDatabase());
    const url = `postgres://postgres@:${server.port}${pathname}?host=${server.folder}`.replace(
      '@:',
      '@localhost:',
    );
    const store = await open(url);
    await store.check();
    await store.close();
  });

  it('finds nothing under what PostgreSQL cannot keep', async () => {
    const { store, merchant } = await filled(await server.newDatabase());
    expect(await store.findCertification(merchant.id, 'a\0b')).toBeNull();
    expect(await store.findOtp(merchant.id, 'a\0b')).toBeNull();
    expect(await store.eraseCertification(merchant.id, 'a\0b', 1)).toBeNull();
    const claim = { id: Uint8Array.of(1), until: 1 };
    const asked = { merchantId: merchant.id, impUid: 'a\0b', claim, now: 0 };
    expect(await store.tryOtp({ ...asked, digest: Uint8Array.of(1), wrongTries: 5 })).toBe('closed');
    expect(await store.claim(asked)).toBe(false);
    await store.release(merchant.id, 'a\0b', claim.id);
    expect(await store.revokeKey('a\0b', 1)).toBe(false);
    expect(await store.findApiKey('a\0b')).toBeNull();
    expect(await store.findMerchant({ userCode: 'a\0b' })).toBeNull();
    expect(await store.findChannel('a\0b')).toBeNull();
    await store.close();
  });

  it('fails only the lookups of rows that were altered, and notices altered channels and tokens at once', async () => {
    const url = await server.newDatabase();
    const { store, record } = await filled(url);
    const ids = [record().impUid, record().impUid, 'imported-1'];
    for (const impUid of ids) await store.createCertification(record(impUid));
    const key = await store.findApiKey('key');
    if (key === null) throw new Error('the key is not there');
    const digest = 'ab'.repeat(36);
    const next = { nonce: randomBytes(24), digest, issuedAt: 1, expiresAt: 2, proof: randomBytes(36) };
    await store.putToken({ key, seen: null, next });
    const look = () => store.lookUp(ids.map((impUid) => ({ digest, impUid })));
    const found = (await look()) as readonly TokenLookupResult[];
    expect(found.map(({ certification }) => certification)).toMatchObject(ids.map((impUid) => ({ impUid })));

    await ask(url, "UPDATE channels SET provider_merchant_id = 'another'");
    await ask(url, 'UPDATE access_tokens SET expires_at = 3');
    const altered = (await look()) as readonly TokenLookupResult[];
    for (const each of altered)
      expect(each).toMatchObject({
        holder: { expiresAt: 3 },
        certification: { channel: { providerMerchantId: 'another' } },
      });

    const foreign = `UPDATE certifications SET channel_id = 999 WHERE id <> ${Number(ids[0]?.slice(4))}`;
    await ask(url, `SET session_replication_role = replica; ${foreign}`);
    const unreadable = expect.objectContaining({ code: 'sealed_data_unreadable' });
    expect(
      ((await look()) as readonly TokenLookupResult[]).map(({ certification }) => certification),
    ).toEqual([expect.objectContaining({ impUid: ids[0] }), unreadable, unreadable]);
    await store.close();
  });

  it('knows a token whatever other lookups of the same moment make it forget', async () => {
    const url = await server.newDatabase();
    const { store, record } = await filled(url);
    const { impUid } = record();
    await store.createCertification(record(impUid));
    const key = await store.findApiKey('key');
    if (key === null) throw new Error('the key is not there');
    const digest = 'cd'.repeat(36);
    const next = { nonce: randomBytes(24), digest, issuedAt: 1, expiresAt: 2, proof: randomBytes(36) };
    await store.putToken({ key, seen: null, next });
    const database = new Database(readAddress(new URL(url)));
    const lookups = new Lookups(database.run, 0);
    for (let round = 0; round < 20; round++) {
      const found = await Promise.all(Array.from({ length: 9 }, () => lookups.ask([{ digest, impUid }])));
      for (const [each] of found)
        expect(each).toMatchObject({ holder: { expiresAt: 2 }, certification: { impUid } });
    }
    await database.close();
    await store.close();
  });

  it('fails only those who ask for a merchant whose row was altered', async () => {
    const url = await server.newDatabase();
    const { store, merchant } = await filled(url);
    const other = await putMerchant(store, { userCode: 'imp00000002' });
    await ask(url, `UPDATE merchants SET page_rules = '7' WHERE id = ${other.id}`);
    const found = await Promise.allSettled([merchant, other].map(({ id }) => store.findMerchant({ id })));
    expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await store.close();
  });

  it('believes a server only what sslmode asks it to prove', async () => {
    const authority = await createPassingAuthority();
    const { cert, key } = authority.issue();
    await server.speakTls(String(cert), String(key));
    const url = await server.newDatabase();
    const OURS = "application_name = 'bonin' AND datname = current_database()";
    const opening = async (parameters: string, host = '127.0.0.1') => {
      const store = await open(`${url.replace('127.0.0.1', host)}?${parameters}`);
      const [ssl] = await ask(
        url,
        `SELECT bool_and(ssl) AS used FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ${OURS}`,
      );
      await store.close();
      // The server's end of a connection may outlast ours, and would be taken for one of the next store.
      const left = () => ask(url, `SELECT pid FROM pg_stat_activity WHERE ${OURS}`);
      await expect.poll(left).toEqual([]);
      return ssl?.['used'];
    };
    const known = `sslrootcert=${encodeURIComponent(authority.file)}`;
    expect(await opening('')).toBe(false);
    expect(await opening('sslmode=require')).toBe(true);
    expect(await opening(`sslmode=verify-ca&${known}`)).toBe(true);
    expect(await opening(`sslmode=verify-full&${known}`)).toBe(true);
    await expect(opening('sslmode=verify-full')).rejects.toThrow(/certificate is not trusted$/);
    // An address of this machine that the certificate does not name.
    await expect(opening(`sslmode=verify-full&${known}`, '127.0.0.2')).rejects.toThrow(/of another host$/);
    expect(await opening(`sslmode=verify-ca&${known}`, '127.0.0.2')).toBe(true);
    authority.close();
  });

  it('does not start over in a database of serve', async () => {
    const { store, resetCertifications } = await openDatabase(await server.newDatabase(), mark('serve'));
    await expect(resetCertifications()).rejects.toMatchObject({ code: 'store_failed' });
    await store.close();
  });
});

/** Tables, columns, constraints and indexes, a line each, and the stamp. */
async function dump(url: string): Promise<string> {
  const columns = await ask(
    url,
    `SELECT format('%s.%s %s%s%s', table_name, column_name, data_type,
       CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END,
       CASE WHEN is_identity = 'YES' THEN ' IDENTITY' ELSE '' END) AS line
     FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`,
  );
  const constraints = await ask(
    url,
    `SELECT format('%s: %s', conrelid::regclass, pg_get_constraintdef(oid)) AS line FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1`,
  );
  const indexes = await ask(
    url,
    "SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
  );
  const lines = (rows: typeof columns) => rows.map(({ line }) => `${line}\n`).join('');
  return [columns, constraints, indexes].map(lines).join('\n');
}
