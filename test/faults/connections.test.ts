import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HttpServer, type HttpServerOptions } from '../../src/http/server.ts';
import type { Logger } from '../../src/log.ts';
import { formatOf } from '../support/answer-format.ts';
import { exchange, RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BIG = 'x'.repeat(256 * 1024);
const STREAM = 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

async function start(options: Partial<HttpServerOptions> = {}) {
  const warnings: Readonly<Record<string, unknown>>[] = [];
  const log: Logger = {
    debug: () => {},
    info: () => {},
    warn: (fields) => void warnings.push(fields),
    error: () => {},
  };
  const gate = Promise.withResolvers<void>();
  let writer: (text: string) => void = () => {};
  let left = 0;
  const server = new HttpServer({
    surfaces: [
      {
        basePath: '',
        routes: [
          {
            path: '/',
            methods: { GET: async () => '"here"', POST: async ({ body }) => String(body.length) },
          },
          { path: '/big', methods: { GET: async () => `"${BIG}"` } },
          { path: '/poll', methods: { GET: () => gate.promise.then(() => '"at last"') } },
          {
            path: '/stream',
            methods: {
              GET: async () => ({
                headers: ['Content-Type', 'text/plain'],
                open(write) {
                  write('begun');
                  writer = write;
                  return () => void left++;
                },
              }),
            },
          },
        ],
      },
    ],
    cors: { kind: 'any' },
    format: formatOf(({ code }) => ({ status: 400, body: JSON.stringify(code) })),
    log,
    ...options,
  });
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close(0));
  return {
    port,
    warnings,
    gate,
    /** Writes pieces to the newest stream, at most so many, until one more has ended; returns how many it wrote. */
    async fill(most: number) {
      const before = left;
      let written = 0;
      for (; written < most && left === before; written++) {
        writer('x'.repeat(64 * 1024));
        await nextTurn();
      }
      return written;
    },
    isServed: async () => (await exchange(port, GET)).status === 200,
    /** How many connections the server has cut off. */
    cut: () => warnings.reduce((sum, { cut }) => sum + Number(cut), 0),
    /** Connections that send the same and do not read. */
    async deaf(count: number, bytes: string) {
      const sockets = await Promise.all(
        Array.from(
          { length: count },
          () =>
            new Promise<Socket>((resolve) => {
              const socket = connect(port, '127.0.0.1', () => resolve(socket));
              socket.pause();
              socket.on('error', () => {});
              socket.write(bytes);
            }),
        ),
      );
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy();
      });
      return sockets;
    },
    async open(bytes = '') {
      const connection = await RawConnection.open(port);
      onTestFinished(() => connection.destroy());
      connection.write(bytes);
      return connection;
    },
  };
}

describe('a client that does not read', () => {
  test('is cut off, and the others are served', async () => {
    const { deaf, isServed, cut } = await start({ writeTimeout: 1_500 });
    const sockets = await deaf(20, 'GET /big HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
    expect(await isServed()).toBe(true);
    await expect.poll(cut).toBe(20);
    let closed = 0;
    for (const socket of sockets) socket.on('close', () => closed++).resume();
    await expect.poll(() => closed).toBe(20);
    expect(await isServed()).toBe(true);
  });

  test('but goes on a little now and then keeps its connection', async () => {
    const { deaf, cut } = await start({ writeTimeout: 1_500 });
    const [socket] = (await deaf(1, 'GET /big HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100))) as [Socket];
    let length = 0;
    let goal = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > goal) socket.pause();
    });
    // As much as takes several times the patience that the server has with somebody who reads nothing.
    for (let round = 0; round < 10; round++) {
      goal = length + 1024 * 1024;
      socket.resume();
      await expect.poll(() => length).toBeGreaterThan(goal);
      await sleep(500);
    }
    expect(cut()).toBe(0);
  });

  test('of a stream is cut off, when little waits for it but is not taken', async () => {
    const { deaf, fill, cut } = await start({ writeTimeout: 1_500 });
    await deaf(1, STREAM);
    // So much waits that it is cut off by its length; some pieces less must take the time.
    const most = await fill(1_000);
    expect(cut()).toBe(0);
    await deaf(1, STREAM);
    await fill(most - 8);
    await expect.poll(cut).toBe(1);
  });

  test('is given no more than a hundred answers that were asked for in one go, and then the end', async () => {
    const { open, deaf } = await start();
    const patient = await open(GET.repeat(300));
    await patient.closed;
    const { answers, rest } = readAnswers(patient.received);
    expect([answers.length, rest.length]).toEqual([101, 0]);
    expect(answers.map(({ headers }) => headers.get('connection')?.[0])).toEqual([
      ...Array(100).fill('keep-alive'),
      'close',
    ]);
    // Whoever asks for thousands has gone too far to be told.
    const sockets = await deaf(5, GET.repeat(5_000));
    let closed = 0;
    for (const socket of sockets) socket.on('close', () => closed++).resume();
    await expect.poll(() => closed).toBe(5);
  });
});

describe('connections', () => {
  test('beyond the limit are closed at once, and counted in the log at most once a second', async () => {
    const { open, warnings, port } = await start({ maxConnections: 20 });
    const held = await Promise.all(Array.from({ length: 20 }, () => open(GET)));
    for (const connection of held)
      expect(await connection.receive((received) => received.includes('"here"'))).toBe(true);
    const refused = await Promise.all(
      Array.from(
        { length: 10 },
        () =>
          new Promise<boolean>((resolve) => {
            const socket = connect(port, '127.0.0.1');
            socket.on('error', () => {});
            socket.on('close', () => resolve(true));
          }),
      ),
    );
    expect(refused).toHaveLength(10);
    // Those who were there before notice nothing.
    for (const connection of held) connection.write(GET);
    for (const connection of held)
      expect(await connection.receive((received) => readAnswers(received).answers.length === 2)).toBe(true);
    await expect.poll(() => warnings.reduce((sum, { refused: count }) => sum + Number(count), 0)).toBe(10);
    expect(warnings.length).toBeLessThanOrEqual(2);

    held[0]?.destroy();
    await expect.poll(async () => (await exchange(port, GET).catch(() => null))?.status).toBe(200);
  });

  test('of slow senders leave room for others: the oldest unfinished one goes', async () => {
    const { open, isServed, cut } = await start({ maxConnections: 20 });
    const slow = [
      ...(await Promise.all(Array.from({ length: 6 }, () => open('GET / HT')))),
      ...(await Promise.all(
        Array.from({ length: 6 }, () => open('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab')),
      )),
      // A first request that is whole, and then one that is not.
      ...(await Promise.all(
        Array.from({ length: 6 }, async () => {
          const connection = await open(GET);
          await connection.receive((received) => received.includes('"here"'));
          connection.write('GET');
          return connection;
        }),
      )),
    ];
    const left = () => slow.filter(({ isClosed }) => !isClosed).length;
    await expect.poll(left).toBe(10);
    expect(await isServed()).toBe(true);
    await expect.poll(cut).toBe(8);
    expect(left()).toBe(10);
  });

  test('whose request is being handled, and streams, are not taken for unfinished ones', async () => {
    const { open, gate } = await start({ maxConnections: 20 });
    const polls = await Promise.all(
      Array.from({ length: 8 }, () => open('GET /poll HTTP/1.1\r\nHost: x\r\n\r\n')),
    );
    const streams = await Promise.all(Array.from({ length: 8 }, () => open(STREAM)));
    // Longer than it takes the server to look twice.
    await sleep(2_500);
    gate.resolve();
    for (const poll of polls)
      expect(await poll.receive((received) => received.includes('"at last"'))).toBe(true);
    for (const stream of streams)
      expect([stream.isClosed, String(stream.received)]).toEqual([false, expect.stringContaining('begun')]);
  });

  test('that wait for their first request, or for the next one, are none', async () => {
    const { open } = await start({ maxConnections: 20 });
    const waiting = await Promise.all(Array.from({ length: 18 }, (_, at) => open(at % 2 === 0 ? '' : GET)));
    await sleep(2_500);
    for (const connection of waiting) connection.write(GET);
    for (const [at, connection] of waiting.entries())
      expect(
        await connection.receive((received) => readAnswers(received).answers.length === 1 + (at % 2)),
      ).toBe(true);
  });

  test('that rest make room when nine tenths of the places are taken', async () => {
    const { open, cut } = await start({ maxConnections: 20 });
    const resting = await Promise.all(Array.from({ length: 20 }, (_, at) => open(at < 10 ? GET : '')));
    const left = () => resting.filter(({ isClosed }) => !isClosed).length;
    await expect.poll(left).toBe(18);
    expect(cut()).toBe(2);
    for (const connection of resting) connection.write(GET);
    await expect
      .poll(() => resting.filter(({ received }) => readAnswers(received).answers.length > 0).length)
      .toBeGreaterThanOrEqual(18);
  });

  test('of a request whose body takes longer than a look are none once it has arrived', async () => {
    const { open } = await start({ maxConnections: 4 });
    const slow = await Promise.all(
      Array.from({ length: 3 }, () => open('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na')),
    );
    // Two of them may be unfinished.
    await expect.poll(() => slow.filter(({ isClosed }) => isClosed).length).toBe(1);
    for (const connection of slow) connection.write('bc');
    await sleep(1_500);
    const fresh = await open('GET / HT');
    await sleep(1_500);
    expect(slow.filter(({ isClosed }) => isClosed)).toHaveLength(1);
    fresh.write('TP/1.1\r\nHost: x\r\n\r\n');
    expect(await fresh.receive((received) => received.includes('"here"'))).toBe(true);
  });
});

test('the limit is that of each worker', async () => {
  const bonin = await startBonin(['--data', temporaryFolder(), '--workers', '2', '--max-connections', '5'], {
    command: 'serve',
  });
  const opened: RawConnection[] = [];
  onTestFinished(() => {
    for (const connection of opened) connection.destroy();
  });
  /** Opens one more, waits until it is answered or closed, and returns how many are open. */
  const openOneMore = async () => {
    const connection = await RawConnection.open(bonin.port);
    opened.push(connection);
    connection.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await connection.receive((received) => readAnswers(received).answers.length === 1);
    return opened.filter(({ isClosed }) => !isClosed).length;
  };
  // The primary passes more connections to the faster worker, so it takes more than ten until both are full.
  await expect.poll(openOneMore).toBe(10);
  for (let each = 0; each < 20; each++) expect(await openOneMore()).toBeLessThanOrEqual(10);
  for (const connection of opened) connection.destroy();
  await expect
    .poll(() =>
      fetch(`${bonin.url}/livez`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  expect(bonin.stderr()).toContain('"msg":"connections were closed"');
});
