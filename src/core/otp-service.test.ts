import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  CERTIFIED,
  type CoreWorld,
  openCoreWorld,
  PERSON,
  SETTINGS,
  START,
} from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { unpackDetails } from './certification.ts';
import { SECOND } from './clock.ts';
import { SANDBOX_MARK } from './invented-people.ts';
import type { WaitingOtp } from './otp-service.ts';

const CODE = '135790';

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

const waiting = (impUid: string): Promise<WaitingOtp> => world.otps.findWaiting(world.caller, impUid);
/** Finds what waits and confirms it, as a call of the API does. */
const confirm = async (impUid: string, otp: string | null = CODE) =>
  world.otps.confirm(world.caller, await waiting(impUid), otp);
const refusal = (called: Promise<unknown>): Promise<string> =>
  called.then(
    () => 'none',
    (thrown) => (thrown instanceof AppError ? thrown.code : String(thrown)),
  );
const stateOf = async (impUid: string) => (await readCertification(world, world.caller, impUid)).state;
const outcomes = () => world.hooked.map(([name, ...said]) => `${name} ${said.join(' ')}`);
/** The row of an OTP, changed as somebody with access to the database could. */
function alter(
  change: (row: NonNullable<Awaited<ReturnType<CoreWorld['store']['findOtp']>>>) => object,
): void {
  const { findOtp } = world.store;
  world.store.findOtp = async (...by) => {
    const found = await findOtp(...by);
    return found && { ...found, ...change(found) };
  };
}

describe('what waits for its code', () => {
  it('is found by its own merchant', async () => {
    const impUid = await world.request();
    expect(await waiting(impUid)).toMatchObject({
      method: 'SMS',
      note: { claimant: PERSON, memo: null, comparedBy: 'us' },
      certification: { impUid },
    });
    const stranger = { ...world.caller, merchantId: world.caller.merchantId + 1 };
    expect(await refusal(world.otps.findWaiting(stranger, impUid))).toBe('certification_not_found');
    expect(await refusal(waiting('imp_000000000000'))).toBe('certification_not_found');
    expect(outcomes().slice(-2)).toEqual(Array(2).fill('otpCalled api certification_not_found'));
  });

  it('says why it does not wait any more', async () => {
    const certified = await world.request();
    await confirm(certified);
    const refused = await world.request();
    world.agency.next('confirm', 'person_blocked');
    await refusal(confirm(refused));
    const spent = await world.request();
    for (let tries = 0; tries < 5; tries++) await refusal(confirm(spent, '000000'));
    const late = await world.request();
    world.clock.at += 180 * SECOND;
    const walked = await world.walkTo('carrier');
    const codes = [certified, refused, spent, late, late, walked.impUid].map((each) =>
      refusal(waiting(each)),
    );
    expect(await Promise.all(codes)).toEqual([
      'already_certified',
      'certification_failed',
      'otp_tries_spent',
      'otp_late',
      'otp_late',
      'otp_not_requested',
    ]);
  });

  it('is late after 180 seconds, and ended so', async () => {
    const impUid = await world.request();
    world.clock.at += 180 * SECOND - 1;
    expect(await refusal(waiting(impUid))).toBe('none');
    world.clock.at += 1;
    expect(await refusal(waiting(impUid))).toBe('otp_late');
    expect(await stateOf(impUid)).toBe('expired');
  });

  it.each<[string, Parameters<typeof alter>[0]]>([
    ['has too many wrong tries and no end', ({ otp }) => ({ otp: { ...otp, wrong: 5 } })],
    ['has fewer wrong tries than none', ({ otp }) => ({ otp: { ...otp, wrong: -1 } })],
    ['has no code', ({ otp }) => ({ otp: { ...otp, digest: null } })],
    ['names nobody', ({ otp }) => ({ otp: { ...otp, claimant: null } })],
    ['has an unknown end', ({ otp }) => ({ otp: { ...otp, end: 'other' } })],
    ['has another method', ({ otp }) => ({ otp: { ...otp, method: 'APP' } })],
    ['was sent later', ({ otp }) => ({ otp: { ...otp, sentAt: START + 1 } })],
    ['is failed', ({ certification }) => ({ certification: { ...certification, state: 'failed' } })],
  ])('is refused as altered when its row %s', async (_how, change) => {
    const impUid = await world.request();
    alter(change);
    expect(await refusal(waiting(impUid))).toBe('sealed_data_unreadable');
  });

  it('names whoever asked, and nobody else', async () => {
    const [one, other] = [
      await world.request(),
      await world.request({ claimant: { ...PERSON, phone: '01000004321' } }),
    ];
    const { otp } = (await world.store.findOtp(world.caller.merchantId, other)) ?? {};
    alter((found) => ({ otp: found.certification.impUid === one ? otp : found.otp }));
    expect(await refusal(waiting(one))).toBe('sealed_data_unreadable');
  });

  it('is waited for while another process confirms it, for as long as that has its claim', async () => {
    const impUid = await world.request();
    const claim = { id: new Uint8Array(16), until: START + 60 * SECOND };
    const { merchantId } = world.caller;
    await world.store.claim({ merchantId, impUid, claim, now: START });
    const { findOtp } = world.store;
    let looks = 0;
    world.store.findOtp = async (...by) => {
      // The process has died: its claim runs out while this one looks again and again.
      if (++looks === 2) world.clock.at = claim.until;
      return findOtp(...by);
    };
    expect(await waiting(impUid)).toMatchObject({ certification: { impUid } });
    expect(looks).toBe(3);
  });

  it('is not ended as late while another process confirms it', async () => {
    const impUid = await world.request();
    world.clock.at += 180 * SECOND - 1;
    const claim = { id: new Uint8Array(16), until: world.clock.at + 60 * SECOND };
    const { merchantId } = world.caller;
    await world.store.claim({ merchantId, impUid, claim, now: world.clock.at });
    world.clock.at += 1;
    const { findOtp } = world.store;
    let looks = 0;
    world.store.findOtp = async (...by) => {
      if (++looks === 2) await world.store.release(merchantId, impUid, claim.id);
      return findOtp(...by);
    };
    expect(await refusal(waiting(impUid))).toBe('otp_late');
    expect(looks).toBe(2);
  });
});

describe('a confirmation', () => {
  it('certifies whom the agency vouches for, with the right code', async () => {
    const impUid = await world.request();
    world.clock.at += 61_600;
    const certification = await confirm(impUid);
    const channel = await world.channel();
    expect(world.agency.confirmations).toEqual([
      { impUid, channel, settings: SETTINGS, claimant: PERSON, method: 'SMS', memo: null, otp: null },
    ]);
    expect(certification).toEqual(await readCertification(world, world.caller, impUid));
    const { details, ...rest } = certification;
    expect(rest).toMatchObject({ state: 'certified', requestedAt: START, certifiedAt: START - 250 + 61_000 });
    expect(unpackDetails(details)).toEqual({
      merchantUid: 'order-1',
      pageUrl: null,
      providerTid: 'tid-1',
      identity: CERTIFIED,
    });
    expect(outcomes()).toEqual(['otpCalled api requested', 'otpCalled api certified']);
  });

  it('counts wrong codes, and the fifth ends it', async () => {
    const impUid = await world.request();
    for (let tries = 1; tries <= 4; tries++)
      expect(await refusal(confirm(impUid, '000000'))).toBe('otp_wrong');
    expect(await stateOf(impUid)).toBe('pending');
    expect(await refusal(confirm(impUid, '000000'))).toBe('otp_tries_spent');
    expect(await stateOf(impUid)).toBe('failed');
    expect(await refusal(confirm(impUid))).toBe('otp_tries_spent');
    expect(world.agency.confirmations).toEqual([]);
    expect(outcomes().slice(1, 6)).toEqual([
      ...Array(4).fill('otpCalled api otp_wrong'),
      'otpCalled api otp_tries_spent',
    ]);
  });

  it('of a text message needs a code, and one of the app none', async () => {
    const bySms = await world.request();
    expect(await refusal(confirm(bySms, null))).toBe('otp_wrong');
    const byApp = await world.request({ method: 'APP' });
    expect(await refusal(confirm(byApp, null))).toBe('none');
    expect(world.agency.confirmations).toMatchObject([{ impUid: byApp, method: 'APP' }]);
  });

  it.each<ErrorCode>([
    'identity_mismatch',
    'person_blocked',
    'under_age',
    'line_not_allowed',
    'provider_refused',
  ])('that the agency refuses with %s ends it', async (code) => {
    const impUid = await world.request();
    world.agency.next('confirm', code);
    expect(await refusal(confirm(impUid))).toBe(code);
    expect(await stateOf(impUid)).toBe('failed');
    expect(await refusal(confirm(impUid))).toBe('certification_failed');
    expect(outcomes()[1]).toBe(`otpCalled api ${code}`);
  });

  it.each<ErrorCode>(['provider_unavailable', 'provider_misconfigured', 'store_unavailable', 'internal'])(
    'that fails with %s leaves it open, and the next may try at once',
    async (code) => {
      const impUid = await world.request();
      world.agency.next('confirm', code);
      expect(await refusal(confirm(impUid))).toBe(code);
      expect(await stateOf(impUid)).toBe('pending');
      expect(await refusal(confirm(impUid))).toBe('none');
    },
  );

  it('by the app that is not approved yet leaves it open', async () => {
    const impUid = await world.request({ method: 'APP' });
    world.agency.next('confirm', 'app_not_approved');
    expect(await refusal(confirm(impUid, null))).toBe('app_not_approved');
    expect(await refusal(confirm(impUid, null))).toBe('none');
  });

  it('reports the first error, also when the claim cannot be given back', async () => {
    const impUid = await world.request();
    world.agency.next('confirm', 'provider_unavailable');
    world.store.release = () => Promise.reject(new AppError('store_unavailable'));
    expect(await refusal(confirm(impUid))).toBe('provider_unavailable');
  });

  it('ends for a person who is too young by what the agency knows', async () => {
    await world.changeChannels({ minimumAge: 19 });
    const impUid = await world.request();
    world.agency.next('confirm', () => ({ ...CERTIFIED, birthday: '2008-01-16' }));
    expect(await refusal(confirm(impUid))).toBe('under_age');
    expect(await stateOf(impUid)).toBe('failed');
  });

  it.each([{ name: ' ' }, { birthday: '' }, { birthday: '2027-01-16' }])(
    'ends when the agency vouches for somebody with %j',
    async (missing) => {
      const impUid = await world.request();
      world.agency.next('confirm', () => ({ ...CERTIFIED, ...missing }));
      expect(await refusal(confirm(impUid))).toBe('incomplete_result');
      expect(await stateOf(impUid)).toBe('failed');
    },
  );

  it('never certifies somebody of a sandbox in serve, and does in a sandbox', async () => {
    const invented = { ...CERTIFIED, ci: `${SANDBOX_MARK}${'c'.repeat(80)}` };
    const impUid = await world.request();
    world.agency.next('confirm', () => invented);
    expect(await refusal(confirm(impUid))).toBe('invented_person');
    expect(await stateOf(impUid)).toBe('pending');
    const sandbox = await openCoreWorld({ keepsInvented: true });
    onTestFinished(() => sandbox.close());
    const there = await sandbox.request();
    sandbox.agency.next('confirm', () => invented);
    const found = await sandbox.otps.findWaiting(sandbox.caller, there);
    expect(await sandbox.otps.confirm(sandbox.caller, found, CODE)).toMatchObject({ state: 'certified' });
  });

  it('is refused as altered when the sealed details are not those of the row', async () => {
    const impUid = await world.request();
    const found = await waiting(impUid);
    const certification = { ...found.certification, requestedAt: START + 1 };
    const altered = world.otps.confirm(world.caller, { ...found, certification }, CODE);
    expect(await refusal(altered)).toBe('sealed_data_unreadable');
    expect(world.agency.confirmations).toEqual([]);
  });

  it('compares with a code that was kept under an older key', async () => {
    const impUid = await world.request();
    const [, digest] = world.vault.digests('codes', `otp ${impUid}`, CODE) as [Uint8Array, Uint8Array];
    const tried: Uint8Array[] = [];
    world.store.tryOtp = async (request) => {
      tried.push(request.digest);
      return 'wrong';
    };
    const found = { ...(await waiting(impUid)), digest };
    expect(await refusal(world.otps.confirm(world.caller, found, CODE))).toBe('otp_wrong');
    expect(tried).toEqual([digest]);
  });
});

describe('several confirmations at the same moment', () => {
  it('ask the agency once: the second waits, and hears that it is certified', async () => {
    const impUid = await world.request();
    const [one, other] = [await waiting(impUid), await waiting(impUid)];
    let second: Promise<string> | undefined;
    world.agency.next('confirm', async () => {
      second = refusal(world.otps.confirm(world.caller, other, '000000'));
      await new Promise(setImmediate);
    });
    expect(await world.otps.confirm(world.caller, one, CODE)).toMatchObject({ state: 'certified' });
    expect(await second).toBe('already_certified');
    expect(world.agency.confirmations).toHaveLength(1);
  });

  it('let the second try when the first could not', async () => {
    const impUid = await world.request({ method: 'APP' });
    const [one, other] = [await waiting(impUid), await waiting(impUid)];
    let second: Promise<string> | undefined;
    world.agency.next('confirm', async () => {
      second = refusal(world.otps.confirm(world.caller, other, null));
      await new Promise(setImmediate);
      throw new AppError('app_not_approved');
    });
    expect(await refusal(world.otps.confirm(world.caller, one, null))).toBe('app_not_approved');
    expect(await second).toBe('none');
    expect(world.agency.confirmations).toHaveLength(2);
  });

  it('of two processes wait for each other as well', async () => {
    const impUid = await world.request();
    const { otps } = world.startProcess();
    let second: Promise<string> | undefined;
    world.agency.next('confirm', async () => {
      second = refusal(
        otps.findWaiting(world.caller, impUid).then((found) => otps.confirm(world.caller, found, CODE)),
      );
      await new Promise(setImmediate);
    });
    expect(await refusal(confirm(impUid))).toBe('none');
    expect(await second).toBe('already_certified');
  });

  it('tell one that lost its claim that it was superseded', async () => {
    const impUid = await world.request();
    const found = await waiting(impUid);
    world.agency.next('confirm', async () => {
      // The agency took so long that the claim ended, and somebody else has asked anew.
      world.clock.at += 31 * SECOND;
      await world.request();
    });
    expect(await refusal(world.otps.confirm(world.caller, found, CODE))).toBe('otp_superseded');
    expect(await stateOf(impUid)).toBe('expired');
  });

  it('tell one that lost its claim what became of it, also when the agency refuses', async () => {
    const impUid = await world.request();
    const found = await waiting(impUid);
    world.agency.next('confirm', async () => {
      world.clock.at += 61 * SECOND;
      await confirm(impUid);
      throw new AppError('person_blocked');
    });
    expect(await refusal(world.otps.confirm(world.caller, found, CODE))).toBe('already_certified');
    expect(await stateOf(impUid)).toBe('certified');
  });
});
