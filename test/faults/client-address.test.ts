import { expect, onTestFinished, test } from 'vitest';
import { HttpServer } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { formatOf } from '../support/answer-format.ts';

/** A server that answers with the address that its handler gets to see. */
async function start(trustedProxies: readonly string[], host = '127.0.0.1') {
  const server = new HttpServer({
    surfaces: [
      {
        basePath: '',
        routes: [{ path: '/', methods: { GET: async ({ address }) => JSON.stringify(address) } }],
      },
    ],
    cors: { kind: 'listed', origins: [] },
    format: formatOf(() => ({ status: 500, body: '{}' })),
    log: createLog('silent'),
    trustedProxies,
  });
  const { port } = await server.listen(0, host);
  onTestFinished(() => server.close(0));
  return async (headers: Record<string, string> = {}) =>
    (await fetch(`http://127.0.0.1:${port}/`, { headers })).json();
}

test('a handler sees the address of the connection, in the spelling of IPv4 on a socket of IPv6 too', async () => {
  for (const host of ['127.0.0.1', '::']) expect(await (await start([], host))()).toBe('127.0.0.1');
});

test('a client address in a header is only trusted from trusted proxies', async () => {
  const forged = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' };
  for (const trusted of [[], ['10.0.0.0/8', '::1']])
    expect(await (await start(trusted))(forged)).toBe('127.0.0.1');
  for (const host of ['127.0.0.1', '::'])
    expect(await (await start(['127.0.0.0/8'], host))(forged)).toBe('203.0.113.9');
});
