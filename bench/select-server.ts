import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';

/*
 * The reference on PostgreSQL: `node:http` and one prepared SELECT by key for each request, with the plain driver and
 * its pool. It checks no token, joins no channel and opens nothing that is sealed; the row goes out as JSON.
 */

const [connectionString = '', connections = '10'] = process.argv.slice(2);
const pool = new Pool({ connectionString, max: Number(connections) });

const server = createServer(async (request, response) => {
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
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
