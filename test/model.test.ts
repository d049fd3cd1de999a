import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PEOPLE, SEED } from './model/cast.ts';
import type { Answer, Call, Cert, World } from './model/contract-model.ts';
import { createRandom, interleave } from './model/interleave.ts';
import { possibleWorlds } from './model/linearize.ts';
import { newTally, Runner, type Tally } from './model/run-schedule.ts';
import { schedules } from './model/schedules.ts';
import { pendingObject } from './model/shown-object.ts';
import { Client } from './server/client.ts';
import { startDevApp } from './server/dev-app.ts';
import { startBonin } from './server/start-bonin.ts';
import { temporaryFolder } from './server/temporary-folder.ts';

/*
 * Generated schedules of calls, some of them at the same moment, against a model of the contract. A crowd's
 * answers must be those of some order of its calls, and so must everything that is answered after it.
 */

/** Constant, so that a failure here is the same failure everywhere. */
const RANDOM_SEED = 20_260_314;
const BEGIN = 1_800_000_000;
const SCHEDULES = 10_000;
const SCHEDULES_OF_TWO = 300;
/** A minute's work on two processors that are busy with another file besides. Milliseconds. */
const A_LOT_OF_WORK = 600_000;

/** What must have happened, or the schedules do not go deep. */
const OUTCOMES = [
  ...['fresh', 'same', 'extended', 'credentials wrong', 'credentials missing'].map(
    (each) => `token: ${each}`,
  ),
  ...['sent', 'sent again', 'no channel', 'method not offered', 'name missing'].map(
    (each) => `request: ${each}`,
  ),
  ...['mismatch', 'blocked', 'refused', 'silent', 'unauthorized'].map((each) => `request: ${each}`),
  ...['certified by SMS', 'certified by APP', 'wrong', 'spent', 'late', 'superseded'].map(
    (each) => `confirm: ${each}`,
  ),
  ...['already', 'not by otp', 'otp missing', 'otp malformed', 'waiting', 'refused'].map(
    (each) => `confirm: ${each}`,
  ),
  ...['failed', 'absent', 'unauthorized'].map((each) => `confirm: ${each}`),
  ...['certified', 'pending', 'ended', 'absent', 'unauthorized'].flatMap((each) => [
    `lookup: ${each}`,
    `erase: ${each}`,
  ]),
];

test('the server answers 10,000 schedules as the contract says', { timeout: A_LOT_OF_WORK }, async () => {
  const app = await startDevApp({ seed: SEED, randomOtp: true });
  let isCrowd = false;
  interleave(app.store, createRandom(RANDOM_SEED), () => isCrowd);
  const client = new Client(app.url);
  const tally = newTally();
  const runner = new Runner([client], tally, BEGIN, (isUnderWay) => {
    isCrowd = isUnderWay;
  });
  const started = performance.now();
  await fc.assert(
    fc.asyncProperty(schedules, (steps) => runner.run(steps)),
    { seed: RANDOM_SEED, numRuns: SCHEDULES },
  );
  report(tally, started);
  expect(tally.schedules).toBe(SCHEDULES);
  for (const outcome of OUTCOMES) expect(tally.outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(20);
  expect(tally.crowds).toBeGreaterThan(5_000);
  expect(tally.forks).toBeGreaterThan(100);
  client.close();
  await app.close();
});

test('two processes on one data folder answer schedules as one server would', {
  timeout: A_LOT_OF_WORK,
}, async () => {
  const folder = temporaryFolder();
  const seedFile = join(folder, 'seed.json');
  writeFileSync(seedFile, JSON.stringify(SEED));
  const words = ['--data', join(folder, 'data'), '--seed', seedFile, '--random-otp'];
  const both = [await startBonin(words), await startBonin(words)];
  const clients = both.map(({ url }) => new Client(url));
  const tally = newTally();
  const runner = new Runner(clients, tally, BEGIN, () => {});
  const started = performance.now();
  await fc.assert(
    fc.asyncProperty(schedules, (steps) => runner.run(steps)),
    { seed: RANDOM_SEED, numRuns: SCHEDULES_OF_TWO },
  );
  report(tally, started);
  for (const client of clients) client.close();
  for (const bonin of both) expect(await bonin.stop()).toEqual({ code: 0, signal: null });
});

test('calls at the same moment are told apart from what no order of them explains', () => {
  const tokens = new Map([['a', { token: 'T', expiresAt: 2000 }]] as const);
  const otp = { method: 'SMS', code: '123456', sentAt: 0, wrong: 4, end: null, approval: null } as const;
  const [person] = PEOPLE;
  if (person === undefined) throw new Error('nobody is in the cast');
  const cert: Cert = {
    merchant: 'a',
    channelKey: 'a-danal',
    merchantUid: 'order',
    person,
    phone: '01000000001',
    otp,
    state: 'pending',
    certifiedAt: 0,
    shown: null,
  };
  const world: World = { now: 1, tokens, certs: new Map([['imp_000000000001', cert]]) };
  const wrong: Call = { kind: 'confirm', token: 'T', impUid: 'imp_000000000001', otp: '000000' };
  const erase: Call = { kind: 'erase', token: 'T', impUid: 'imp_000000000001' };
  const failed = (status: number, message: string): Answer => ({ status, message, response: null });
  const spent = failed(400, '인증번호 입력 횟수를 초과하였습니다. 다시 요청해주세요.');
  const absent = failed(404, '인증결과가 존재하지 않습니다.');

  const inSomeOrder = possibleWorlds(
    [world],
    [
      { call: wrong, answer: absent },
      { call: wrong, answer: spent },
      {
        call: erase,
        answer: { status: 200, message: null, response: pendingObject('imp_000000000001', cert) },
      },
    ],
  );
  expect(inSomeOrder.worlds).toHaveLength(1);
  const inNone = possibleWorlds(
    [world],
    [
      { call: wrong, answer: absent },
      { call: wrong, answer: spent },
    ],
  );
  expect(inNone.worlds).toEqual([]);
});

/** One line for the reader: how much was tried, and what was reached. */
function report({ schedules: count, requests, crowds, forks, outcomes }: Tally, started: number): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const reached = [...outcomes].toSorted().map(([outcome, times]) => `${outcome} ${times}`);
  process.stdout.write(
    `model: seed ${RANDOM_SEED}, ${count} schedules, ${requests} calls, ${crowds} crowds, ` +
      `${forks} times more than one world, ${seconds} s; ${reached.join(', ')}\n`,
  );
}
