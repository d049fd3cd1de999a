import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SEED } from '../src/sandbox/people-file.ts';
import { figureOf, type Group, memoryFigure, ratios } from './report.ts';
import { call, findCli, getToken, readMemory, type ServerProcess, startServer } from './servers.ts';

/** Starts of each that count. */
const STARTS = 10;
/** Milliseconds until memory of a server that has just started has come to rest. */
const REST = 2000;

const BARE = `
  const server = require('node:http').createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json; charset=UTF-8' });
    response.end('{"code":0,"message":null,"response":{}}');
  });
  server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));`;

/** Something to start, and the question that is right once it is answered. */
export interface Starter {
  start(): Promise<ServerProcess>;
  ask(server: ServerProcess): Promise<void>;
}

const bare: Starter = {
  start: () => startServer(['-e', BARE]),
  async ask({ url }) {
    const { status, text } = await call(url);
    if (status !== 200 || !text.startsWith('{"code":0,'))
      throw new Error(`the bare server answered ${status}`);
  },
};

/** `bonin dev --memory` of this checkout, or of the one in another folder. */
export const openDev = (root?: string): Starter => ({
  start: () => startServer([findCli(root), 'dev', '--memory', '--port', '0'], { root }),
  /** The first right answer is a lookup, so it takes a token before. */
  async ask({ url }) {
    const [merchant] = DEFAULT_SEED.merchants;
    const own = merchant?.channels.map(({ channel_key }) => channel_key) ?? [];
    const certification = DEFAULT_SEED.certifications.find(
      (row) => row.certified && own.includes(row.channel),
    );
    if (merchant === undefined || certification === undefined)
      throw new Error('the seed has nobody to look up');
    const token = await getToken(url, merchant.imp_key, merchant.imp_secret);
    const answer = await call(`${url}/certifications/${certification.imp_uid}`, { Authorization: token });
    if (answer.status !== 200 || !answer.text.includes(`"imp_uid":"${certification.imp_uid}"`))
      throw new Error(`Bonin answered ${answer.status} ${answer.text}`);
  },
});

const bonin = openDev();

/** Starts both in turn, after one start of each that does not count; then the memory of `dev`. */
export async function measureStart(): Promise<Group> {
  await timeStart(bare);
  await timeStart(bonin);
  const times = { bare: [] as number[], bonin: [] as number[] };
  for (let count = 0; count < STARTS; count++) {
    times.bare.push(await timeStart(bare));
    times.bonin.push(await timeStart(bonin));
  }
  const time = { digits: 0, unit: ' ms' };
  return {
    title: 'From starting the process to the first right answer, and memory then',
    figures: [
      figureOf('cold start: bare', times.bare, time),
      figureOf('cold start: bonin dev --memory', times.bonin, time),
      figureOf("cold start: times bare's", ratios(times.bonin, times.bare), {
        digits: 1,
        target: { kind: 'most', value: 2.5 },
      }),
      ...memoryFigure('bonin dev --memory, idle', await measureIdle(), { kind: 'most', value: 75 }),
    ],
  };
}

/** Milliseconds from starting a process to its first right answer. */
export async function timeStart({ start, ask }: Starter): Promise<number> {
  const startedAt = performance.now();
  const server = await start();
  await ask(server);
  const took = performance.now() - startedAt;
  // Gently, since what was compiled is written down at the end.
  await server.stop();
  return took;
}

async function measureIdle(): Promise<number | null> {
  const server = await bonin.start();
  await bonin.ask(server);
  await sleep(REST);
  const memory = readMemory(server.pid);
  await server.stop();
  return memory;
}
