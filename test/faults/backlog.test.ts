import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startBonin } from '../support/start-bonin.ts';

/** More than the 511 connections that Node lets wait. */
const CLIENTS = 900;

test('clients that come while the server is busy are connected, and answered once it goes on', async () => {
  const bonin = await startBonin(['--memory']);
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  bonin.signal('SIGSTOP');
  let connected = 0;
  let answered = 0;
  for (let count = 0; count < CLIENTS; count++) {
    const socket = connect(bonin.port, '127.0.0.1', () => {
      connected++;
      socket.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    });
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      if (bytes.toString('latin1').startsWith('HTTP/1.1 200 ')) answered++;
    });
    sockets.push(socket);
  }
  // Nobody takes connections meanwhile, so those for which there is no place stay without one.
  expect(await eventually(() => connected === CLIENTS, 10_000)).toBe(true);
  bonin.signal('SIGCONT');
  expect(await eventually(() => answered === CLIENTS, 30_000)).toBe(true);
});
