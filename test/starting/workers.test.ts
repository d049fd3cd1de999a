import { chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { childrenOf, connectionsOf, isRunning } from '../support/processes.ts';
import {
  A,
  bringMerchants,
  complaintsOf,
  keepCertifications,
  MERCHANTS,
  newSite,
  type Site,
} from '../support/production.ts';
import { RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { type Bonin, runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const IMP_UIDS = ['imp_000000000042', 'imp_000000000043'];
const LIVEZ = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
const FORM = `imp_key=${A.imp_key}&imp_secret=${encodeURIComponent(A.imp_secret)}`;
const TOKEN_HEAD =
  'POST /users/getToken HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
  `Content-Length: ${FORM.length}\r\nExpect: 100-continue\r\n\r\n`;
const ENDED_IN_ORDER = { code: 0, signal: null };
/** Starts and ends of processes take their time on a busy machine. */
const PATIENCE = 30_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

async function filledSite(postgresUrl?: string): Promise<Site> {
  const site = newSite(postgresUrl);
  await bringMerchants(site, { merchants: MERCHANTS });
  await keepCertifications(site, IMP_UIDS);
  return site;
}

function startWorkers(site: Site, count: number, ...words: readonly string[]): Promise<Bonin> {
  const all = [...site.words, '--workers', String(count), ...words];
  return startBonin(all, { env: site.env, command: 'serve' });
}

/** Stops one worker in its tracks, so that it cannot leave by itself. */
function freezeOne(bonin: Bonin): number {
  const [pid = 0] = childrenOf(bonin.pid);
  process.kill(pid, 'SIGSTOP');
  // Without its primary nobody would end it.
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  return pid;
}

/** Opens a connection that is answered, so that some worker holds it. */
async function openHeld(bonin: Bonin): Promise<RawConnection> {
  const connection = await RawConnection.open(bonin.port);
  await ask(connection, LIVEZ);
  return connection;
}

/** Sends one request over a kept connection and gives the status of its answer; null when the connection ended. */
async function ask(connection: RawConnection, bytes: string): Promise<number | null> {
  const before = readAnswers(connection.received).answers.length;
  connection.write(bytes);
  await connection.receive((received) => readAnswers(received).answers.length > before, PATIENCE);
  return readAnswers(connection.received).answers[before]?.status ?? null;
}

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

describe.each([
  ['SQLite', async () => filledSite()],
  ['PostgreSQL', async () => filledSite(await server.newDatabase())],
] as const)('workers on %s', (_engine, makeSite) => {
  test('share the connections and the tokens, and one sees at once what another has erased', async () => {
    const bonin = await startWorkers(await makeSite(), 2, '--log-level', 'warn');
    const workers = childrenOf(bonin.pid);
    expect(workers).toHaveLength(2);
    const connections: RawConnection[] = [];
    for (let each = 0; each < 6; each++) connections.push(await openHeld(bonin));
    const held = workers.map((pid) => connectionsOf(pid, bonin.port));
    expect(held.flat().toSorted()).toEqual(connections.map(({ localPort }) => localPort).toSorted());
    for (const ports of held) expect(ports.length).toBeGreaterThan(0);

    const client = new Client(bonin.url);
    const { token } = await client.token(A.imp_key, A.imp_secret);
    client.close();
    const request = (method: string) =>
      `${method} /certifications/${IMP_UIDS[0]} HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\n\r\n`;
    for (const connection of connections) expect(await ask(connection, request('GET'))).toBe(200);
    const [first] = connections;
    if (first === undefined) throw new Error('nothing is connected');
    expect(await ask(first, request('DELETE'))).toBe(200);
    for (const connection of connections) expect(await ask(connection, request('GET'))).toBe(404);
    expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
    expect(workers.filter(isRunning)).toEqual([]);
    expect(complaintsOf(bonin)).toEqual([]);
  });
});

test('a worker that is killed under load takes only its own connections along, and another one comes', async () => {
  const bonin = await startWorkers(await filledSite(), 2);
  const [victim = 0, survivor = 0] = childrenOf(bonin.pid);
  const connections = await times(8, () => openHeld(bonin));
  const doomed = connectionsOf(victim, bonin.port);
  const client = new Client(bonin.url);
  const { token } = await client.token(A.imp_key, A.imp_secret);
  const answers: number[] = [];
  let isOver = false;
  const load = times(4, async () => {
    while (!isOver)
      await client.lookup(token, IMP_UIDS[0] ?? '').then(
        ({ status }) => answers.push(status),
        // Its connection may have been one of the victim's.
        () => {},
      );
  });
  expect(await eventually(() => answers.length > 50, PATIENCE)).toBe(true);
  process.kill(victim, 'SIGKILL');
  const closed = () => connections.filter(({ isClosed }) => isClosed);
  expect(await eventually(() => closed().length >= doomed.length, PATIENCE)).toBe(true);
  for (const connection of connections) {
    const isDoomed = doomed.includes(connection.localPort);
    expect(connection.isClosed).toBe(isDoomed);
    if (!isDoomed) expect(await ask(connection, LIVEZ)).toBe(200);
  }
  const successor = () => childrenOf(bonin.pid).find((pid) => pid !== survivor);
  expect(await eventually(() => bonin.stderr().includes('worker started'), PATIENCE)).toBe(true);
  const later = await times(8, () => openHeld(bonin));
  expect(later.some(({ localPort }) => connectionsOf(successor() ?? 0, bonin.port).includes(localPort))).toBe(
    true,
  );
  isOver = true;
  await load;
  client.close();
  expect(new Set(answers)).toEqual(new Set([200]));
  expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
  const log = complaintsOf(bonin).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(log).toMatchObject([
    { level: 50, msg: 'worker ended', worker: victim, signal: 'SIGKILL' },
    { level: 30, msg: 'worker started' },
  ]);
});

test('a client whose connection was on its way to a worker that dies is not left waiting', async () => {
  const bonin = await startWorkers(await filledSite(), 2);
  const stuck = freezeOne(bonin);
  const connections = await times(6, () => RawConnection.open(bonin.port));
  for (const connection of connections) connection.write(LIVEZ);
  const isAnswered = ({ received }: RawConnection) => readAnswers(received).answers.length > 0;
  // All but the one that waits for the worker that does not move.
  expect(await eventually(() => connections.filter(isAnswered).length === 5, PATIENCE)).toBe(true);
  process.kill(stuck, 'SIGKILL');
  const waiting = connections.find((connection) => !isAnswered(connection));
  expect(await eventually(() => waiting?.isClosed === true, PATIENCE)).toBe(true);
  await bonin.stop();
});

test('a worker that dies again and again comes back after longer and longer pauses', async () => {
  const bonin = await startWorkers(await filledSite(), 2);
  const [, survivor = 0] = childrenOf(bonin.pid);
  const started = () => bonin.stderr().match(/worker started/g)?.length ?? 0;
  for (let death = 0; death < 4; death++) {
    expect(await eventually(() => started() === death, PATIENCE)).toBe(true);
    for (const pid of childrenOf(bonin.pid)) if (pid !== survivor) process.kill(pid, 'SIGKILL');
  }
  expect(await eventually(() => started() === 4, PATIENCE)).toBe(true);
  const pauses = [...bonin.stderr().matchAll(/"pause":(\d+)/g)].map(([, pause]) => Number(pause));
  // A machine so busy that a worker lives for ten seconds begins anew.
  for (const [at, pause] of pauses.entries()) {
    const before = pauses[at - 1] ?? 0;
    expect([0, Math.max(100, 2 * before)]).toContain(pause);
  }
  expect(pauses).toHaveLength(4);
  expect(isRunning(survivor)).toBe(true);
  expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
});

test('a worker that cannot come back says why, and comes when it can', async () => {
  const site = await filledSite();
  const bonin = await startWorkers(site, 2);
  const [victim = 0, survivor = 0] = childrenOf(bonin.pid);
  chmodSync(site.keyFile, 0o644);
  process.kill(victim, 'SIGKILL');
  const says = (text: string) => eventually(() => bonin.stderr().includes(text), PATIENCE);
  expect(await says('may be read by others; run chmod 600 on it"},"msg":"worker not started"')).toBe(true);
  expect(isRunning(survivor)).toBe(true);
  chmodSync(site.keyFile, 0o600);
  expect(await says('"worker started"')).toBe(true);
  expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
});

test('a primary that is killed takes its workers along', async () => {
  const bonin = await startWorkers(await filledSite(), 3);
  const workers = childrenOf(bonin.pid);
  expect(workers).toHaveLength(3);
  const connection = await openHeld(bonin);
  await bonin.kill();
  expect(await eventually(() => workers.filter(isRunning).length === 0, PATIENCE)).toBe(true);
  await connection.closed;
});

test.for([
  ['SIGTERM', 'the primary alone'],
  ['SIGINT', 'the whole group, as a terminal does'],
] as const)('requests under way at %s to %s get their 200', async ([signal, whom]) => {
  const bonin = await startWorkers(await filledSite(), 2);
  const workers = childrenOf(bonin.pid);
  const connections: RawConnection[] = [];
  for (let each = 0; each < 4; each++) connections.push(await openHeld(bonin));
  for (const pid of workers) expect(connectionsOf(pid, bonin.port).length).toBeGreaterThan(0);
  for (const connection of connections) {
    connection.write(TOKEN_HEAD);
    expect(await connection.receive((received) => received.includes('100 Continue'), PATIENCE)).toBe(true);
    connection.write(FORM.slice(0, 10));
  }
  bonin.signal(signal);
  if (whom !== 'the primary alone') for (const pid of workers) process.kill(pid, signal);
  const isClosed = async () => {
    try {
      (await RawConnection.open(bonin.port)).destroy();
      return false;
    } catch {
      return true;
    }
  };
  expect(await eventually(isClosed, PATIENCE)).toBe(true);
  for (const connection of connections) {
    connection.write(FORM.slice(10));
    await connection.closed;
    const { answers } = readAnswers(connection.received);
    expect(answers.map(({ status }) => status)).toEqual([200, 100, 200]);
    expect(answers[2]?.headers.get('connection')).toEqual(['close']);
  }
  expect(await bonin.exited).toEqual(ENDED_IN_ORDER);
  expect(workers.filter(isRunning)).toEqual([]);
  expect(complaintsOf(bonin)).toEqual([]);
});

test('a second SIGTERM ends a stop that waits, with a worker that does not move', async () => {
  const bonin = await startWorkers(await filledSite(), 2);
  const workers = childrenOf(bonin.pid);
  freezeOne(bonin);
  bonin.signal('SIGTERM');
  expect(await eventually(() => workers.filter(isRunning).length === 1, PATIENCE)).toBe(true);
  bonin.signal('SIGTERM');
  expect(await bonin.exited).toEqual({ code: 1, signal: null });
  expect(await eventually(() => workers.filter(isRunning).length === 0, PATIENCE)).toBe(true);
});

test('a worker that does not move does not hold a stop up for ever', async () => {
  const bonin = await startWorkers(await filledSite(), 2);
  const frozen = freezeOne(bonin);
  expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
  expect(isRunning(frozen)).toBe(false);
});

test('one worker is the process itself', async () => {
  const bonin = await startWorkers(await filledSite(), 1);
  expect(childrenOf(bonin.pid)).toEqual([]);
  const connection = await openHeld(bonin);
  expect(connectionsOf(bonin.pid, bonin.port)).toEqual([connection.localPort]);
  expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);
});

/** A processor that this process may run on, which the first of the machine need not be. */
function oneProcessor(): string {
  const [, processor] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (processor === undefined) throw new Error('the system names no processor');
  return processor;
}

test('auto takes as many workers as there are processors', async () => {
  const site = await filledSite();
  const bonin = await startBonin([...site.words, '--workers', 'auto'], {
    env: site.env,
    command: 'serve',
    wrapper: ['taskset', '--cpu-list', oneProcessor()],
  });
  expect(childrenOf(bonin.pid)).toEqual([]);
  await bonin.stop();
});

test('a refused start is reported once, whatever the number of workers', {
  timeout: 120_000,
}, async () => {
  const site = await filledSite();
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    });
  });
  const sandbox = temporaryFolder();
  await (await startBonin(['--data', sandbox])).stop();
  const away = { BONIN_DATABASE_URL: 'postgres://127.0.0.1:1/bonin' };
  const cases = [
    { words: [...site.words, '--port', String(port)], env: {}, code: 1 },
    { words: ['--data', sandbox], env: {}, code: 1 },
    { words: site.words, env: away, code: 1 },
    { words: [...site.words, '--log-level', 'loud'], env: {}, code: 2 },
  ];
  for (const { words, env, code } of cases) {
    const alone = await runBonin(['serve', '--port', '0', ...words], { env });
    const several = await runBonin(['serve', '--port', '0', ...words, '--workers', '3'], { env });
    expect(alone).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(/^bonin: \S/m) });
    expect(several).toEqual(alone);
  }
  other.close();
});
