import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../errors.ts';
import { WriteBatches } from './write-batches.ts';

/** Batches whose transactions end when the test says so. `odd` numbers cannot be done together. */
function controlled() {
  const batches: { requests: readonly number[]; end: (code?: ErrorCode) => void }[] = [];
  const alone: number[] = [];
  const writes = new WriteBatches<number, string>({
    together: (requests) =>
      new Promise((resolve, reject) => {
        const end = (code?: ErrorCode) =>
          code === undefined
            ? resolve(new Set(requests.filter((request) => request % 2 === 0)))
            : reject(new AppError(code));
        batches.push({ requests, end });
      }),
    done: 'together',
    alone: async (request) => {
      alone.push(request);
      if (request < 0) throw new AppError('store_failed');
      return 'alone';
    },
  });
  return { writes, batches, alone };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('writes in batches', () => {
  it('are done together when they come up in one turn, and alone where that cannot be', async () => {
    const { writes, batches, alone } = controlled();
    const all = [2, 3, 4].map((request) => writes.write(request));
    expect(batches).toEqual([]);
    await turn();
    expect(batches.map(({ requests }) => requests)).toEqual([[2, 3, 4]]);
    expect(alone).toEqual([]);
    batches[0]?.end();
    expect(await Promise.all(all)).toEqual(['together', 'alone', 'together']);
  });

  it('gather while two batches are on their way', async () => {
    const { writes, batches } = controlled();
    const all: Promise<string>[] = [];
    for (const request of [2, 4, 6, 8]) {
      all.push(writes.write(request));
      await turn();
    }
    expect(batches.map(({ requests }) => requests)).toEqual([[2], [4]]);
    batches[1]?.end();
    await turn();
    await turn();
    expect(batches.map(({ requests }) => requests)).toEqual([[2], [4], [6, 8]]);
    batches[0]?.end();
    batches[2]?.end();
    expect(await Promise.all(all)).toEqual(Array(4).fill('together'));
  });

  it('go in several batches when there are too many for one', async () => {
    const { writes, batches } = controlled();
    const all = Array.from({ length: 150 }, (_, at) => writes.write(at * 2));
    await turn();
    await turn();
    expect(batches.map(({ requests }) => requests.length)).toEqual([100, 50]);
    for (const { end } of batches) end();
    expect(new Set(await Promise.all(all))).toEqual(new Set(['together']));
  });

  it('are each tried alone when the database refuses the batch', async () => {
    const { writes, batches } = controlled();
    const all = Promise.allSettled([2, -2, 4].map((request) => writes.write(request)));
    await turn();
    batches[0]?.end('store_failed');
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail together, and are not repeated, when nobody knows whether they were written', async () => {
    const { writes, batches, alone } = controlled();
    const all = Promise.allSettled([2, 4].map((request) => writes.write(request)));
    await turn();
    batches[0]?.end('store_unavailable');
    for (const outcome of await all) expect(outcome).toMatchObject({ reason: { code: 'store_unavailable' } });
    expect(alone).toEqual([]);
    const next = writes.write(6);
    await turn();
    batches[1]?.end();
    expect(await next).toBe('together');
  });

  it('do not wait for a database that the batches before them did not reach', async () => {
    const { writes, batches } = controlled();
    const all: Promise<string>[] = [];
    for (const request of [2, 4, 6]) {
      all.push(writes.write(request));
      await turn();
    }
    const settled = Promise.allSettled(all);
    batches[0]?.end('store_unavailable');
    batches[1]?.end();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    await turn();
    expect(batches.length).toBe(2);
  });
});
