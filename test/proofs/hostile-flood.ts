import { equal, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { commitHostile } from '../support/hostile-check.ts';
import { type HostileExchange, hostileExchange } from '../support/hostile-requests.ts';
import { countOpenFiles, residentMemory } from '../support/processes.ts';
import { startDev, startServe, type Target } from './flood-targets.ts';
import { stallReaders } from './stalled-readers.ts';

/*
 * `npm run proofs:hostile -- [COUNT]`: so many hostile requests, 300,000 unless told otherwise, half of them at a
 * `bonin dev` whose events somebody reads, half at a `bonin serve`, while hundreds of connections ask for answers and
 * never read. Every answer is checked; in the end both processes live, answer right and hold no more memory than after
 * the first round. Exit code 0 means that all of this is so.
 */

const ROUNDS = 6;
const BATCH = 200;
const CONNECTIONS = 24;
/** Connections that do not read, at each of the two in each round. */
const STALLED = 300;
/** How long a server may hold connections of readers that stand still, in milliseconds. */
const PATIENCE = 60_000;
/** What all rounds but the first may add to the memory of a process, in kilobytes. */
const GROWTH_LIMIT = 50 * 1024;

interface Tally {
  requests: number;
  stalled: number;
  readonly statuses: Map<number, number>;
}

/** Sends so many hostile requests, each batch by several connections at once. */
async function attack(target: Target, count: number, seed: number, tally: Tally): Promise<void> {
  const token = await target.token();
  for (let sent = 0, batchSeed = seed; sent < count; batchSeed++) {
    const batch = fc.sample(hostileExchange, { seed: batchSeed, numRuns: BATCH });
    const queue = batch.values();
    const work = async () => {
      for (const one of queue) {
        for (const { status } of await commitHostile(target.port, token, one))
          tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    const done = batch.reduce((sum, one) => sum + requestsIn(one), 0);
    sent += done;
    tally.requests += done;
  }
}

/** Noise that is no request counts as one: it has to be refused like one. */
function requestsIn({ methods }: HostileExchange): number {
  return Math.max(1, methods.length);
}

async function round(target: Target, count: number, seed: number, tally: Tally): Promise<void> {
  const files = countOpenFiles(target.pid);
  const stalled = await stallReaders(target.port, STALLED);
  tally.stalled += stalled.requests;
  await attack(target, count, seed, tally);
  ok(target.isAlive(), `${target.name} has ended`);
  await target.checkAnswers();
  // The one that asked just now may be kept.
  for (const end = performance.now() + PATIENCE; countOpenFiles(target.pid) > files + 1; await sleep(250))
    ok(performance.now() < end, `${target.name} keeps connections of those who do not read`);
  await stalled.readEnds();
}

/** The least of some readings, each after a pause in which nothing is asked. */
async function restingMemory({ pid }: Target): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < 5; reading++) {
    await sleep(1_000);
    least = Math.min(least, residentMemory(pid));
  }
  return least;
}

async function flood(target: Target, count: number, seed: number): Promise<number> {
  const tally: Tally = { requests: 0, stalled: 0, statuses: new Map() };
  const start = performance.now();
  const share = Math.ceil(count / ROUNDS);
  let memoryAfterFirst = 0;
  for (let at = 0; at < ROUNDS; at++) {
    await round(target, share, seed + at * 1_000_000, tally);
    if (at === 0) memoryAfterFirst = await restingMemory(target);
    console.log(
      `${target.name}: round ${at + 1} of ${ROUNDS}, ${tally.requests} requests, ${residentMemory(target.pid)} kB`,
    );
  }
  const seconds = (performance.now() - start) / 1000;
  const memoryAtEnd = await restingMemory(target);
  const statuses = [...tally.statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, times]) => `${status}: ${times}`);
  console.log(
    `${target.name}: ${tally.requests} hostile requests in ${seconds.toFixed(0)} s, ` +
      `${(tally.requests / seconds).toFixed(0)} a second, and ${tally.stalled} on ${ROUNDS * STALLED} connections ` +
      `that never read; answers ${statuses.join(', ')}; ` +
      `memory after the first round ${memoryAfterFirst} kB, at the end ${memoryAtEnd} kB`,
  );
  ok(memoryAtEnd - memoryAfterFirst < GROWTH_LIMIT, `${target.name} holds more and more memory`);
  await target.finish();
  return tally.requests;
}

async function main(): Promise<void> {
  const [count = 300_000, seed = Date.now() % 1_000_000_000] = process.argv.slice(2).map(Number);
  ok(Number.isInteger(count) && count > 0, 'COUNT must be a whole number');
  console.log(`seed ${seed}`);
  const targets: Target[] = [];
  try {
    targets.push(await startDev(), await startServe());
    const totals = await Promise.all(
      targets.map((target, at) => flood(target, count / targets.length, seed + at * 100_000_000)),
    );
    equal(totals.length, 2);
    console.log(
      `${totals.reduce((sum, each) => sum + each, 0)} hostile requests: no 5xx, no exit, memory flat`,
    );
  } finally {
    for (const target of targets) target.end();
  }
}

await main();
// What is left of connections that were cut would keep the process.
process.exit(0);
