import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STORE_VERBS, type StoreVerb } from '../../src/core/watched-store.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client } from '../support/client.ts';
import { sharing, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Answer, type Call, NO_ANSWER } from './calls.ts';
import { PEOPLE, SEED } from './cast.ts';
import { possibleStates, type State } from './linearize.ts';
import { pageSchedules, withoutOwnApprovals } from './page-schedules.ts';
import { check, FIRST_DAY, type Played, type PlayName, play, RANDOM_SEED, tell } from './play.ts';
import { REACHED } from './reached.ts';
import { newTally, Runner } from './run-schedule.ts';
import { apiSchedules } from './schedules.ts';
import { pendingObject } from './shown-object.ts';
import type { Cert, Facts, World } from './world.ts';

/*
 * Generated schedules of calls, some of them at the same moment, against a model of the contract. A crowd's
 * answers must be those of some order of what its calls do, and so must everything that is answered after it.
 * `npm run proofs:model` plays all 10,000.
 */

const SCHEDULES: Readonly<Record<PlayName, number>> = {
  'the API': 2_000,
  'the page': 2_000,
  'both, with limits': 500,
};
const SCHEDULES_OF_TWO = 300;
const SCHEDULES_ON_POSTGRES = 100;
/** A minute's work on two processors that are busy with another file besides. Milliseconds. */
const A_LOT_OF_WORK = 600_000;

const meetings: Played['meetings'][] = [];

test.each(Object.entries(SCHEDULES) as [PlayName, number][])(
  'the server answers schedules of %s as the contracts say (%i)',
  { timeout: A_LOT_OF_WORK },
  async (name, count) => {
    const started = performance.now();
    const played = await play(name, count);
    process.stdout.write(tell(name, RANDOM_SEED, played, started));
    expect(played.schedules).toBe(count);
    expect(REACHED[name].filter((outcome) => !played.outcomes.has(outcome))).toEqual([]);
    expect(played.crowds).toBeGreaterThan(count / 2);
    expect(played.forks).toBeGreaterThan(count / 100);
    meetings.push(played.meetings);
  },
);

/** Verbs that no schedule calls, and the tests that race them. */
const ELSEWHERE: readonly StoreVerb[] = [
  // Only the start of a process reads and wraps data keys: test/faults/data-keys.test.ts.
  'listDataKeys',
  'rewrapDataKeys',
  // Recurring work: test/faults/jobs.test.ts. The schedules sweep by themselves.
  'takeJob',
  'endJob',
  // The agency of the schedules sends codes that we compare: test/contract, src/core/agency-codes.test.ts.
  'countWrongOtp',
  'attempts.countWrong',
  // And has no window of its own: test/contract, src/core/hosted-refusals.test.ts.
  'attempts.countReturn',
];

test('every verb of the store has met others in these schedules', () => {
  const verbs = STORE_VERBS.filter((verb) => !ELSEWHERE.includes(verb));
  for (const verb of verbs) {
    const met = meetings.map((each) => each.get(verb) ?? 0).reduce((sum, each) => sum + each, 0);
    expect(met, verb).toBeGreaterThanOrEqual(20);
  }
});

test('a server on PostgreSQL answers them so too', { timeout: A_LOT_OF_WORK }, async () => {
  const server: PostgresServer = await startPostgres();
  try {
    for (const name of Object.keys(SCHEDULES) as PlayName[]) {
      const started = performance.now();
      const played = await play(name, SCHEDULES_ON_POSTGRES, { databaseUrl: await server.newDatabase() });
      process.stdout.write(tell(`${name} on PostgreSQL`, RANDOM_SEED, played, started));
    }
  } finally {
    await server.close();
  }
});

test('two processes on one data folder answer schedules as one server would', {
  timeout: A_LOT_OF_WORK,
}, async () => {
  const folder = temporaryFolder();
  const seedFile = join(folder, 'seed.json');
  writeFileSync(seedFile, JSON.stringify(SEED));
  const words = [...sharing(join(folder, 'data')), '--seed', seedFile, '--random-otp'];
  const both = [await startBonin(words), await startBonin(words)];
  const clients = both.map(({ url }) => new Client(url));
  const tally = newTally();
  const started = performance.now();
  const schedules = fc.oneof(apiSchedules(), pageSchedules().map(withoutOwnApprovals));
  await check(schedules, new Runner(clients, null, tally, FIRST_DAY), SCHEDULES_OF_TWO, RANDOM_SEED);
  process.stdout.write(tell('two processes', RANDOM_SEED, tally, started));
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
    requestedAt: 0,
    certifiedAt: 0,
    shown: null,
    claim: null,
    isFaulty: false,
  };
  const impUid = 'imp_000000000001';
  const world: World = {
    now: 1,
    tokens,
    issued: ['T'],
    keys: new Map(),
    disabled: [],
    certs: new Map([[impUid, cert]]),
    attempts: new Map(),
    asks: new Map(),
    counts: new Map(),
  };
  const facts: Facts = {
    limits: null,
    codes: new Map(),
    isOrdered: true,
    mayVanish: false,
    mayBeDisabled: false,
  };
  const before: readonly State[] = [{ world, underWay: new Map() }];
  const wrong: Call = { kind: 'confirm', token: 'T', impUid, otp: '000000' };
  const erase: Call = { kind: 'erase', token: 'T', impUid };
  const failed = (status: number, message: string): Answer => ({ ...NO_ANSWER, status, message });
  const spent = failed(400, '인증번호 입력 횟수를 초과하였습니다. 다시 요청해주세요.');
  const absent = failed(404, '인증결과가 존재하지 않습니다.');
  const erased = { ...NO_ANSWER, status: 200, response: pendingObject(impUid, cert) };

  const confirmations = [
    { id: 1, call: wrong, answer: absent },
    { id: 2, call: wrong, answer: spent },
  ];
  const inSomeOrder = possibleStates(
    before,
    [...confirmations, { id: 3, call: erase, answer: erased }],
    facts,
  );
  expect(inSomeOrder.states).toHaveLength(1);
  expect(possibleStates(before, confirmations, facts).states).toEqual([]);
});
