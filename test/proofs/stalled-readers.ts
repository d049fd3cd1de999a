import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Large answers and small ones, of the page and of the API. */
const TARGETS = ['/docs/redoc.js', '/openapi.json', '/docs', '/v1/iamport.js', '/users/getToken', '/nowhere'];
const REQUESTS = 80;
/** How long the ends of connections may take to come through, in milliseconds. */
const PATIENCE = 30_000;

export interface StalledReaders {
  readonly requests: number;
  /** Once the server has ended all of them: reads what it had sent before; rejects when no end comes. */
  readEnds(): Promise<void>;
}

/** Opens connections that each send requests in one go and never read an answer. */
export async function stallReaders(port: number, count: number): Promise<StalledReaders> {
  const sockets = await Promise.all(
    Array.from({ length: count }, (_, at) => stall(port, TARGETS[at % TARGETS.length] ?? '/')),
  );
  return {
    requests: count * REQUESTS,
    async readEnds() {
      for (const { socket } of sockets) socket.resume();
      const left = () => sockets.filter(({ isEnded }) => !isEnded()).length;
      for (const end = performance.now() + PATIENCE; left() > 0; await sleep(100))
        if (performance.now() > end) throw new Error(`${left()} connections have no end`);
    },
  };
}

function stall(port: number, target: string): Promise<{ socket: Socket; isEnded: () => boolean }> {
  let isEnded = false;
  const head = `GET ${target} HTTP/1.1\r\nHost: x\r\n`;
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve({ socket, isEnded: () => isEnded }));
    socket.pause();
    socket.on('error', () => {});
    socket.on('close', () => {
      isEnded = true;
      resolve({ socket, isEnded: () => isEnded });
    });
    // The last one ends the connection, where it is reached: answers may be small enough to lie in the system's buffers.
    socket.write(`${`${head}\r\n`.repeat(REQUESTS - 1)}${head}Connection: close\r\n\r\n`);
  });
}
