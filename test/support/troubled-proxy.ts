import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/**
 * What the line does with answers. Questions always pass: what is asked is done, and only whoever asked does not hear
 * of it, or late. `delay` is in milliseconds; `stall` holds every answer back until the trouble is another; `cut`
 * lets half of every so many answers through and ends the connection.
 */
export type Trouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'delay'; readonly by: number }
  | { readonly kind: 'stall' }
  | { readonly kind: 'cut'; readonly every: number };

/** Passes connections on to a port of this machine, with trouble when that is asked for. Ends with the test. */
export async function startTroubledProxy(port: number) {
  let trouble: Trouble = { kind: 'none' };
  let wake = Promise.withResolvers<void>();
  let count = 0;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.setNoDelay();
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.pipe(upstream);
    let before = Promise.resolve();
    upstream.on('data', (chunk: Buffer) => {
      before = before.then(async () => {
        if (trouble.kind === 'delay') await sleep(trouble.by);
        while (trouble.kind === 'stall') await wake.promise;
        if (trouble.kind !== 'cut' || ++count % trouble.every !== 0) {
          client.write(chunk);
          return;
        }
        client.write(chunk.subarray(0, chunk.length / 2), () => client.destroy());
      });
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    set(next: Trouble): void {
      trouble = next;
      wake.resolve();
      wake = Promise.withResolvers();
    },
  };
}
