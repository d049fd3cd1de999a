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
import { type Attempt, type AttemptScreen, CONSENTS, type FailureReason } from './attempt.ts';
import { type AttemptAction, isAtStep } from './attempt-steps.ts';
import { SECOND } from './clock.ts';

const DOES = Object.keys(ACTIONS) as AttemptAction['does'][];
const SCREENS: Record<AttemptScreen, readonly AttemptAction['does'][]> = {
  carrier: ['choose_carrier'],
  consent: ['agree'],
  method: ['choose_method'],
  person: ['name_person'],
  code: ['enter_code', 'send_again', 'change_person'],
  app: ['confirm_app', 'use_sms'],
  agency: [],
};

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
const wrong = (otp = '000000') => ({ does: 'enter_code', otp }) as const;
const outcomes = () =>
  world.hooked.filter(([name]) => name === 'otpCalled').map(([, ...said]) => said.join(' '));

describe('a screen', () => {
  const pairs = (Object.keys(SCREENS) as AttemptScreen[]).flatMap((screen) =>
    DOES.filter((does) => does !== 'cancel' && !SCREENS[screen].some((each) => each === does)).map(
      (does) => [screen, does] as const,
    ),
  );

  it.each(pairs)('%s does nothing when it is told to %s', async (screen, does) => {
    const attempt = await world.walkTo(screen);
    const asked = world.agency.requests.length;
    expect(await act(attempt, ACTIONS[does])).toMatchObject({ refusal: null, after: attempt });
    expect([world.agency.requests.length, world.agency.confirmations]).toEqual([asked, []]);
  });

  it.each(Object.keys(SCREENS) as AttemptScreen[])('%s can be cancelled', async (screen) => {
    const attempt = await world.walkTo(screen);
    expect(await act(attempt, ACTIONS.cancel)).toMatchObject({ refusal: null, end: failed('USER_CANCEL') });
  });

  it('that was shown at an older step does nothing, nor does any after the end', async () => {
    const attempt = await world.walkTo('consent');
    const older = { ...attempt, step: attempt.step - 1 };
    for (const action of [ACTIONS.agree, ACTIONS.cancel]) {
      expect(await world.steps.take(personAt(), attempt, older.step, action)).toBeNull();
      expect(await world.now(attempt)).toEqual(attempt);
    }
    const { after } = await act(attempt, ACTIONS.cancel);
    expect(await act(after, ACTIONS.agree)).toMatchObject({ refusal: null, after });
    expect(isAtStep(attempt, attempt.step)).toBe(true);
    expect(isAtStep(attempt, attempt.step - 1)).toBe(false);
    expect(isAtStep(after, after.step)).toBe(false);
  });

  it('does nothing when another form of the same step was faster', async () => {
    const attempt = await world.walkTo('carrier');
    await act(attempt, ACTIONS.choose_carrier);
    const other = { ...ACTIONS.choose_carrier, carrier: 'KT' } as const;
    const { refusal, after } = await act(attempt, other);
    expect([refusal, after.progress?.carrier]).toEqual([null, 'SKT']);
  });
});

describe('the choice of a carrier', () => {
  const choose = (carrier: 'SKT' | 'KT' | 'MVNO' | null, network: 'SKT' | 'KT' | null = null) =>
    ({ does: 'choose_carrier', carrier, network }) as const;

  it('takes one that is offered, and no other', async () => {
    const { attempt } = await world.open({ wishes: { offered: ['KT'] } });
    for (const carrier of ['SKT', 'MVNO', null] as const)
      expect(await act(attempt, choose(carrier, 'SKT'))).toMatchObject({
        refusal: 'carrier_not_offered',
        after: attempt,
      });
    expect(await act(attempt, choose('KT'))).toMatchObject({ refusal: null, screen: 'consent' });
  });

  it('needs a network for a budget operator, and ignores one for another carrier', async () => {
    const { attempt } = await world.open();
    expect(await act(attempt, choose('MVNO'))).toMatchObject({ refusal: 'network_missing', after: attempt });
    const { after } = await act(attempt, choose('MVNO', 'KT'));
    expect(after.progress).toMatchObject({ carrier: 'MVNO', network: 'KT' });
    const other = await world.open();
    const chosen = await act(other.attempt, choose('SKT', 'KT'));
    expect(chosen.after.progress).toMatchObject({ carrier: 'SKT', network: 'SKT' });
  });

  it.each([
    ['SKT', null, { carrier: 'SKT', mvno: false }],
    ['MVNO', 'KT', { carrier: 'KT', mvno: true }],
  ] as const)('%s on %s is what the agency is told', async (carrier, network, told) => {
    let attempt = await world.walkTo('carrier');
    for (const action of [
      choose(carrier, network),
      ACTIONS.agree,
      ACTIONS.choose_method,
      ACTIONS.name_person,
    ])
      attempt = (await act(attempt, action)).after;
    expect(world.agency.requests).toMatchObject([{ claimant: { ...PERSON, ...told }, method: 'SMS' }]);
  });
});

describe('the consents', () => {
  it.each(CONSENTS)('are all needed: without %s nothing goes on', async (missing) => {
    const attempt = await world.walkTo('consent');
    const agreed = CONSENTS.filter((each) => each !== missing);
    expect(await act(attempt, { ...ACTIONS.agree, agreed })).toMatchObject({
      refusal: 'consent_missing',
      after: attempt,
    });
  });

  it('are kept with their version and time, and lead to the methods', async () => {
    const attempt = await world.walkTo('consent');
    world.clock.at += 5;
    const { after } = await act(attempt, { ...ACTIONS.agree, version: '2027-01' });
    expect(after.progress).toMatchObject({
      screen: 'method',
      consent: { version: '2027-01', at: world.clock.at },
      method: null,
    });
  });

  it.each(['SMS', 'APP'] as const)('lead to the person where %s is the only method', async (only) => {
    world.agency.methods = [only];
    const attempt = await world.walkTo('consent');
    expect((await act(attempt, ACTIONS.agree)).after.progress).toMatchObject({
      screen: 'person',
      method: only,
      consent: { version: '1' },
    });
  });
});

describe('the methods', () => {
  it('are those that the agency offers on the page, the app first', async () => {
    const { attempt } = await world.open();
    expect(world.steps.methodsOf(attempt)).toEqual(['APP', 'SMS']);
    world.agency.methods = ['SMS'];
    expect(world.steps.methodsOf(attempt)).toEqual(['SMS']);
    // Where the API offers none.
    const elsewhere = await world.open({ channelKey: 'page-only' });
    expect(world.steps.methodsOf(elsewhere.attempt)).toEqual(['SMS']);
  });

  it('are refused when they are not offered, or none is chosen', async () => {
    const attempt = await world.walkTo('method');
    world.agency.methods = ['APP'];
    for (const method of ['SMS', null] as const)
      expect(await act(attempt, { does: 'choose_method', method })).toMatchObject({
        refusal: 'method_not_offered',
        after: attempt,
      });
    expect(await act(attempt, { does: 'choose_method', method: 'APP' })).toMatchObject({ screen: 'person' });
  });

  it('can be changed to a text message when the app does not come, where messages are offered', async () => {
    const attempt = await world.walkTo('app');
    world.agency.methods = ['APP'];
    expect(await act(attempt, ACTIONS.use_sms)).toMatchObject({
      refusal: 'method_not_offered',
      after: attempt,
    });
    world.agency.methods = ['APP', 'SMS'];
    const { refusal, after } = await act(attempt, ACTIONS.use_sms);
    expect([refusal, after.progress?.screen, after.progress?.method]).toEqual([null, 'code', 'SMS']);
    expect(world.agency.requests.map(({ method }) => method)).toEqual(['APP', 'SMS']);
    // From now on there is the pause between two messages.
    expect(await act(after, ACTIONS.send_again)).toMatchObject({ refusal: 'sent_just_now' });
  });

  it('end with `channel_not_found` where the agency of the channel sends no codes any more', async () => {
    const { attempt } = await world.open();
    const elsewhere = { ...attempt, channel: await world.channel('hosted') };
    expect(() => world.steps.methodsOf(elsewhere)).toThrow(
      expect.objectContaining({ code: 'channel_not_found' }),
    );
  });
});

describe('a code', () => {
  it('certifies whom the agency vouches for', async () => {
    const attempt = await world.walkTo('code');
    expect(await act(attempt, ACTIONS.enter_code)).toMatchObject({ refusal: null, end: { certified: true } });
    const { impUid, channel } = attempt;
    expect(world.agency.confirmations).toEqual([
      { impUid, channel, settings: SETTINGS, claimant: PERSON, method: 'SMS', memo: null, otp: null },
    ]);
    const certification = await readCertification(world, world.caller, impUid);
    expect(certification).toMatchObject({
      state: 'certified',
      details: { identity: { name: '"\\ud64d\\uae38\\ub3d9"' } },
    });
  });

  it('is good for 180 seconds', async () => {
    const attempt = await world.walkTo('code');
    world.clock.at += 180 * SECOND;
    expect(await act(attempt, ACTIONS.enter_code)).toMatchObject({ refusal: 'code_late', after: attempt });
    expect(outcomes()).toEqual(['page requested', 'page otp_late']);
    expect(world.agency.confirmations).toEqual([]);
    world.clock.at -= 1;
    expect(await act(attempt, ACTIONS.enter_code)).toMatchObject({ end: { certified: true } });
  });

  it('may be wrong four times, and the fifth ends the attempt', async () => {
    let attempt = await world.walkTo('code');
    for (let count = 1; count <= 4; count++) {
      const { refusal, after } = await act(attempt, wrong());
      expect([refusal, after.wrong, after.end]).toEqual(['code_wrong', count, null]);
      attempt = after;
    }
    const { refusal, end } = await act(attempt, wrong());
    expect([refusal, end]).toEqual(['code_wrong', failed('OTP_LIMIT')]);
    expect(world.agency.confirmations).toEqual([]);
    const wrongs = Array(4).fill('page otp_wrong');
    expect(outcomes()).toEqual(['page requested', ...wrongs, 'page otp_tries_spent']);
  });

  it('does not get new tries from a new message', async () => {
    let attempt = await world.walkTo('code');
    for (let count = 1; count <= 4; count++) attempt = (await act(attempt, wrong())).after;
    world.clock.at += 30 * SECOND;
    attempt = (await act(attempt, ACTIONS.send_again)).after;
    expect(await act(attempt, wrong())).toMatchObject({ end: failed('OTP_LIMIT') });
  });

  it('is the newest one', async () => {
    const attempt = await world.walkTo('code');
    world.clock.at += 30 * SECOND;
    world.agency.code = '246802';
    const { after } = await act(attempt, ACTIONS.send_again);
    expect(await act(after, wrong('135790'))).toMatchObject({ refusal: 'code_wrong' });
    const current = await world.now(after);
    expect(await act(current, wrong('246802'))).toMatchObject({ end: { certified: true } });
  });

  it('that another form has overtaken is not compared', async () => {
    const attempt = await world.walkTo('code');
    await act(attempt, wrong());
    for (const action of [wrong(), ACTIONS.enter_code])
      expect(await act(attempt, action)).toMatchObject({ refusal: null, after: { wrong: 1 }, end: null });
    expect(world.agency.confirmations).toEqual([]);
  });

  it('is refused as altered when it is right for the row and not for the attempt', async () => {
    const attempt = await world.walkTo('code');
    // As if somebody had put the digest of another code into the row.
    const other = await world.walkTo('code');
    const forged = { ...attempt, code: other.code };
    await expect(world.take(forged, ACTIONS.enter_code)).rejects.toMatchObject({
      code: 'sealed_data_unreadable',
    });
    expect(world.agency.confirmations).toEqual([]);
  });
});

describe('an approval in the app', () => {
  it('certifies once it was given; before, the claim is given back and the person can try again', async () => {
    const attempt = await world.walkTo('app');
    world.agency.next('confirm', 'app_not_approved');
    const { refusal, after, screen } = await act(attempt, ACTIONS.confirm_app);
    expect([refusal, screen]).toEqual(['not_approved_yet', 'app']);
    expect(outcomes()).toEqual(['page requested']);
    expect(await act(after, ACTIONS.confirm_app)).toMatchObject({ refusal: null, end: { certified: true } });
    expect(world.agency.confirmations).toMatchObject([
      { method: 'APP' },
      { method: 'APP', claimant: PERSON },
    ]);
  });

  it('is asked for by one form at a time, and no form does anything meanwhile', async () => {
    const attempt = await world.walkTo('app');
    world.agency.next('confirm', async () => {
      const current = await world.now(attempt);
      for (const action of [ACTIONS.confirm_app, ACTIONS.cancel])
        expect(await act(current, action)).toMatchObject({ refusal: null, end: null, after: current });
      expect(await act(attempt, ACTIONS.confirm_app)).toMatchObject({ refusal: null, after: current });
    });
    expect(await act(attempt, ACTIONS.confirm_app)).toMatchObject({ end: { certified: true } });
    expect(world.agency.confirmations).toHaveLength(1);
  });

  it('is open to the next form when the one before has died and its 60 seconds are over', async () => {
    const attempt = await world.walkTo('app');
    await world.attempts.claim(attempt);
    const current = await world.now(attempt);
    world.clock.at += 60 * SECOND - 1;
    expect(await act(current, ACTIONS.confirm_app)).toMatchObject({ refusal: null, after: current });
    world.clock.at += 1;
    expect(await act(current, ACTIONS.confirm_app)).toMatchObject({ end: { certified: true } });
  });

  it('is thrown when it fails in another way', async () => {
    const attempt = await world.walkTo('app');
    world.agency.next('confirm', 'store_failed');
    await expect(act(attempt, ACTIONS.confirm_app)).rejects.toMatchObject({ code: 'store_failed' });
  });

  it('is refused as altered for an attempt in which nobody is named', async () => {
    const attempt = await world.walkTo('app');
    const nobody = { ...attempt, progress: attempt.progress && { ...attempt.progress, claimant: null } };
    await expect(world.take(nobody, ACTIONS.confirm_app)).rejects.toMatchObject({
      code: 'sealed_data_unreadable',
    });
    expect(world.agency.confirmations).toEqual([]);
  });
});

describe('a person chosen without the agency', () => {
  it('certifies the attempt, unless it is being confirmed', async () => {
    const attempt = await world.walkTo('carrier');
    const claimed = await world.walkTo('carrier');
    await world.attempts.claim(claimed);
    await world.steps.certify(claimed, CERTIFIED);
    expect((await world.now(claimed)).end).toBeNull();
    await world.steps.certify(attempt, CERTIFIED);
    expect((await world.now(attempt)).end).toEqual({ certified: true });
    expect(world.agency.confirmations).toEqual([]);
  });

  it('ends it when the person is too young', async () => {
    const { attempt } = await world.open({ wishes: { minimumAge: 40 } });
    await world.steps.certify(attempt, CERTIFIED);
    expect((await world.now(attempt)).end).toEqual(failed('UNDER_AGE'));
  });

  it('does nothing when another form was faster', async () => {
    const { attempt } = await world.open({ wishes: { minimumAge: 40 } });
    await act(attempt, ACTIONS.choose_carrier);
    await world.steps.certify(attempt, CERTIFIED);
    expect((await world.now(attempt)).end).toBeNull();
  });
});
