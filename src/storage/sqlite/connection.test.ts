import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { markOf } from '../../../test/support/keys.ts';
import { AppError } from '../../errors.ts';
import { Connection } from './connection.ts';
import { openDatabase } from './open.ts';

const REFUSAL = new AppError('store_failed', { detail: 'this one is refused' });

describe('writes of one turn', () => {
  let database: DatabaseSync;
  let connection: Connection;
  let forgotten: number;

  beforeEach(() => {
    forgotten = 0;
    database = openDatabase(':memory:', markOf('dev'));
    connection = new Connection(database, () => {
      forgotten++;
    });
  });
  afterEach(() => connection.close());

  const put = (name: string) => connection.exec(`INSERT INTO stamp (name, value) VALUES ('${name}', 'x')`);
  const write = (name: string) => connection.write(() => put(name));
  const stored = () =>
    database
      .prepare("SELECT name FROM stamp WHERE name LIKE 'w%' ORDER BY name")
      .all()
      .map(({ name }) => name);

  it('are written at its end, in the order in which they were asked for', async () => {
    const order: string[] = [];
    const writes = ['w1', 'w2', 'w3'].map((name) =>
      connection.write(() => {
        order.push(name);
        put(name);
        return name;
      }),
    );
    expect(stored()).toEqual([]);
    expect(await Promise.all(writes)).toEqual(['w1', 'w2', 'w3']);
    expect(order).toEqual(['w1', 'w2', 'w3']);
    expect(stored()).toEqual(['w1', 'w2', 'w3']);
  });

  it('share one transaction, and none is answered before its commit', async () => {
    const answered: string[] = [];
    const seen: boolean[] = [];
    const look = (name: string) =>
      connection.write(() => {
        put(name);
        seen.push(database.isTransaction, answered.length > 0);
      });
    const writes = ['w1', 'w2'].map(async (name) => {
      await look(name);
      answered.push(`${name} ${database.isTransaction}`);
    });
    await Promise.all(writes);
    expect(seen).toEqual([true, false, true, false]);
    expect(answered).toEqual(['w1 false', 'w2 false']);
  });

  it('undo only themselves when they throw, and drop what is cached', async () => {
    const early = write('w2');
    const refused = connection.write(() => {
      put('w1');
      throw REFUSAL;
    });
    const taken = connection.write(() => {
      put('w4');
      put('w2');
    });
    const writes = [early, refused, taken, write('w3')];
    const [first, second, third, last] = await Promise.allSettled(writes);
    expect(first?.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: REFUSAL });
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'store_failed' } });
    expect(last?.status).toBe('fulfilled');
    expect(stored()).toEqual(['w2', 'w3']);
    expect(forgotten).toBeGreaterThanOrEqual(2);
  });

  it('all fail when the commit fails, and nothing of them stays', async () => {
    forgotten = 0;
    const orphan = connection.write(() =>
      connection.exec(
        "PRAGMA defer_foreign_keys = ON; INSERT INTO api_keys (merchant_id, imp_key, secret_digest) VALUES (9, 'k', x'')",
      ),
    );
    const outcomes = await Promise.allSettled([write('w1'), orphan, write('w2')]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'store_failed' } });
    expect(database.isTransaction).toBe(false);
    expect(forgotten).toBeGreaterThan(0);
    await write('w3');
    expect(stored()).toEqual(['w3']);
  });

  it('all fail when SQLite undoes the transaction because there is no room', async () => {
    const pages = database.prepare('PRAGMA page_count').get()?.['page_count'];
    database.exec(`PRAGMA max_page_count = ${Number(pages) + 1}`);
    const large = connection.write(() => {
      database.prepare("INSERT INTO stamp (name, value) VALUES ('w2', hex(zeroblob(65536)))").run();
    });
    const outcomes = await Promise.allSettled([write('w1'), large, write('w3')]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } });
    expect(stored()).toEqual([]);
    expect(() => connection.check()).toThrow(AppError);
    database.exec('PRAGMA max_page_count = 1000000');
    connection.check();
    await write('w4');
    expect(stored()).toEqual(['w4']);
  });

  it('are spread over several transactions when there are very many', async () => {
    const answeredBefore = new Set<number>();
    let answered = 0;
    const writes = Array.from({ length: 450 }, async (_, at) => {
      await connection.write(() => {
        answeredBefore.add(answered);
        put(`w${at}`);
      });
      answered++;
    });
    await Promise.all(writes);
    expect([...answeredBefore]).toEqual([0, 200, 400]);
    expect(stored().length).toBe(450);
  });

  it('are written before the connection is closed, and refused afterwards', async () => {
    const seen: unknown[] = [];
    const waiting = connection.write(() => {
      put('w1');
      seen.push(...stored());
      return 'written';
    });
    connection.close();
    expect(seen).toEqual(['w1']);
    expect(await waiting).toBe('written');
    await expect(write('w2')).rejects.toMatchObject({ code: 'store_failed' });
    // Whoever was answered last asks for this: a timer that fails would end the process.
    connection.emptyLogSoon(0);
    await sleep(1);
  });
});
