import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  ACTIONS,
  CERTIFIED,
  type CoreWorld,
  openCoreWorld,
  PERSON,
  personAt,
  SETTINGS,
} from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Attempt, FailureReason } from './attempt.ts';
import type { AttemptAction } from './attempt-steps.ts';
import { SECOND } from './clock.ts';
import type { RequestLimits } from './limits.ts';

const NO_LIMITS: RequestLimits = { phone: [], phoneEverywhere: [], merchant: [], address: [] };

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

/** Does this, and says what was refused and where the attempt is then. */
async function act(attempt: Attempt, action: AttemptAction) {
  const refusal = await world.take(attempt, action);
  const after = await world.now(attempt);
  return { refusal, after, screen: after.progress?.screen ?? null, end: after.end };
}
const failed = (reason: FailureReason, providerCode: string | null = null) => ({
  certified: false,
  reason,
  providerCode,
});
const outcomes = () =>
  world.hooked.filter(([name]) => name === 'otpCalled').map(([, ...said]) => said.join(' '));

describe('sending', () => {
  it('asks the agency for this person by this method, and shows the screen of the method', async () => {
    const attempt = await world.walkTo('code');
    expect(world.agency.requests).toEqual([
      {
        impUid: attempt.impUid,
        channel: attempt.channel,
        settings: SETTINGS,
        claimant: PERSON,
        method: 'SMS',
        serviceName: '가상상점',
        bypass: null,
        now: world.clock.at,
      },
    ]);
    expect(attempt.progress).toMatchObject({
      method: 'SMS',
      providerTid: 'tid-1',
      sends: 1,
      code: { sentAt: world.clock.at },
    });
    const byApp = await world.walkTo('app');
    expect(world.agency.requests.at(-1)).toMatchObject({ method: 'APP' });
    expect(byApp.progress).toMatchObject({ screen: 'app', method: 'APP' });
    expect(outcomes()).toEqual(['page requested', 'page requested']);
  });

  it.each([
    ['상점 이름', '상점 이름'],
    ['', '가상상점'],
    ['\u200b', '가상상점'],
    ['http://evil.example/', '가상상점'],
  ])('names %j in the message as %s', async (serviceName, shown) => {
    await world.walkTo('code', { launch: { serviceName } });
    expect(world.agency.requests).toMatchObject([{ serviceName: shown }]);
  });

  it('names nobody when the shop is disabled meanwhile', async () => {
    const attempt = await world.walkTo('person');
    await world.merchants.disable('imp00000001');
    await act(attempt, ACTIONS.name_person);
    expect(world.agency.requests).toMatchObject([{ serviceName: '' }]);
  });

  it('has a pause of 30 seconds after a message, and none after the app was asked', async () => {
    const attempt = await world.walkTo('code');
    world.clock.at += 30 * SECOND - 1;
    expect(await act(attempt, ACTIONS.send_again)).toMatchObject({
      refusal: 'sent_just_now',
      after: attempt,
    });
    expect(world.agency.requests).toHaveLength(1);
    world.clock.at += 1;
    expect(await act(attempt, ACTIONS.send_again)).toMatchObject({ refusal: null, screen: 'code' });
    const byApp = await world.walkTo('app');
    expect(await act(byApp, ACTIONS.use_sms)).toMatchObject({ refusal: null, screen: 'code' });
  });

  it('keeps the pause when the person is named anew', async () => {
    const { after } = await act(await world.walkTo('code'), ACTIONS.change_person);
    expect(after.progress?.screen).toBe('person');
    expect(await act(after, ACTIONS.name_person)).toMatchObject({ refusal: 'sent_just_now', after });
  });

  it('happens five times, and the sixth ends the attempt', async () => {
    let attempt = await world.walkTo('code');
    for (let sends = 2; sends <= 5; sends++) {
      world.clock.at += 30 * SECOND;
      attempt = (await act(attempt, ACTIONS.send_again)).after;
      expect(attempt.progress).toMatchObject({ screen: 'code', sends });
    }
    world.clock.at += 30 * SECOND;
    expect(await act(attempt, ACTIONS.send_again)).toMatchObject({
      refusal: null,
      end: failed('SEND_LIMIT'),
    });
    expect(world.agency.requests).toHaveLength(5);
  });

  it('counts what the agency did not send as well', async () => {
    const attempt = await world.walkTo('person');
    world.agency.next('request', 'store_unavailable');
    await expect(act(attempt, ACTIONS.name_person)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect((await world.now(attempt)).progress).toMatchObject({ screen: 'person', sends: 1, code: null });
    expect(outcomes()).toEqual(['page store_unavailable']);
  });

  it('takes the step before the agency is asked, so that a form sent twice sends one message', async () => {
    const attempt = await world.walkTo('person');
    world.agency.next('request', async () => {
      expect((await world.now(attempt)).step).toBe(attempt.step + 1);
      expect(await world.take(attempt, ACTIONS.name_person)).toBeNull();
    });
    expect(await act(attempt, ACTIONS.name_person)).toMatchObject({ refusal: null, screen: 'code' });
    expect(world.agency.requests).toHaveLength(1);
    expect(outcomes()).toEqual(['page requested']);
  });

  it('leaves the attempt as it is when it moved on while the agency was asked', async () => {
    const attempt = await world.walkTo('person');
    world.agency.next('request', async () => {
      const current = await world.now(attempt);
      await world.attempts.advance(current, {});
    });
    const { refusal, after } = await act(attempt, ACTIONS.name_person);
    expect([refusal, after.progress?.screen, after.progress?.code, after.code]).toEqual([
      null,
      'person',
      null,
      null,
    ]);
  });

  it('does nothing for nobody, and nothing after the end', async () => {
    const attempt = await world.walkTo('person');
    expect(await world.steps.send(personAt(), attempt, 'SMS')).toBeNull();
    const { after } = await act(attempt, ACTIONS.cancel);
    expect(await world.steps.send(personAt(), after, 'SMS')).toBeNull();
    expect([world.agency.requests, outcomes()]).toEqual([[], []]);
  });
});

describe('limits', () => {
  it('count codes per visitor, before the agency is asked, and leave the attempt as it is', async () => {
    const address = [{ count: 1, window: 600 * SECOND }];
    const limited = await openCoreWorld({ limits: { ...NO_LIMITS, address } });
    onTestFinished(() => limited.close());
    const [one, other] = [personAt('192.0.2.1'), personAt('192.0.2.2')];
    // The start counts as well.
    const attempt = await limited.walkTo('person', { visitor: one });
    expect(await limited.take(attempt, ACTIONS.name_person, one)).toBe('rate_limited');
    expect(limited.agency.requests).toEqual([]);
    const current = await limited.now(attempt);
    expect(current.progress).toMatchObject({ screen: 'person', sends: 1 });
    expect(await limited.take(current, ACTIONS.name_person, other)).toBeNull();
    expect(limited.agency.requests).toHaveLength(1);
  });

  it.each([
    ['phone', { phone: [{ count: 1, window: SECOND }] }],
    ['merchant', { merchant: [{ count: 1, window: SECOND }] }],
  ])('count codes per %s', async (_subject, limits) => {
    const limited = await openCoreWorld({ limits: { ...NO_LIMITS, ...limits } });
    onTestFinished(() => limited.close());
    await limited.walkTo('code');
    const attempt = await limited.walkTo('person');
    expect(await limited.take(attempt, ACTIONS.name_person)).toBe('rate_limited');
  });

  it('do not count a person who is too young, nor one who must wait', async () => {
    const limits = { ...NO_LIMITS, merchant: [{ count: 1, window: SECOND }] };
    const limited = await openCoreWorld({ limits });
    onTestFinished(() => limited.close());
    const young = await limited.walkTo('person', { wishes: { minimumAge: 50 } });
    await limited.take(young, ACTIONS.name_person);
    const attempt = await limited.walkTo('code');
    expect(await limited.take(attempt, ACTIONS.send_again)).toBe('sent_just_now');
  });
});

describe('a person below the minimum age', () => {
  // 36 years old.
  it.each([
    ['of the call', 37, null, true],
    ['of the channel', null, 37, true],
    ['of the channel, where the call has a lower one', 19, 37, true],
    ['of the call, where the channel has a lower one', 37, 19, true],
    ['and not one who has it', 36, 36, false],
  ])('%s ends the attempt before the agency is asked', async (_whose, call, channel, ends) => {
    await world.changeChannels({ minimumAge: channel });
    const attempt = await world.walkTo('person', { wishes: { minimumAge: call } });
    const { refusal, end } = await act(attempt, ACTIONS.name_person);
    expect([refusal, end]).toEqual([null, ends ? failed('UNDER_AGE') : null]);
    expect(world.agency.requests).toHaveLength(ends ? 0 : 1);
  });

  it('ends it also when the agency knows better', async () => {
    const attempt = await world.walkTo('code', { wishes: { minimumAge: 19 } });
    world.agency.next('confirm', () => ({ ...CERTIFIED, birthday: '2008-01-16' }));
    expect(await act(attempt, ACTIONS.enter_code)).toMatchObject({ refusal: null, end: failed('UNDER_AGE') });
    expect(outcomes()).toContain('page under_age');
  });
});

describe('an error of the agency', () => {
  const ENDS: readonly (readonly [ErrorCode, FailureReason])[] = [
    ['person_blocked', 'BLOCKED'],
    ['under_age', 'UNDER_AGE'],
    ['line_not_allowed', 'LINE_NOT_ALLOWED'],
    ['provider_refused', 'PROVIDER_ERROR'],
    ['provider_unavailable', 'PROVIDER_UNAVAILABLE'],
    ['provider_misconfigured', 'NOT_READY'],
  ];
  const state = async ({ impUid }: Attempt) => (await readCertification(world, world.caller, impUid)).state;

  it.each(ENDS)('%s at the request ends the attempt as %s', async (code, reason) => {
    const attempt = await world.walkTo('person');
    world.agency.next('request', new AppError(code, { providerCode: 'E1' }));
    expect(await act(attempt, ACTIONS.name_person)).toMatchObject({
      refusal: null,
      end: failed(reason, 'E1'),
    });
    expect(await state(attempt)).toBe('failed');
  });

  it.each([...ENDS, ['identity_mismatch', 'IDENTITY_MISMATCH'] as const])(
    '%s at the confirmation ends the attempt as %s',
    async (code, reason) => {
      const attempt = await world.walkTo('code');
      world.agency.next('confirm', new AppError(code, { providerCode: 'E1' }));
      expect(await act(attempt, ACTIONS.enter_code)).toMatchObject({
        refusal: null,
        end: failed(reason, 'E1'),
      });
      expect(await state(attempt)).toBe('failed');
      expect(outcomes()).toEqual(['page requested', `page ${code}`]);
    },
  );

  it('of any other kind is thrown, leaves the attempt running and gives the claim back', async () => {
    const attempt = await world.walkTo('code');
    for (const broken of [new Error('broken'), new AppError('store_unavailable')]) {
      world.agency.next('confirm', () => {
        throw broken;
      });
      const current = await world.now(attempt);
      const code = broken instanceof AppError ? broken.code : 'internal';
      await expect(world.take(current, ACTIONS.enter_code)).rejects.toMatchObject({ code });
    }
    expect(outcomes()).toEqual(['page requested', 'page internal', 'page store_unavailable']);
    const current = await world.now(attempt);
    expect(await act(current, ACTIONS.enter_code)).toMatchObject({ end: { certified: true } });
  });

  it('is the one that is thrown, also when the claim cannot be given back', async () => {
    const attempt = await world.walkTo('code');
    world.agency.next('confirm', 'store_failed');
    world.store.release = () => Promise.reject(new AppError('store_unavailable'));
    await expect(world.take(attempt, ACTIONS.enter_code)).rejects.toMatchObject({ code: 'store_failed' });
  });

  it('that the person typed somebody else leads back to the person four times, and ends it the fifth time', async () => {
    let attempt = await world.walkTo('person');
    for (let refusals = 1; refusals <= 4; refusals++) {
      world.agency.next('request', 'identity_mismatch');
      const { refusal, after } = await act(attempt, ACTIONS.name_person);
      expect([refusal, after.end]).toEqual(['person_refused', null]);
      expect(after.progress).toMatchObject({ screen: 'person', refusals });
      attempt = after;
    }
    world.agency.next('request', 'identity_mismatch');
    expect(await act(attempt, ACTIONS.name_person)).toMatchObject({
      refusal: null,
      end: failed('IDENTITY_MISMATCH'),
    });
  });

  it('leads back to the person from the code as well', async () => {
    const attempt = await world.walkTo('code');
    world.clock.at += 30 * SECOND;
    world.agency.next('request', 'identity_mismatch');
    expect(await act(attempt, ACTIONS.send_again)).toMatchObject({
      refusal: 'person_refused',
      screen: 'person',
    });
  });

  it('is answered for an attempt that was erased meanwhile', async () => {
    const attempt = await world.walkTo('person');
    world.agency.next('request', async () => {
      await world.certifications.erase(world.caller, attempt.impUid);
      throw new AppError('identity_mismatch');
    });
    expect(await world.take(attempt, ACTIONS.name_person)).toBe('person_refused');
    expect(await world.attempts.reload(attempt)).toBeNull();
  });
});
