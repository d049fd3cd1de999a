import tls from 'node:tls';

/*
 * Loaded before a server under test: puts the real host names of an agency on loopback ports, as a resolver would. The
 * names and the certificates stay those of the agency.
 */

const ports = JSON.parse(process.env['TEST_AGENCY_PORTS'] ?? '{}') as Readonly<Record<string, number>>;
const connect = tls.connect as (options: tls.ConnectionOptions, onSecure?: () => void) => tls.TLSSocket;

tls.connect = ((options: tls.ConnectionOptions, onSecure?: () => void) => {
  const port = ports[options.host ?? ''];
  if (port === undefined) return connect(options, onSecure);
  const servername = options.servername ?? options.host ?? '';
  return connect({ ...options, host: '127.0.0.1', port, servername }, onSecure);
}) as typeof tls.connect;
