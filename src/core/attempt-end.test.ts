import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ACTIONS, CERTIFIED, type CoreWorld, openCoreWorld, START } from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { type Attempt, FAILURE_REASONS, type FailureReason, readEnd, toFailureReason } from './attempt.ts';
import { openAttempt } from './attempt-rows.ts';
import type { StoredAttempt } from './attempt-store.ts';
import { unpackDetails } from './certification.ts';
import { isInvented, SANDBOX_MARK } from './invented-people.ts';
import { OTP_WRONG_TRIES } from './otp.ts';

const unreadable = expect.objectContaining({ code: 'sealed_data_unreadable' });
const failed = (reason: FailureReason) => ({ certified: false, reason, providerCode: null });

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

const stateOf = async ({ impUid }: Pick<Attempt, 'impUid'>) =>
  (await readCertification(world, world.caller, impUid)).state;
const ends = () => world.hooked.filter(([name]) => name === 'attemptsEnded');

describe('a certified attempt', () => {
  /** As a row says it when somebody has written the end into it. */
  const END = '{"certified":true}';

  it('is refused when its certification is not certified', async () => {
    const { attempt, session } = await world.open();
    const certification = { state: 'failed' } as const;
    const { impUid } = attempt;
    await world.store.attempts.end({ impUid, end: END, certification, claim: null, now: START });
    await expect(world.attempts.find({ session })).rejects.toEqual(unreadable);
    await expect(world.attempts.reload(attempt)).rejects.toEqual(unreadable);
  });

  it('is refused when its certification was altered', async () => {
    const { attempt, session } = await world.open();
    await world.steps.certify(attempt, CERTIFIED);
    const { findCertification } = world.store;
    world.store.findCertification = async (...by) => {
      const found = await findCertification(...by);
      return found && { ...found, requestedAt: found.requestedAt + 1 };
    };
    await expect(world.attempts.find({ session })).rejects.toEqual(unreadable);
  });

  it('is refused when its certification alone is gone, and gone when both are', async () => {
    const { attempt, session } = await world.open();
    await world.steps.certify(attempt, CERTIFIED);
    const { findCertification } = world.store;
    world.store.findCertification = async () => null;
    await expect(world.attempts.find({ session })).rejects.toEqual(unreadable);
    // Erased between the two reads.
    world.store.findCertification = async (...by) => {
      await world.store.eraseCertification(attempt.merchantId, attempt.impUid, START);
      return findCertification(...by);
    };
    expect(await world.attempts.find({ session })).toBeNull();
  });

  it('ended without a person is not looked up', async () => {
    const { attempt, session } = await world.open();
    await world.attempts.fail(attempt, 'USER_CANCEL');
    world.store.findCertification = () => Promise.reject(new AppError('store_failed'));
    expect(await world.attempts.find({ session })).toMatchObject({ end: failed('USER_CANCEL') });
  });

  it('says when it was certified in whole seconds, and keeps what the start said', async () => {
    const attempt = await world.walkTo('code');
    world.clock.at += 61_600;
    await world.take(attempt, ACTIONS.enter_code);
    const { details, ...rest } = await readCertification(world, world.caller, attempt.impUid);
    expect(rest).toMatchObject({ state: 'certified', requestedAt: START, certifiedAt: START - 250 + 61_000 });
    expect(unpackDetails(details)).toEqual({
      merchantUid: 'order-1',
      pageUrl: 'https://shop.example/cart',
      providerTid: 'tid-1',
      identity: CERTIFIED,
    });
    expect(world.hooked.slice(-2)).toEqual([
      ['attemptsEnded', 'CERTIFIED', 1],
      ['otpCalled', 'page', 'certified'],
    ]);
  });

  it('needs the claim, and nothing is certified that was erased meanwhile', async () => {
    const { attempt } = await world.open();
    const identify = async () => ({ identity: CERTIFIED, providerTid: null });
    await world.attempts.complete(attempt, new Uint8Array(16), identify);
    expect([(await world.now(attempt)).end, await stateOf(attempt)]).toEqual([null, 'pending']);
    const claim = (await world.attempts.claim(attempt)) as Uint8Array;
    await world.certifications.erase(world.caller, attempt.impUid);
    await world.attempts.complete(attempt, claim, identify);
    expect([await world.attempts.reload(attempt), ends()]).toEqual([null, []]);
  });

  it.each([{ name: ' ' }, { birthday: '' }, { birthday: '1990-02-30' }, { birthday: '2027-01-16' }])(
    'is none when the agency vouches for somebody with %j',
    async (missing) => {
      const attempt = await world.walkTo('code');
      world.agency.next('confirm', () => ({ ...CERTIFIED, ...missing }));
      await world.take(attempt, ACTIONS.enter_code);
      expect((await world.now(attempt)).end).toEqual(failed('PROVIDER_ERROR'));
    },
  );

  it('never shows somebody of a sandbox in serve, and shows them in a sandbox', async () => {
    const invented = { ...CERTIFIED, ci: `${SANDBOX_MARK}${'c'.repeat(80)}` };
    expect(isInvented(invented)).toBe(true);
    const { attempt } = await world.open();
    await expect(world.steps.certify(attempt, invented)).rejects.toMatchObject({ code: 'invented_person' });
    expect([(await world.now(attempt)).end, await stateOf(attempt)]).toEqual([null, 'pending']);
    const sandbox = await openCoreWorld({ keepsInvented: true });
    onTestFinished(() => sandbox.close());
    const there = await sandbox.open();
    await sandbox.steps.certify(there.attempt, invented);
    expect((await sandbox.now(there.attempt)).end).toEqual({ certified: true });
  });
});

describe('the end of an attempt', () => {
  it('comes once, deletes what was typed, and is counted once', async () => {
    const attempt = await world.walkTo('code');
    expect(await world.attempts.fail(attempt, 'USER_CANCEL', 'E1')).toBe(true);
    expect(await world.attempts.fail(attempt, 'EXPIRED')).toBe(false);
    const end = { certified: false, reason: 'USER_CANCEL', providerCode: 'E1' };
    expect(await world.now(attempt)).toMatchObject({ end, progress: null, code: null });
    expect([await stateOf(attempt), ends()]).toEqual(['failed', [['attemptsEnded', 'USER_CANCEL', 1]]]);
  });

  it('does not come while it is being confirmed, except by whoever confirms it', async () => {
    const attempt = await world.walkTo('app');
    const claim = (await world.attempts.claim(attempt)) as Uint8Array;
    expect(await world.attempts.fail(attempt, 'USER_CANCEL')).toBe(false);
    const refused = new AppError('person_blocked');
    expect(await world.attempts.failBy(attempt, refused)).toBe(true);
    expect((await world.now(attempt)).end).toBeNull();
    expect(await world.attempts.failBy(attempt, refused, claim)).toBe(true);
    expect((await world.now(attempt)).end).toEqual(failed('BLOCKED'));
  });

  it('does not come by an error that says nothing about the person or the agency', async () => {
    const { attempt } = await world.open();
    for (const code of ['rate_limited', 'internal', 'app_not_approved', 'store_unavailable'] as const)
      expect(await world.attempts.failBy(attempt, new AppError(code))).toBe(false);
    expect(await world.now(attempt)).toEqual(attempt);
    expect(toFailureReason('constructor' as ErrorCode)).toBeNull();
  });

  it('lets nothing change any more', async () => {
    const attempt = await world.walkTo('code');
    await world.attempts.fail(attempt, 'USER_CANCEL');
    const ended = await world.now(attempt);
    expect(await world.attempts.advance(attempt, { screen: 'person' })).toBeNull();
    expect(await world.attempts.advance(ended, { screen: 'person' })).toBeNull();
    expect(await world.attempts.claim(ended)).toBeNull();
    expect(await world.now(attempt)).toEqual(ended);
  });

  it('leaves nothing to look at, whatever the row still holds', async () => {
    const { merchantId, impUid } = await world.walkTo('code');
    const stored = (await world.store.attempts.findById(merchantId, impUid)) as StoredAttempt;
    const ended = { ...stored, end: JSON.stringify(failed('USER_CANCEL')) };
    expect(openAttempt(world.vault, ended)).toMatchObject({ end: failed('USER_CANCEL'), progress: null });
  });

  it('comes by five wrong codes: a row that says more, or less than none, is altered', async () => {
    const { merchantId, impUid } = await world.walkTo('code');
    const stored = (await world.store.attempts.findById(merchantId, impUid)) as StoredAttempt;
    const open = (wrong: number) => () => openAttempt(world.vault, { ...stored, wrong });
    for (const wrong of [0, OTP_WRONG_TRIES]) expect(open(wrong)).not.toThrow();
    for (const wrong of [-1, OTP_WRONG_TRIES + 1]) expect(open(wrong)).toThrow(unreadable);
  });

  it('is read from a row only as Bonin wrote it', () => {
    expect(readEnd('{"certified":true}')).toEqual({ certified: true });
    for (const reason of FAILURE_REASONS)
      expect(readEnd(JSON.stringify(failed(reason)))).toEqual(failed(reason));
    const withCode = { ...failed('BLOCKED'), providerCode: 'E1' };
    expect(readEnd(JSON.stringify(withCode))).toEqual(withCode);
    expect(readEnd(JSON.stringify({ ...withCode, providerCode: 1 }))).toEqual(failed('BLOCKED'));
    for (const text of [
      '',
      'x',
      'null',
      '{}',
      '{"certified":1}',
      '{"certified":false}',
      '{"reason":"BLOCKED"}',
    ])
      expect(readEnd(text), text).toBeNull();
    expect(readEnd('{"certified":false,"reason":"CONSTRUCTOR"}')).toBeNull();
  });
});
