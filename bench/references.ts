import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readRows, toImpUid } from './store.ts';

/*
 * What Bonin is compared with, each in a process of its own: `references.ts bare IDS OWNERS BODIES` and
 * `references.ts select DATABASE_URL`.
 */

/**
 * `node:http` and a Map. It knows every path of the store, but answers each with one of a sample of Bonin's own bodies,
 * has one request id for all, and checks no token: whatever is simpler than the real thing flatters the reference,
 * never Bonin. All bodies in memory would cost it a gigabyte and its caches.
 */
function answerFromMemory(idsFile: string, ownersFile: string, bodiesFile: string): RequestListener {
  const ready = readFileSync(bodiesFile, 'utf8')
    .split('\n')
    .map((body) => ({
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
  const answers = new Map<string, (typeof ready)[number]>();
  for (const [row, digits] of readRows({ idsFile, ownersFile }).ids.entries()) {
    const answer = ready[row % ready.length];
    if (answer !== undefined) answers.set(`/certifications/${toImpUid(digits)}`, answer);
  }
  return (request, response) => {
    const answer = answers.get(request.url ?? '');
    if (answer === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, answer.headers);
    response.end(answer.body, 'latin1');
  };
}

/**
 * `node:http` and one prepared SELECT by key for each request, with the plain driver and its pool. It checks no token,
 * joins no channel and opens nothing that is sealed; the row goes out as JSON.
 */
async function answerBySelect(connectionString: string): Promise<RequestListener> {
  const { Pool } = await import('pg');
  const pool = new Pool({ connectionString, max: 10 });
  return async (request, response) => {
    const impUid = (request.url ?? '').slice('/certifications/'.length);
    const { rows } = await pool.query({
      name: 'find',
      text: `SELECT id, merchant_id, channel_id, state, requested_at, certified_at, key_id, salt, sealed
        FROM certifications WHERE id = $1`,
      values: [Number(impUid.slice(4))],
    });
    const [row] = rows;
    if (row === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = JSON.stringify({
      ...row,
      imp_uid: impUid,
      salt: row.salt.toString('base64'),
      sealed: row.sealed.toString('base64'),
    });
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=UTF-8',
      'Content-Length': String(body.length),
    });
    response.end(body, 'latin1');
  };
}

const [kind, first = '', second = '', third = ''] = process.argv.slice(2);
const answer = kind === 'bare' ? answerFromMemory(first, second, third) : await answerBySelect(first);
const server = createServer(answer);
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
