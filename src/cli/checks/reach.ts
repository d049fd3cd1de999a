import { fill } from '../../config/language.ts';
import { isLoopback } from '../call-api.ts';
import { type Finding, failed, ok, type ReadyContext, same, warning } from './check.ts';
import { CHECK_COPY } from './copy.ts';

/* How browsers reach Bonin, and how Bonin reaches its database. */

const DAY = 86_400_000;
/** A certificate that ends sooner is worth a warning. */
const SOON = 14 * DAY;
/** Longest wait for the public address, in milliseconds. */
const PATIENCE = 5000;

export function checkPublicUrl({ config: { publicUrl, trustedProxies } }: ReadyContext): Finding {
  if (publicUrl === null)
    return trustedProxies.length === 0
      ? ok(CHECK_COPY.public_url_host)
      : warning(CHECK_COPY.public_url_proxies_only);
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'http:' && !isLoopback(hostname)) return warning(CHECK_COPY.public_url_plain);
  return trustedProxies.length === 0 ? warning(CHECK_COPY.public_url_no_proxies) : ok(same(publicUrl));
}

/** The certificate that browsers see at the public address. */
export async function checkTls({ config: { publicUrl } }: ReadyContext): Promise<Finding> {
  const url = publicUrl === null ? null : new URL(publicUrl);
  if (url === null || url.protocol !== 'https:') return ok(CHECK_COPY.tls_none);
  const { host } = url;
  const seen = await lookAtCertificate(url.hostname.replace(/^\[(.*)\]$/, '$1'), Number(url.port || 443));
  if ('unreachable' in seen)
    return warning(fill(CHECK_COPY.tls_unreachable, { host, code: seen.unreachable }));
  if (seen.fault !== null) return failed(fill(CHECK_COPY.tls_untrusted, { host, code: seen.fault }));
  const until = new Date(seen.until).toISOString().slice(0, 10);
  const ends = seen.until < Date.now() + SOON;
  return ends
    ? warning(fill(CHECK_COPY.tls_soon, { host, until }))
    : ok(fill(CHECK_COPY.tls_ok, { host, until }));
}

type Seen = { readonly unreachable: string } | { readonly fault: string | null; readonly until: number };

async function lookAtCertificate(host: string, port: number): Promise<Seen> {
  const [{ connect }, { isIP }] = await Promise.all([import('node:tls'), import('node:net')]);
  return new Promise((resolve) => {
    // Accepts every certificate, because nothing is sent: only so can it say what is wrong with one.
    const socket = connect({
      host,
      port,
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: false,
      timeout: PATIENCE,
    });
    const end = (seen: Seen) => {
      socket.destroy();
      resolve(seen);
    };
    socket.on('secureConnect', () => {
      const { authorized, authorizationError } = socket;
      const fault = authorizationError as (Error & { code?: string }) | string | null;
      const code = typeof fault === 'string' ? fault : (fault?.code ?? 'unknown');
      end({ fault: authorized ? null : code, until: Date.parse(socket.getPeerCertificate().valid_to) });
    });
    socket.on('timeout', () => end({ unreachable: 'ETIMEDOUT' }));
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => end({ unreachable: code }));
  });
}

export function checkDatabaseTls({ config: { database } }: ReadyContext): Finding {
  const { protocol, hostname, searchParams } = new URL(database.databaseUrl);
  const hosts = (searchParams.get('host') ?? hostname).split(',');
  if (
    protocol === 'sqlite:' ||
    hosts.every((host) => host === '' || host.startsWith('/') || isLoopback(host))
  )
    return ok(CHECK_COPY.database_tls_ok);
  const mode = searchParams.get('sslmode');
  if (mode === 'disable') return warning(CHECK_COPY.database_tls_off);
  return mode === 'require'
    ? warning(fill(CHECK_COPY.database_tls_unchecked, { mode }))
    : ok(CHECK_COPY.database_tls_ok);
}
