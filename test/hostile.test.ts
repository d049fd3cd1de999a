import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Client } from './server/client.ts';
import { eventually } from './server/eventually.ts';
import { type HostileExchange, hostileExchange } from './server/hostile-requests.ts';
import { TOKEN } from './server/hostile-words.ts';
import { type RawAnswer, RawConnection, readAnswers } from './server/raw-exchange.ts';
import { startBonin } from './server/start-bonin.ts';
import { temporaryFolder } from './server/temporary-folder.ts';

const SEED = 20_250_115;
const BATCHES = 100;
const BATCH = 100;
const CONNECTIONS = 25;
/** What the second half of the same 20,000 exchanges may add to the memory in use, in kilobytes. */
const GROWTH_LIMIT = 96 * 1024;
/** How long a broken request is left alone, in milliseconds, before the client gives up on it. */
const QUIET = 120;

test('10,000 hostile exchanges get answers of the contract, twice, and leave nothing behind', {
  timeout: 240_000,
}, async () => {
  const bonin = await startBonin(['--data', temporaryFolder()]);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const openFiles = () => countOpenFiles(bonin.pid);
  await client.lookup(token, 'imp_000000000001');
  const filesBefore = openFiles();

  const statuses = new Map<number, number>();
  const seen: (readonly HostileExchange[])[] = [];
  const attack = async (batch: readonly HostileExchange[]) => {
    for (const answer of await inParallel(batch, (one) => commit(bonin.port, token, one)))
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  };
  const run = await fc.check(
    fc.asyncProperty(fc.array(hostileExchange, { minLength: BATCH, maxLength: BATCH }), async (batch) => {
      seen.push(batch);
      await attack(batch);
    }),
    // A failure names its exchange itself; to shrink a hundred of them would take long and tell no more.
    { seed: SEED, numRuns: BATCHES, endOnFailure: true },
  );
  if (run.failed) throw new Error(`seed ${run.seed}, batch ${run.numRuns}: ${run.errorInstance}`);
  const memoryAfterOne = residentMemory(bonin.pid);
  for (const batch of seen) await attack(batch);
  const memoryAfterTwo = residentMemory(bonin.pid);

  const summary = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  process.stdout.write(
    `${2 * seen.length * BATCH} hostile exchanges; answers ${summary.join(', ')}; ` +
      `memory ${memoryAfterOne} kB, then ${memoryAfterTwo} kB\n`,
  );
  expect(memoryAfterTwo - memoryAfterOne).toBeLessThan(GROWTH_LIMIT);
  // An attack that reaches nothing would prove nothing.
  expect([...statuses.keys()].toSorted()).toEqual([100, 200, 204, 400, 401, 403, 404, 405, 413, 431]);
  expect(await eventually(() => openFiles() <= filesBefore, 20_000), 'connections were left open').toBe(true);

  const fresh = await client.token();
  const impUid = await client.create({ name: '홍길동' });
  expect((await client.lookup(fresh.token, impUid)).response).toMatchObject({
    name: '홍길동',
    certified: true,
  });
  client.close();
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  expect(bonin.stderr()).toBe('');
});

test('what stands in front of garbage in one write is answered first, in order', async () => {
  const bonin = await startBonin(['--memory']);
  const connection = await RawConnection.open(bonin.port);
  connection.write(
    'GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n\0\0\0 garbage\r\n\r\n',
  );
  await connection.closed;
  expect(readAnswers(connection.received).answers.map(({ status }) => status)).toEqual([200, 404, 400]);
});

test('an answer that comes before the body has arrived reaches a client who goes on writing', async () => {
  const bonin = await startBonin(['--memory']);
  const early = [
    'POST /nowhere HTTP/1.1\r\nConnection: close\r\n',
    'HEAD /users/getToken HTTP/1.1\r\nConnection: close\r\n',
    'OPTIONS /users/getToken HTTP/1.1\r\nConnection: close\r\n',
    'POST /nowhere HTTP/1.0\r\n',
    'POST /users/getToken HTTP/1.1\r\nno header\r\n',
  ];
  const statuses = await Promise.all(
    early.map(async (head) => {
      // Many clients write all they have before they read.
      const socket = connect({ port: bonin.port, host: '127.0.0.1', allowHalfOpen: true });
      let failure: Error | null = null;
      socket.on('error', (error) => {
        failure = error;
      });
      socket.write(`${head}Content-Length: 1000\r\n\r\n`);
      for (let piece = 0; piece < 10; piece++) {
        await sleep(10);
        socket.write('x'.repeat(100));
      }
      socket.end();
      const received = await buffer(socket).catch(() => Buffer.alloc(0));
      expect(failure, head).toBeNull();
      return readAnswers(received, () => head.startsWith('HEAD')).answers.map(({ status }) => status);
    }),
  );
  expect(statuses).toEqual([[404], [405], [204], [404], [400]]);
});

/** Does one exchange and gives the answers to it, each of which was found to be of the contract. */
async function commit(port: number, token: string, exchange: HostileExchange): Promise<readonly RawAnswer[]> {
  const connection = await RawConnection.open(port);
  const isHead = (index: number) => exchange.methods[index] === 'HEAD';
  const finals = () =>
    readAnswers(connection.received, isHead).answers.filter(({ status }) => status >= 200).length;
  try {
    for (const [at, piece] of exchange.pieces.entries()) {
      if (at > 0) await sleep(exchange.pause);
      connection.write(Buffer.from(piece.replaceAll(TOKEN, token), 'latin1'));
    }
    if (exchange.ending === 'reset') {
      await sleep(exchange.pause);
      connection.reset();
      return [];
    }
    if (exchange.ending === 'wait') await waitForAnswers(connection, exchange.answers, finals);
    connection.end();
    await connection.receive(() => false, 8_000);
    if (!connection.isClosed) throw new Error('the server keeps a connection whose client has ended');

    const { answers, rest } = readAnswers(connection.received, isHead);
    const isCutShort = finals() > 0 && answers.at(-1)?.headers.get('connection')?.[0] === 'close';
    if (exchange.answers !== null && !isCutShort) expect(finals(), 'answers').toBe(exchange.answers);
    expect(rest.toString('latin1'), 'what follows the last answer').toBe('');
    let index = 0;
    for (const answer of answers) {
      checkAnswer(answer, isHead(index));
      if (answer.status >= 200) index++;
    }
    return answers;
  } catch (cause) {
    const shown = JSON.stringify(exchange, (_key, value: unknown) =>
      typeof value === 'string' && value.length > 600 ? `${value.slice(0, 600)}… (${value.length})` : value,
    );
    const received = connection.received.toString('latin1').slice(0, 2000);
    throw new Error(`${String(cause)}\nfor ${shown}\nreceived ${JSON.stringify(received)}`, { cause });
  } finally {
    connection.destroy();
  }
}

/** Until all that must come has come; where nobody knows how much that is, until nothing more comes for a while. */
async function waitForAnswers(
  connection: RawConnection,
  wanted: number | null,
  finals: () => number,
): Promise<void> {
  if (wanted !== null) {
    await connection.receive(() => finals() >= wanted, 10_000);
    return;
  }
  for (let length = -1; connection.received.length > length && !connection.isClosed; ) {
    length = connection.received.length;
    await connection.receive((received) => received.length > length, QUIET);
  }
}

/** `/users/pg/{userCode}` has an envelope of its own. */
const CHANNEL_LIST = /^\{"code":(?:0|-1),"msg":"[ -~]+","data":\[[ -~]*\]\}$/;
const ENVELOPE =
  /^\{"code":(?<code>0|-1),"message":(?<message>null|"[ -~]+"),"response":(?<response>[ -~]+)\}$/;

function checkAnswer(answer: RawAnswer, isHead: boolean): void {
  const { status, reason, headers } = answer;
  const text = answer.body.toString('latin1');
  const header = (name: string) => headers.get(name)?.join(' | ');
  if (status === 100) return;
  expect([200, 204, 400, 401, 403, 404, 405, 413, 431], `status with ${text}`).toContain(status);
  expect(reason).toBe(STATUS_CODES[status]);
  expect(header('transfer-encoding')).toBeUndefined();
  expect(header('cache-control')).toBe('no-store');
  expect(header('x-content-type-options')).toBe('nosniff');
  expect(header('x-request-id')).toMatch(/^[0-9a-f]{12}-[0-9a-f]{12}$/);
  expect(header('access-control-allow-origin')).toBe('*');
  expect(header('server') ?? header('x-powered-by')).toBeUndefined();
  if (status === 401) expect(header('www-authenticate')).toBe('Bearer realm="bonin"');
  if (status === 405 || status === 204) expect(header('allow')).toMatch(/OPTIONS$/);
  if (status === 413) expect(header('connection')).toBe('close');
  if (status === 204) {
    expect(text).toBe('');
    return;
  }
  expect(header('content-type')).toBe('application/json; charset=UTF-8');
  if (isHead && text === '') {
    expect(Number(header('content-length'))).toBeGreaterThan(0);
    return;
  }
  // Only a request that could not be parsed may get a body in answer to HEAD, as the last of its connection.
  if (isHead) expect(`${status} ${header('connection')}`).toMatch(/^(?:400|431) close$/);
  expect(header('content-length')).toBe(String(text.length));
  expect(() => JSON.parse(text)).not.toThrow();
  if (status === 200 && CHANNEL_LIST.test(text)) return;
  const { code, message, response } = ENVELOPE.exec(text)?.groups ?? {};
  expect(code, text).toBe(status === 200 ? '0' : '-1');
  expect(status === 200 ? message : response, text).toBe('null');
}

async function inParallel(
  batch: readonly HostileExchange[],
  work: (one: HostileExchange) => Promise<readonly RawAnswer[]>,
): Promise<readonly RawAnswer[]> {
  const answers: RawAnswer[] = [];
  const queue = batch.values();
  const worker = async () => {
    for (const one of queue) answers.push(...(await work(one)));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return answers;
}

function residentMemory(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}

/** Files and connections that a process holds. */
function countOpenFiles(pid: number): number {
  if (process.platform === 'linux') return readdirSync(`/proc/${pid}/fd`).length;
  return execFileSync('lsof', ['-p', String(pid)], { encoding: 'utf8' }).split('\n').length;
}
