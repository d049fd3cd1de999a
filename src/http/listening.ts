import type { AddressInfo, Server } from 'node:net';
import { AppError } from '../errors.ts';

/**
 * Connections that may wait until the server takes them; the system may allow fewer. With Node's own 511 some clients
 * waited for many seconds when thousands connected at one moment.
 */
const BACKLOG = 4096;

/** Starts to listen; port 0 takes a free one. Rejects with `start_refused`. */
export function listenOn(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new AppError('start_refused', { detail: describeFailure(cause, host, port), cause })),
    );
    server.listen({ port, host, backlog: BACKLOG }, () => resolve(server.address() as AddressInfo));
  });
}

function describeFailure(cause: NodeJS.ErrnoException, host: string, port: number): string {
  if (cause.code === 'EADDRINUSE') return `port ${port} on ${host} is in use; port 0 takes a free one`;
  if (cause.code === 'EACCES') return `port ${port} on ${host} may not be opened by this user`;
  return `cannot listen on ${host}:${port} (${cause.code})`;
}
