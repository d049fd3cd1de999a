import type { ConnectionOptions } from 'node:tls';
import type { PoolConfig } from 'pg';
import { AppError } from '../../errors.ts';
import { readTrustedFile } from '../../files/trusted-file.ts';

/** The address of a database for the driver; `name` is for people and contains neither user nor password. */
export interface Address {
  readonly name: string;
  /** One server; or several, of which one at a time is writable, in the order in which they are tried. */
  readonly servers: readonly Server[];
  readonly config: PoolConfig;
}

export interface Server {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

const USUAL_PORT = '5432';
const PARAMETERS: ReadonlySet<string> = new Set([
  'host',
  'port',
  'sslmode',
  'sslrootcert',
  'target_session_attrs',
]);

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`. The folder of a Unix socket goes into `?host=`, and
 * so do several servers, as in `?host=A,B&port=5432,5433`: the first writable one is used. Without `sslmode`, a server
 * on this machine is used without TLS, and any other with TLS and a checked certificate. Parts that are left out come
 * from PGUSER, PGPASSWORD and PGDATABASE, or from the driver.
 */
export function readAddress(url: URL): Address {
  const parameters = url.searchParams;
  for (const parameter of parameters.keys())
    if (!PARAMETERS.has(parameter))
      throw refuse(`the database URL may have the parameters ${[...PARAMETERS].join(', ')}`);
  if ((parameters.get('target_session_attrs') ?? 'read-write') !== 'read-write')
    throw refuse('target_session_attrs in the database URL can only be read-write');
  const servers = readServers(url);
  const database = decode(url.pathname.slice(1));
  const user = decode(url.username);
  const password = decode(url.password);
  const mode = parameters.get('sslmode') ?? (servers.every(isHere) ? 'disable' : 'verify-full');
  return {
    name: `${servers.map(({ host, port }) => `${host}:${port}`).join(',')}/${database}`,
    servers,
    config: {
      ...(database !== '' && { database }),
      ...(user !== '' && { user }),
      ...(password !== '' && { password }),
      ssl: readTls(mode, parameters),
    },
  };
}

function readServers(url: URL): readonly Server[] {
  const hosts = (url.searchParams.get('host') ?? (decode(url.hostname) || 'localhost')).split(',');
  const ports = (url.searchParams.get('port') ?? (url.port || USUAL_PORT)).split(',');
  if (ports.length !== 1 && ports.length !== hosts.length)
    throw refuse('port in the database URL must be one, or as many as there are hosts');
  return hosts.map((host, at) => {
    const port = ports[ports.length === 1 ? 0 : at] ?? '';
    if (host === '' || !/^\d{1,5}$/.test(port) || Number(port) > 65535)
      throw refuse('the database URL has an empty host or a port that is none');
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  });
}

function isHere({ host }: Server): boolean {
  return host.startsWith('/') || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
}

/** The modes of libpq that are accepted. `require` encrypts but does not check the certificate. */
function readTls(mode: string, parameters: URLSearchParams): ConnectionOptions | false {
  const file = parameters.get('sslrootcert');
  const ca = file === null ? {} : { ca: readCertificate(file) };
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
      return { ...ca, checkServerIdentity: () => undefined };
    case 'verify-full':
      return ca;
    default:
      throw refuse('sslmode in the database URL must be one of disable, require, verify-ca, verify-full');
  }
}

function readCertificate(file: string): string {
  try {
    return readTrustedFile(file).toString();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refuse('the file that sslrootcert in the database URL names cannot be read', error);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Node's error would quote the text, which may be the password.
    throw refuse('the database URL has a % that stands for no character');
  }
}

function refuse(detail: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail, cause });
}
