import type { Server, ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { AppError } from '../errors.ts';

const MIN_VERSION = 'TLSv1.2';

/** What a server proves its name with, both as PEM text; the certificate may be followed by its chain. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface TlsOptions extends KeyAndCertificate {
  /** What clients get that ask for one of these host names. Default: the same as all. */
  readonly named?: Readonly<Record<string, KeyAndCertificate>>;
}

/** A server whose connections are TLS 1.2 or later. Throws `start_refused` for a key or certificate that is none. */
export function createTlsServer(options: ServerOptions, { key, cert, named = {} }: TlsOptions): Server {
  try {
    // Not loaded before a server speaks TLS.
    const server = process
      .getBuiltinModule('node:https')
      .createServer({ ...options, key, cert, minVersion: MIN_VERSION });
    for (const [host, own] of Object.entries(named))
      server.addContext(host, { key: own.key, cert: own.cert, minVersion: MIN_VERSION });
    return server;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new AppError('start_refused', {
      detail: `the TLS certificate and its key cannot be used (${code})`,
      cause,
    });
  }
}

/**
 * Connections that have not finished their handshake are none of HTTP yet, so a server that closes would wait for
 * them. Returns a function that drops them. When more than `most` are under way, the oldest one is dropped.
 */
export function trackHandshakes(server: Server, most: number): () => void {
  const pending = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    pending.set(name, socket);
    const [oldest] = pending.values();
    if (pending.size > most) oldest?.destroy();
    socket.once('close', () => {
      if (pending.get(name) === socket) pending.delete(name);
    });
  });
  server.on('secureConnection', (socket) => void pending.delete(nameOf(socket)));
  return () => {
    for (const socket of pending.values()) socket.destroy();
  };
}
