import { Socket } from 'node:net';

/*
 * Preloaded into a client's process: what is meant for port 443 of api.iamport.kr goes to a port of this machine.
 * It stands for a line of /etc/hosts and a server on port 443, which take a superuser, and touches nothing else of
 * a connection: the name that TLS asks for and checks is still the client's.
 */

const port = Number(process.env['API_HOST_PORT']);
const { connect } = Socket.prototype;

Socket.prototype.connect = function (this: Socket, ...words: unknown[]): Socket {
  const [options, ...rest] = words;
  return Reflect.apply(
    connect,
    this,
    isApi(options) ? [{ ...options, host: '127.0.0.1', port }, ...rest] : words,
  );
} as typeof connect;

function isApi(options: unknown): options is object {
  if (typeof options !== 'object' || options === null || !('host' in options && 'port' in options))
    return false;
  return options.host === 'api.iamport.kr' && Number(options.port) === 443;
}
