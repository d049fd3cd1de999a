import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes connections on to a port of this machine until they are severed. */
export async function startSeverableProxy(port: number) {
  const sockets = new Set<Socket>();
  let isShut = false;
  const server = createServer((client) => {
    if (isShut) return void client.destroy();
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port: ownPort } = server.address() as AddressInfo;
  return {
    port: ownPort,
    url: `http://127.0.0.1:${ownPort}`,
    /** Cuts every connection that stands; new ones pass. */
    sever(): void {
      for (const socket of sockets) socket.destroy();
    },
    /** Cuts every connection that stands, and each new one at once, until it is opened again. */
    shut(): void {
      isShut = true;
      this.sever();
    },
    open(): void {
      isShut = false;
    },
    /** Lets nothing more through on the connections that stand, without closing them; new ones pass. */
    freeze(): void {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close(): void {
      this.sever();
      server.close();
    },
  };
}
