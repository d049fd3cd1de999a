import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { HttpServer } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { formatOf } from '../support/answer-format.ts';

const PIECE = 64 * 1024;
/** Whoever waited for it would not end in time. */
const LONGER_THAN_A_TEST = 3_600_000;

/** A server with one stream, and a client of it that never reads. */
async function startWithDeafClient({ gate = Promise.resolve() } = {}) {
  let write: (text: string) => void = () => {};
  let closed = 0;
  let opened = 0;
  const asked = Promise.withResolvers<void>();
  const server = new HttpServer({
    surfaces: [
      {
        basePath: '',
        routes: [
          {
            path: '/stream',
            methods: {
              GET: async () => {
                asked.resolve();
                await gate;
                return {
                  headers: ['Content-Type', 'text/plain'],
                  open(writer) {
                    write = writer;
                    opened++;
                    return () => void closed++;
                  },
                };
              },
            },
          },
        ],
      },
    ],
    cors: { kind: 'any' },
    format: formatOf(() => ({ status: 500, body: '{}' })),
    log: createLog('silent'),
  });
  const { port } = await server.listen(0, '127.0.0.1');
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  client.pause();
  client.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n');
  onTestFinished(async () => {
    client.destroy();
    await server.close(0);
  });
  await asked.promise;
  await nextTurn();
  /** Writes pieces, at most so many, until the stream is closed; returns how many it wrote. */
  const fill = async (most: number) => {
    let written = 0;
    for (; written < most && closed === 0; written++) {
      write('x'.repeat(PIECE));
      write('x');
      await nextTurn();
    }
    return written;
  };
  return { server, client, fill, write: () => write('x'), opened: () => opened, closed: () => closed };
}

test('a stream whose client does not read is cut off, once, and what is written later goes nowhere', async () => {
  const { fill, write, closed } = await startWithDeafClient();
  expect(await fill(1_000)).toBeLessThan(1_000);
  write();
  await nextTurn();
  expect(closed()).toBe(1);
});

test('a stop does not wait for a client that does not read', async () => {
  const first = await startWithDeafClient();
  const most = await first.fill(1_000);
  const second = await startWithDeafClient();
  await second.fill(most - 8);
  expect(second.closed()).toBe(0);
  const stopped = second.server.close(LONGER_THAN_A_TEST);
  second.write();
  await stopped;
  await expect.poll(second.closed).toBe(1);
});

test('a client that leaves closes its stream', async () => {
  const { client, closed } = await startWithDeafClient();
  client.destroy();
  await expect.poll(closed).toBe(1);
});

test('a stream that was asked for before a stop and is ready after it does not begin', async () => {
  const gate = Promise.withResolvers<void>();
  const { server, opened } = await startWithDeafClient({ gate: gate.promise });
  const stopped = server.close(LONGER_THAN_A_TEST);
  gate.resolve();
  await stopped;
  expect(opened()).toBe(0);
});
