import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SEED } from '../src/sandbox/people-file.ts';
import { call, getToken } from './http-call.ts';
import { findCli, type Memory, readMemory, type ServerProcess, startServer } from './server-process.ts';
import { median, type Spread, spreadOf } from './spread.ts';

const FIRST_STARTS = 3;
/** Milliseconds until memory of a server that has just started has come to rest. */
const REST = 2000;

const BARE = `
  const server = require('node:http').createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json; charset=UTF-8' });
    response.end('{"code":0,"message":null,"response":{}}');
  });
  server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));`;

export interface ColdStart {
  /** Milliseconds from spawning to the first right answer. */
  readonly bare: Spread;
  readonly bonin: Spread;
  /** Of each pair. */
  readonly ratio: Spread;
  /** Of Bonin without the code that an earlier run has compiled. */
  readonly firstEver: number;
  readonly idle: Memory | null;
  readonly bareIdle: Memory | null;
}

function startBare(): Promise<ServerProcess> {
  return startServer(['-e', BARE]);
}

function startBonin(environment: Record<string, string> = {}): Promise<ServerProcess> {
  return startServer([findCli(), 'dev', '--memory', '--port', '0'], { environment });
}

async function askBare({ url }: ServerProcess): Promise<void> {
  const { status, text } = await call(url);
  if (status !== 200 || !text.startsWith('{"code":0,')) throw new Error(`the bare server answered ${status}`);
}

/** The first right answer is a lookup, so it takes a token before. */
async function askBonin({ url }: ServerProcess): Promise<void> {
  const [merchant] = DEFAULT_SEED.merchants;
  const own = merchant?.channels.map(({ channel_key }) => channel_key) ?? [];
  const certification = DEFAULT_SEED.certifications.find((row) => row.certified && own.includes(row.channel));
  if (merchant === undefined || certification === undefined)
    throw new Error('the seed has nobody to look up');
  const token = await getToken(url, merchant.imp_key, merchant.imp_secret);
  const answer = await call(`${url}/certifications/${certification.imp_uid}`, { Authorization: token });
  if (answer.status !== 200 || !answer.text.includes(`"imp_uid":"${certification.imp_uid}"`))
    throw new Error(`Bonin answered ${answer.status} ${answer.text}`);
}

async function timeStart(
  start: () => Promise<ServerProcess>,
  ask: (server: ServerProcess) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  const server = await start();
  await ask(server);
  const took = performance.now() - startedAt;
  // Gently, since what was compiled is written down at the end.
  await server.stop();
  return took;
}

async function measureIdle(
  start: () => Promise<ServerProcess>,
  ask: (server: ServerProcess) => Promise<void>,
): Promise<Memory | null> {
  const server = await start();
  await ask(server);
  await sleep(REST);
  const memory = readMemory(server.pid);
  await server.stop();
  return memory;
}

async function timeFirstEver(): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < FIRST_STARTS; count++) {
    const cache = mkdtempSync(join(tmpdir(), 'bonin-bench-'));
    times.push(await timeStart(() => startBonin({ NODE_COMPILE_CACHE: cache }), askBonin));
    rmSync(cache, { recursive: true });
  }
  return median(times);
}

/** Starts both in turn, that many times each, after one start of each that does not count. */
export async function measureColdStart(times: number): Promise<ColdStart> {
  await timeStart(startBare, askBare);
  await timeStart(startBonin, askBonin);
  const bare: number[] = [];
  const bonin: number[] = [];
  for (let count = 0; count < times; count++) {
    bare.push(await timeStart(startBare, askBare));
    bonin.push(await timeStart(startBonin, askBonin));
  }
  return {
    bare: spreadOf(bare),
    bonin: spreadOf(bonin),
    ratio: spreadOf(bonin.map((time, at) => time / (bare[at] ?? Number.NaN))),
    firstEver: await timeFirstEver(),
    bareIdle: await measureIdle(startBare, askBare),
    idle: await measureIdle(startBonin, askBonin),
  };
}

if (import.meta.main) console.log(await measureColdStart(10));
