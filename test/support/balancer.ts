import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a plain balancer stands, and how many requests it gave to each node. */
export interface Balancer {
  readonly url: string;
  readonly given: readonly number[];
  close(): void;
}

/**
 * Gives each request to the next node, whoever sent it: two in a row of one client go to two nodes. A node that
 * takes no connection is passed over; one that breaks off an answer is 502.
 */
export async function startBalancer(nodes: readonly string[]): Promise<Balancer> {
  const given = nodes.map(() => 0);
  let turn = 0;
  const pass = (asked: IncomingMessage, body: Buffer, answer: ServerResponse, left: number): void => {
    const at = turn++ % nodes.length;
    const { method, headers, url = '/' } = asked;
    const call = request(`${nodes[at]}${url}`, { method, headers, agent: false }, (from) => {
      given[at] = (given[at] ?? 0) + 1;
      answer.writeHead(from.statusCode ?? 502, from.rawHeaders);
      from.pipe(answer);
      from.on('error', () => answer.destroy());
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' && left > 1) pass(asked, body, answer, left - 1);
      else if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end();
    });
    call.end(body);
  };
  const server = createServer((asked, answer) => {
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('end', () => pass(asked, Buffer.concat(chunks), answer, nodes.length));
  });
  // Never closes a connection in the moment in which a caller takes it up again.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', 1024, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    given,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
