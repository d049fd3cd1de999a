import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoreWorld, openCoreWorld, PERSON } from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import { toAppError } from '../errors.ts';
import type { Attempt } from './attempt.ts';
import { LONGEST_MEMO } from './provider.ts';

/* Codes that the agency compares itself. */

const MEMO = 'what the adapter must remember';
const RIGHT = '246810';

let world: CoreWorld;
beforeEach(async () => {
  world = await openCoreWorld();
});
afterEach(() => world.close());

const sendsItself = (memo = MEMO) =>
  world.agency.next('request', () => ({ providerTid: 'tid-own', otp: null, memo }));
const codeOf = (call: Promise<unknown>) => call.then(String, (error: unknown) => toAppError(error).code);
const counted = () => world.hooked.filter(([name]) => name === 'otpCalled').map((each) => each[2]);

describe('a code that the agency compares, over the API', () => {
  async function ask() {
    sendsItself();
    return world.request();
  }
  const confirm = async (impUid: string, otp: string) =>
    world.otps.confirm(world.caller, await world.otps.findWaiting(world.caller, impUid), otp);

  it('is handed to the agency with what the adapter remembers', async () => {
    const impUid = await ask();
    expect(await confirm(impUid, RIGHT)).toMatchObject({ state: 'certified' });
    expect(world.agency.confirmations).toEqual([
      expect.objectContaining({ claimant: PERSON, memo: MEMO, otp: RIGHT }),
    ]);
  });

  it('ends the certification when five were wrong, and the sixth is not asked about', async () => {
    const impUid = await ask();
    for (let wrong = 1; wrong <= 5; wrong++) {
      world.agency.next('confirm', 'otp_wrong');
      expect(await codeOf(confirm(impUid, '000000'))).toBe(wrong < 5 ? 'otp_wrong' : 'otp_tries_spent');
    }
    expect(await codeOf(confirm(impUid, RIGHT))).toBe('otp_tries_spent');
    expect(world.agency.confirmations).toHaveLength(5);
    expect((await readCertification(world, world.caller, impUid)).state).toBe('failed');
  });

  it('is tried again at once after a wrong one', async () => {
    const impUid = await ask();
    world.agency.next('confirm', 'otp_wrong');
    expect(await codeOf(confirm(impUid, '000000'))).toBe('otp_wrong');
    expect(await confirm(impUid, RIGHT)).toMatchObject({ state: 'certified' });
  });

  it('is asked about again when the claim was lost meanwhile, and the wrong one is not counted', async () => {
    const impUid = await ask();
    world.agency.next('confirm', 'otp_wrong');
    const { countWrongOtp } = world.store;
    world.store.countWrongOtp = async () => {
      world.store.countWrongOtp = countWrongOtp;
      world.clock.at += 61_000;
      return null;
    };
    expect(await confirm(impUid, RIGHT)).toMatchObject({ state: 'certified' });
    expect(world.agency.confirmations).toHaveLength(2);
  });

  it('is not sent with more to remember than is kept', async () => {
    sendsItself('m'.repeat(LONGEST_MEMO + 1));
    expect(await codeOf(world.request())).toBe('provider_unavailable');
  });

  it('is never handed over where we compare it', async () => {
    const impUid = await world.request();
    await confirm(impUid, world.agency.code);
    expect(world.agency.confirmations).toEqual([expect.objectContaining({ memo: null, otp: null })]);
  });
});

describe('a code that the agency compares, on the page', () => {
  async function walkToCode(): Promise<Attempt> {
    sendsItself();
    return world.walkTo('code');
  }
  const enter = async (attempt: Attempt, otp: string) =>
    world.take(await world.now(attempt), { does: 'enter_code', otp });

  it('is handed to the agency, and certifies', async () => {
    const attempt = await walkToCode();
    expect(await enter(attempt, RIGHT)).toBeNull();
    expect((await world.now(attempt)).end).toEqual({ certified: true });
    expect(world.agency.confirmations).toEqual([expect.objectContaining({ memo: MEMO, otp: RIGHT })]);
  });

  it('is told as wrong, counted, and ends the attempt when five were', async () => {
    const attempt = await walkToCode();
    for (let wrong = 1; wrong <= 5; wrong++) {
      world.agency.next('confirm', 'otp_wrong');
      expect(await enter(attempt, '000000')).toBe('code_wrong');
      expect((await world.now(attempt)).wrong).toBe(wrong);
    }
    expect((await world.now(attempt)).end).toMatchObject({ certified: false, reason: 'OTP_LIMIT' });
    expect(await enter(attempt, RIGHT)).toBeNull();
    expect(world.agency.confirmations).toHaveLength(5);
    expect(counted().slice(-5)).toEqual([...Array(4).fill('otp_wrong'), 'otp_tries_spent']);
  });

  it('is asked about once, however many forms come at once, and the others are told nothing', async () => {
    const attempt = await walkToCode();
    const refusals = await Promise.all(
      ['000000', RIGHT, '111111'].map((otp) => world.take(attempt, { does: 'enter_code', otp })),
    );
    expect(world.agency.confirmations).toHaveLength(1);
    expect(refusals).toEqual([null, null, null]);
  });

  it('is not compared by us, whatever is typed, and is good for 180 seconds', async () => {
    const attempt = await walkToCode();
    world.agency.next('confirm', 'otp_wrong');
    expect(await enter(attempt, '')).toBe('code_wrong');
    world.clock.at += 180_000;
    expect(await enter(attempt, RIGHT)).toBe('code_late');
    expect(world.agency.confirmations).toHaveLength(1);
  });

  it('ends the attempt with the reason when the agency cannot be reached', async () => {
    const attempt = await walkToCode();
    world.agency.next('confirm', 'provider_unavailable');
    expect(await enter(attempt, RIGHT)).toBeNull();
    expect((await world.now(attempt)).end).toMatchObject({ reason: 'PROVIDER_UNAVAILABLE' });
  });
});
