import type { AddressInfo, Server } from 'node:net';
import { AppError } from '../errors.ts';

/** Starts to listen; port 0 takes a free one. Rejects with `start_refused`. */
export function listenOn(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new AppError('start_refused', { detail: describeFailure(cause, host, port), cause })),
    );
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

function describeFailure(cause: NodeJS.ErrnoException, host: string, port: number): string {
  if (cause.code === 'EADDRINUSE') return `port ${port} on ${host} is in use; port 0 takes a free one`;
  if (cause.code === 'EACCES') return `port ${port} on ${host} may not be opened by this user`;
  return `cannot listen on ${host}:${port} (${cause.code})`;
}
