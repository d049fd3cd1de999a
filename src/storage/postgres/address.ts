import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { PoolConfig } from 'pg';
import { AppError } from '../../errors.ts';

/** Where a database is, as the driver takes it; `name` is for people and holds neither user nor password. */
export interface Address {
  readonly name: string;
  readonly config: PoolConfig;
}

const USUAL_PORT = 5432;
const PARAMETERS: ReadonlySet<string> = new Set(['host', 'sslmode', 'sslrootcert']);

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`; the folder of a Unix socket goes into `?host=`.
 * Without `sslmode` the server on this machine is spoken to as it is, and one elsewhere by TLS with a certificate
 * that is checked. What is left out is as PGUSER, PGPASSWORD and PGDATABASE or the driver say.
 */
export function readAddress(url: URL): Address {
  const parameters = url.searchParams;
  for (const parameter of parameters.keys())
    if (!PARAMETERS.has(parameter))
      throw refuse(`the database URL may have the parameters ${[...PARAMETERS].join(', ')}`);
  const host = parameters.get('host') ?? (decode(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost');
  const port = url.port === '' ? USUAL_PORT : Number(url.port);
  const database = decode(url.pathname.slice(1));
  const user = decode(url.username);
  const password = decode(url.password);
  const isHere = host.startsWith('/') || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
  return {
    name: `${host}:${port}/${database}`,
    config: {
      host,
      port,
      ...(database !== '' && { database }),
      ...(user !== '' && { user }),
      ...(password !== '' && { password }),
      ssl: readTls(parameters.get('sslmode') ?? (isHere ? 'disable' : 'verify-full'), parameters),
    },
  };
}

/** The modes of libpq that say what they do; `require` encrypts and asks for no proof of who answers. */
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
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refuse('the file that sslrootcert in the database URL names cannot be read', error);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // The error of the platform would quote it, and it may be the password.
    throw refuse('the database URL has a % that stands for no character');
  }
}

function refuse(detail: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail, cause });
}
