import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readRows, toImpUid } from './build-store.ts';

/*
 * The reference: `node:http` and a Map. It knows every path of the store, but answers each with one of a sample of
 * Bonin's own bodies, has one request id for all, and checks no token: whatever is simpler than the real thing
 * flatters the reference, never Bonin. All bodies in memory would cost it a gigabyte and its caches.
 */

const [idsFile = '', ownersFile = '', bodiesFile = ''] = process.argv.slice(2);
const bodies = readFileSync(bodiesFile, 'utf8').split('\n');
const { ids } = readRows({ idsFile, ownersFile });
const answers = new Map<string, { readonly body: string; readonly headers: readonly string[] }>();
const ready = bodies.map((body) => ({
  body,
  headers: [
    'Content-Type',
    'application/json; charset=UTF-8',
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    'Content-Length',
    String(body.length),
    'X-Request-Id',
    '0123456789ab-abcd',
    'Access-Control-Allow-Origin',
    '*',
  ],
}));
for (const [row, digits] of ids.entries()) {
  const answer = ready[row % ready.length];
  if (answer !== undefined) answers.set(`/certifications/${toImpUid(digits)}`, answer);
}

const server = createServer((request, response) => {
  const answer = answers.get(request.url ?? '');
  if (answer === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, answer.headers as string[]);
  response.end(answer.body, 'latin1');
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
