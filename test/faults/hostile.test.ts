import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Client } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { commitHostile } from '../support/hostile-check.ts';
import { type HostileExchange, hostileExchange } from '../support/hostile-requests.ts';
import { countOpenFiles, residentMemory } from '../support/processes.ts';
import { type RawAnswer, RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SEED = 20_250_115;
const BATCHES = 100;
const BATCH = 100;
const CONNECTIONS = 25;
/** What the second half of the same 20,000 exchanges may add to the memory in use, in kilobytes. */
const GROWTH_LIMIT = 96 * 1024;

test('10,000 hostile exchanges get answers of the contract, twice, and leave nothing behind', {
  timeout: 240_000,
}, async () => {
  const bonin = await startBonin(['--data', temporaryFolder()]);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const openFiles = () => countOpenFiles(bonin.pid);
  await client.lookup(token, 'imp_000000000001');
  const filesBefore = openFiles();

  // Somebody looks on, as with the page open: what happens is told while it happens.
  const stream = await EventStream.open(bonin.url);
  const statuses = new Map<number, number>();
  const seen: (readonly HostileExchange[])[] = [];
  const attack = async (batch: readonly HostileExchange[]) => {
    for (const answer of await inParallel(batch, (one) => commitHostile(bonin.port, token, one)))
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  };
  const run = await fc.check(
    fc.asyncProperty(fc.array(hostileExchange, { minLength: BATCH, maxLength: BATCH }), async (batch) => {
      seen.push(batch);
      await attack(batch);
    }),
    // A failure names its exchange itself; to shrink a hundred of them would take long and tell no more.
    { seed: SEED, numRuns: BATCHES, endOnFailure: true },
  );
  if (run.failed) throw new Error(`seed ${run.seed}, batch ${run.numRuns}: ${run.errorInstance}`);
  const memoryAfterOne = residentMemory(bonin.pid);
  for (const batch of seen) await attack(batch);
  const memoryAfterTwo = residentMemory(bonin.pid);

  const summary = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  process.stdout.write(
    `${2 * seen.length * BATCH} hostile exchanges; answers ${summary.join(', ')}; ` +
      `memory ${memoryAfterOne} kB, then ${memoryAfterTwo} kB\n`,
  );
  expect(memoryAfterTwo - memoryAfterOne).toBeLessThan(GROWTH_LIMIT);
  // An attack that reaches nothing would prove nothing.
  expect([...statuses.keys()].toSorted()).toEqual([
    100, 200, 204, 304, 400, 401, 403, 404, 405, 410, 413, 431,
  ]);
  expect(stream.named('request').length).toBeGreaterThan(100);
  stream.leave();
  expect(await eventually(() => openFiles() <= filesBefore, 20_000), 'connections were left open').toBe(true);

  const fresh = await client.token();
  const impUid = await client.create({ name: '홍길동' });
  expect((await client.lookup(fresh.token, impUid)).response).toMatchObject({
    name: '홍길동',
    certified: true,
  });
  client.close();
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  expect(bonin.stderr()).toBe('');
});

test('what stands in front of garbage in one write is answered first, in order', async () => {
  const bonin = await startBonin(['--memory']);
  const connection = await RawConnection.open(bonin.port);
  connection.write(
    'GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n\0\0\0 garbage\r\n\r\n',
  );
  await connection.closed;
  expect(readAnswers(connection.received).answers.map(({ status }) => status)).toEqual([200, 404, 400]);
});

test('an answer that comes before the body has arrived reaches a client who goes on writing', async () => {
  const bonin = await startBonin(['--memory']);
  const early = [
    'POST /nowhere HTTP/1.1\r\nConnection: close\r\n',
    'HEAD /users/getToken HTTP/1.1\r\nConnection: close\r\n',
    'OPTIONS /users/getToken HTTP/1.1\r\nConnection: close\r\n',
    'POST /nowhere HTTP/1.0\r\n',
    'POST /users/getToken HTTP/1.1\r\nno header\r\n',
  ];
  const statuses = await Promise.all(
    early.map(async (head) => {
      // Many clients write all they have before they read.
      const socket = connect({ port: bonin.port, host: '127.0.0.1', allowHalfOpen: true });
      let failure: Error | null = null;
      socket.on('error', (error) => {
        failure = error;
      });
      socket.write(`${head}Content-Length: 1000\r\n\r\n`);
      for (let piece = 0; piece < 10; piece++) {
        await sleep(10);
        socket.write('x'.repeat(100));
      }
      socket.end();
      const received = await buffer(socket).catch(() => Buffer.alloc(0));
      expect(failure, head).toBeNull();
      return readAnswers(received, () => head.startsWith('HEAD')).answers.map(({ status }) => status);
    }),
  );
  expect(statuses).toEqual([[404], [405], [204], [404], [400]]);
});

async function inParallel(
  batch: readonly HostileExchange[],
  work: (one: HostileExchange) => Promise<readonly RawAnswer[]>,
): Promise<readonly RawAnswer[]> {
  const answers: RawAnswer[] = [];
  const queue = batch.values();
  const worker = async () => {
    for (const one of queue) answers.push(...(await work(one)));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return answers;
}
