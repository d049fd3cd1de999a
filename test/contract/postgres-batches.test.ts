import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, type PostgresServer, startPostgres } from './postgres-server.ts';
import { filled } from './postgres-store.ts';

/* Writes of one moment share a transaction, and nobody in it waits for what only another one needs. */

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const NOW = 1_741_915_200_000;
const CODE = Uint8Array.of(1, 2, 3);
const MANY = 32;

/** Ends in two bytes that name the row of `turns`. */
const phoneOf = (turn: number) => Buffer.concat([randomBytes(34), Buffer.from([turn >> 8, turn & 255])]);
const otpOf = (turn: number) => ({
  method: 'SMS' as const,
  digest: CODE,
  phoneDigest: phoneOf(turn),
  claimant: { keyId: 1, salt: randomBytes(32), blob: randomBytes(200) },
  sentAt: NOW,
  wrong: 0,
  end: null,
});

/** Holds what `sql` locks while `work` runs. */
async function holding(url: string, sql: string, work: () => Promise<void>): Promise<void> {
  const holder = new Client({ connectionString: url });
  await holder.connect();
  await holder.query(`BEGIN; ${sql}`);
  try {
    await work();
  } finally {
    await holder.query('COMMIT');
    await holder.end();
  }
}

async function commits(url: string): Promise<number> {
  const [row] = await ask(url, 'SELECT pg_current_xact_id()::text::bigint AS next');
  return Number(row?.['next']);
}

/** A try with the right code. */
function rightTry(merchantId: number, impUid: string) {
  const claim = { id: randomBytes(16), until: NOW + 1000 };
  return { merchantId, impUid, digest: CODE, wrongTries: 5, claim, now: NOW };
}

test('many verifications of one moment need a few transactions', async () => {
  const url = await server.newDatabase();
  const { store, merchant, record } = await filled(url);
  const asked = Array.from({ length: MANY }, () => record());
  const before = await commits(url);

  const created = asked.map((each, turn) => store.createOtpCertification(each, otpOf(turn)));
  expect(await Promise.all(created)).toEqual(asked.map(() => true));
  const tries = asked.map(({ impUid }) => rightTry(merchant.id, impUid));
  expect(await Promise.all(tries.map((each) => store.tryOtp(each)))).toEqual(asked.map(() => 'right'));
  const results = asked.map((each, at) =>
    store.certify({ ...each, state: 'certified', certifiedAt: NOW }, tries[at]?.claim.id ?? CODE),
  );
  expect(await Promise.all(results)).toEqual(asked.map(() => true));

  // Three, and the one that asks.
  expect((await commits(url)) - before).toBe(4);
  await store.close();
});

test('a code request for a locked phone number waits, and the others do not', async () => {
  const url = await server.newDatabase();
  const { store, record } = await filled(url);
  let waited: Promise<boolean> | null = null;
  await holding(url, 'SELECT id FROM turns WHERE id = 7 FOR UPDATE', async () => {
    let hasEnded = false;
    waited = store.createOtpCertification(record(), otpOf(7)).finally(() => {
      hasEnded = true;
    });
    const others = [8, 9].map((turn) => store.createOtpCertification(record(), otpOf(turn)));
    expect(await Promise.all(others)).toEqual([true, true]);
    expect(hasEnded).toBe(false);
  });
  expect(await waited).toBe(true);
  await store.close();
});

test('a try and a result for a locked certification wait, and the others do not', async () => {
  const url = await server.newDatabase();
  const { store, merchant, record } = await filled(url);
  const [held, free] = [record(), record()];
  for (const each of [held, free]) await store.createOtpCertification(each, otpOf(1));
  const lock = `SELECT id FROM certifications WHERE id = ${Number(held.impUid.slice(4))} FOR UPDATE`;
  const [first, other] = [rightTry(merchant.id, held.impUid), rightTry(merchant.id, free.impUid)];
  let tried: Promise<string> | null = null;
  await holding(url, lock, async () => {
    tried = store.tryOtp(first);
    expect(await store.tryOtp(other)).toBe('right');
  });
  expect(await tried).toBe('right');

  const certify = (each: typeof held, claim: Uint8Array) =>
    store.certify({ ...each, state: 'certified' as const, certifiedAt: NOW }, claim);
  let certified: Promise<boolean> | null = null;
  await holding(url, lock, async () => {
    certified = certify(held, first.claim.id);
    expect(await certify(free, other.claim.id)).toBe(true);
  });
  expect(await certified).toBe(true);
  await store.close();
});
