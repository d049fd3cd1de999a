import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from './load.ts';
import { findPort } from './postgres.ts';
import { figureIfKnown, figureOf, type Group, ratios } from './report.ts';
import { type Contestant, openOwn, runRounds } from './rounds.ts';
import { type Cores, call, type ServerProcess, startServer } from './servers.ts';
import { ensureStore, readRows, toImpUid } from './store.ts';

/*
 * Servers of other projects that run offline and can be made to answer the same request: a certification by its id,
 * with a token. They keep plain rows in memory and only look whether the token has the form of one.
 */

const FOLDER = join(import.meta.dirname, 'peers');
/** So few that a peer that searches its rows one after the other is not slow for that. */
const ROWS = 1_000;
/** Milliseconds. */
const PATIENCE = 60_000;
const TIMES = { digits: 1 };
const TIME = { digits: 0, unit: ' µs' };
const TOKEN = '^[0-9a-f]{40}$';

interface Peer {
  readonly title: string;
  /** Writes what it reads into a folder and returns the words that start it. */
  prepare(folder: string, port: number, world: World): readonly string[];
}

interface World {
  /** What Bonin answers, by the id. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Bonin's description of its API. */
  readonly openApi: string;
}

interface Answer {
  readonly response: { readonly imp_uid: string };
}

const PEERS: Readonly<Record<string, Peer>> = {
  'json-server': {
    title: 'json-server',
    prepare(folder, port, { answers }) {
      const rows = Object.entries(answers).map(([id, answer]) => ({ id, ...answer }));
      const data = write(folder, 'db.json', JSON.stringify({ certifications: rows }));
      const check = write(
        folder,
        'check.cjs',
        `module.exports = ({ headers }, response, next) =>
          /${TOKEN}/.test(headers.authorization ?? '') ? next() : response.status(401).end();`,
      );
      const own = ['--host', '127.0.0.1', '--port', String(port), '--quiet', '--middlewares', check];
      return [bin('json-server/lib/cli/bin.js'), data, ...own];
    },
  },
  prism: {
    title: 'Prism (one answer for all ids)',
    prepare(folder, port, { openApi }) {
      const document = write(folder, 'openapi.json', openApi);
      const own = ['-h', '127.0.0.1', '-p', String(port), '-v', 'silent'];
      return [bin('@stoplight/prism-cli/dist/index.js'), 'mock', document, ...own];
    },
  },
  mockoon: {
    title: 'Mockoon',
    prepare(folder, port, { answers }) {
      const data = write(folder, 'mockoon.json', JSON.stringify(mockoonFile(answers)));
      const own = ['-l', '127.0.0.1', '-p', String(port), '--disable-log-to-file', '--disable-admin-api'];
      return [bin('@mockoon/cli/bin/run.js'), 'start', '-d', data, ...own];
    },
  },
};

/** Lookups a second of Bonin, sealed and on SQLite, beside those of the peers, in the same rounds. */
export async function measurePeers(rounds: number, seconds: number, cores: Cores | null): Promise<Group> {
  install();
  const store = await ensureStore(ROWS);
  const folder = mkdtempSync(join(tmpdir(), 'bonin-bench-peers-'));
  const own = await openOwn(store, { core: cores?.server });
  const load = startLoad(cores?.load);
  try {
    const world = await readWorld(own, store);
    const contestants: Record<string, Contestant> = { Bonin: own };
    for (const [name, peer] of Object.entries(PEERS)) {
      const server = await startPeer(peer, folder, world, cores?.server, own.tokens[0]?.[0] ?? '');
      contestants[name] = { server, idle: null, tokens: own.tokens, checkIds: false };
    }
    const contest = { store, pattern: 'uniform' as const, contestants };
    const [results = {}] = await runRounds([contest], null, load, rounds, seconds);
    const rate = (name: string) => (results[name] ?? []).map(({ perSecond }) => perSecond);
    const cost = (name: string) => (results[name] ?? []).map(({ processorTime }) => processorTime);
    const best = rate('Bonin').map((_, round) =>
      Math.max(...Object.keys(PEERS).map((name) => rate(name)[round] ?? 0)),
    );
    for (const { server } of Object.values(contestants)) await server.stop();
    return {
      title: `Lookups in ${ROWS} rows beside other projects' servers`,
      figures: [
        figureOf('Bonin on SQLite, requests per second', rate('Bonin'), { digits: 0 }),
        ...figureIfKnown('Bonin on SQLite, processor time per request', cost('Bonin'), TIME),
        ...Object.entries(PEERS).flatMap(([name, { title }]) => [
          figureOf(`${title}, requests per second`, rate(name), { digits: 0 }),
          ...figureIfKnown(`${title}, processor time per request`, cost(name), TIME),
          ...figureIfKnown(`${title} / Bonin, processor time`, ratios(cost(name), cost('Bonin')), TIMES),
          figureOf(`Bonin / ${title}, rate`, ratios(rate('Bonin'), rate(name)), { digits: 1 }),
        ]),
        figureOf('Bonin / the best of them, rate', ratios(rate('Bonin'), best), {
          digits: 1,
          target: { kind: 'least', value: 5 },
        }),
      ],
    };
  } finally {
    load.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** They are large, so only who asks for them gets them. No package may run anything of its own meanwhile. */
function install(): void {
  if (existsSync(join(FOLDER, 'node_modules/.package-lock.json'))) return;
  process.stderr.write('Installing the peers into bench/peers (180 MB).\n');
  try {
    const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', words, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new Error('the peers could not be installed; npm needs its registry for that', { cause });
  }
}

async function readWorld(
  { server, tokens }: Contestant,
  store: Parameters<typeof readRows>[0],
): Promise<World> {
  const { ids, owners } = readRows(store);
  const answers: Record<string, Answer> = {};
  for (const [row, digits] of ids.entries()) {
    const id = toImpUid(digits);
    const headers = { Authorization: tokens[owners[row] ?? 0]?.[0] ?? '' };
    answers[id] = JSON.parse((await call(`${server.url}/certifications/${id}`, headers)).text) as Answer;
  }
  return { answers, openApi: (await call(`${server.url}/openapi.json`)).text };
}

/** Starts a peer, and tries that it answers with a token and refuses without one. */
async function startPeer(
  peer: Peer,
  folder: string,
  world: World,
  core: number | undefined,
  token: string,
): Promise<ServerProcess> {
  const port = await findPort();
  const words = peer.prepare(folder, port, world);
  const server = await startServer(words, { core, url: `http://127.0.0.1:${port}` });
  const [id = ''] = Object.keys(world.answers);
  const address = `${server.url}/certifications/${id}`;
  const end = Date.now() + PATIENCE;
  let found = await tryCall(address, { Authorization: token });
  while (found === null && Date.now() < end) {
    await sleep(100);
    found = await tryCall(address, { Authorization: token });
  }
  const refused = await tryCall(address, {});
  if (found?.status !== 200 || !found.text.includes('imp_uid') || refused?.status !== 401)
    throw new Error(`${peer.title} answered ${found?.status} with a token and ${refused?.status} without`);
  return server;
}

function tryCall(address: string, headers: Readonly<Record<string, string>>) {
  return call(address, headers).catch(() => null);
}

function bin(file: string): string {
  return join(FOLDER, 'node_modules', file);
}

function write(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** One route that answers from a table, if the token looks like one. */
function mockoonFile(answers: World['answers']) {
  const [route, table] = [randomUUID(), 'rows'];
  const answer = {
    latency: 0,
    label: '',
    filePath: '',
    databucketID: '',
    sendFileAsBody: false,
    rulesOperator: 'AND',
    fallbackTo404: false,
    crudKey: 'id',
    callbacks: [],
    bodyType: 'INLINE',
  };
  return {
    uuid: randomUUID(),
    lastMigration: 33,
    name: 'peer',
    endpointPrefix: '',
    latency: 0,
    port: 3000,
    hostname: '127.0.0.1',
    folders: [],
    routes: [
      {
        uuid: route,
        type: 'http',
        documentation: '',
        method: 'get',
        endpoint: 'certifications/:id',
        responses: [
          {
            ...answer,
            uuid: randomUUID(),
            statusCode: 200,
            body: `{{{data '${table}' (urlParam 'id')}}}`,
            headers: [{ key: 'Content-Type', value: 'application/json; charset=UTF-8' }],
            rules: [
              { target: 'header', modifier: 'Authorization', value: TOKEN, invert: false, operator: 'regex' },
            ],
            disableTemplating: false,
            default: false,
          },
          {
            ...answer,
            uuid: randomUUID(),
            statusCode: 401,
            body: '{}',
            headers: [],
            rules: [],
            disableTemplating: true,
            default: true,
          },
        ],
        responseMode: null,
        streamingMode: null,
        streamingInterval: 0,
      },
    ],
    rootChildren: [{ type: 'route', uuid: route }],
    proxyMode: false,
    proxyHost: '',
    proxyRemovePrefix: false,
    tlsOptions: {
      enabled: false,
      type: 'CERT',
      pfxPath: '',
      certPath: '',
      keyPath: '',
      caPath: '',
      passphrase: '',
    },
    cors: false,
    headers: [],
    proxyReqHeaders: [],
    proxyResHeaders: [],
    data: [{ uuid: randomUUID(), id: table, name: table, documentation: '', value: JSON.stringify(answers) }],
    callbacks: [],
  };
}
