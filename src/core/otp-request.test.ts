import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type CoreWorld,
  openCoreWorld,
  PERSON,
  SETTINGS,
  SHOP,
  START,
} from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { unpackDetails } from './certification.ts';
import { SECOND } from './clock.ts';
import type { RequestLimits } from './limits.ts';
import type { WaitingOtp } from './otp-service.ts';

const NO_LIMITS: RequestLimits = { phone: [], phoneEverywhere: [], merchant: [], address: [] };
const CODE = '135790';
const error = (code: ErrorCode) => expect.objectContaining({ code });

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
const outcomes = () => world.hooked.map(([name, ...said]) => `${name} ${said.join(' ')}`);

describe('a request for a code', () => {
  it('asks the agency and keeps a pending certification', async () => {
    const impUid = await world.request({ bypass: { a: 1 } });
    expect(world.agency.requests).toEqual([
      {
        impUid,
        channel: await world.channel(),
        settings: SETTINGS,
        claimant: PERSON,
        method: 'SMS',
        serviceName: '가상상점',
        bypass: { a: 1 },
        now: START,
      },
    ]);
    const { details, ...rest } = await readCertification(world, world.caller, impUid);
    expect(rest).toMatchObject({ state: 'pending', requestedAt: START, certifiedAt: null });
    expect(unpackDetails(details)).toEqual({
      merchantUid: 'order-1',
      pageUrl: null,
      providerTid: 'tid-1',
      identity: null,
    });
    expect(outcomes()).toEqual(['otpCalled api requested']);
  });

  it('gets a number of the merchant from the time when there is none', async () => {
    const impUid = await world.request({ merchantUid: null });
    const { details } = await readCertification(world, world.caller, impUid);
    expect(unpackDetails(details).merchantUid).toBe(`nobody_${START}`);
  });

  it.each([
    ['상점 이름', '상점 이름'],
    [null, '가상상점'],
    ['', '가상상점'],
    ['[ ]', '가상상점'],
    ['evil.example/x', '가상상점'],
  ])('names %j in the message as %s', async (serviceName, shown) => {
    await world.request({ serviceName });
    expect(world.agency.requests).toMatchObject([{ serviceName: shown }]);
  });

  it('names nobody where neither name can be shown', async () => {
    await world.merchants.save({ ...SHOP, name: 'http://evil.example/' });
    await world.request();
    expect(world.agency.requests).toMatchObject([{ serviceName: '' }]);
  });

  it.each([
    [{ channelKey: null, pg: null }, 'both'],
    [{ channelKey: 'code-only', pg: null }, 'code-only'],
    [{ channelKey: null, pg: 'kcp_v2' }, 'code-only'],
  ])('of %j goes by the channel %s', async (choice, channelKey) => {
    await world.request({ choice });
    expect(world.agency.requests).toMatchObject([{ channel: { channelKey } }]);
  });

  it.each([
    { channelKey: 'page-only', pg: null },
    { channelKey: 'without-agency', pg: null },
    { channelKey: 'unknown', pg: null },
    { channelKey: null, pg: 'unknown' },
  ])('of %j finds no channel', async (choice) => {
    await expect(world.request({ choice })).rejects.toEqual(error('channel_not_found'));
    expect(world.agency.requests).toEqual([]);
    expect(outcomes()).toEqual(['otpCalled api channel_not_found']);
  });

  it('is forgiven an unknown channel in dev alone, which is reported', async () => {
    const taken: string[] = [];
    const dev = await openCoreWorld({ forgiveChannel: (channelKey) => taken.push(channelKey) });
    onTestFinished(() => dev.close());
    await dev.request({ choice: { channelKey: 'both', pg: null } });
    expect(taken).toEqual([]);
    await dev.request({ choice: { channelKey: 'unknown', pg: null } });
    expect(taken).toEqual(['both']);
    expect(dev.agency.requests).toMatchObject([
      { channel: { channelKey: 'both' } },
      { channel: { channelKey: 'both' } },
    ]);
  });

  it('is refused a method that the agency does not offer', async () => {
    world.agency.methods = ['SMS'];
    await expect(world.request({ method: 'APP' })).rejects.toMatchObject({
      code: 'parameter_invalid',
      names: ['verification_method'],
    });
    expect(world.agency.requests).toEqual([]);
  });

  it.each([
    ['phone', { phone: [{ count: 1, window: SECOND }] }],
    ['merchant', { merchant: [{ count: 1, window: SECOND }] }],
    ['address', { address: [{ count: 1, window: SECOND }] }],
  ])('is limited per %s before the agency is asked', async (_subject, limits) => {
    const limited = await openCoreWorld({ limits: { ...NO_LIMITS, ...limits } });
    onTestFinished(() => limited.close());
    await limited.request();
    await expect(limited.request()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 1 });
    expect(limited.agency.requests).toHaveLength(1);
    expect(limited.hooked.at(-1)).toEqual(['otpCalled', 'api', 'rate_limited']);
  });

  it('counts for the limits also when the person is too young, and not when the method is wrong', async () => {
    const limited = await openCoreWorld({
      limits: { ...NO_LIMITS, merchant: [{ count: 1, window: SECOND }] },
    });
    onTestFinished(() => limited.close());
    limited.agency.methods = ['SMS'];
    await expect(limited.request({ method: 'APP' })).rejects.toEqual(error('parameter_invalid'));
    await limited.changeChannels({ minimumAge: 37 });
    await expect(limited.request()).rejects.toEqual(error('under_age'));
    await expect(limited.request()).rejects.toEqual(error('rate_limited'));
  });

  it('is refused for a person below the minimum age of the channel, before the agency is asked', async () => {
    await world.changeChannels({ minimumAge: 37 });
    await expect(world.request()).rejects.toEqual(error('under_age'));
    expect(world.agency.requests).toEqual([]);
    await world.changeChannels({ minimumAge: 36 });
    await world.request();
  });

  it('keeps nothing when the agency refuses', async () => {
    let kept = 0;
    const { createOtpCertification } = world.store;
    world.store.createOtpCertification = (...row) => {
      kept++;
      return createOtpCertification(...row);
    };
    world.agency.next('request', 'person_blocked');
    await expect(world.request()).rejects.toEqual(error('person_blocked'));
    expect(kept).toBe(0);
  });

  it('takes another id where one was used before, and the code of that one counts', async () => {
    const { createOtpCertification } = world.store;
    let tries = 0;
    world.store.createOtpCertification = async (...row) => tries++ > 0 && createOtpCertification(...row);
    const impUid = await world.request();
    expect(world.agency.requests.map((each) => each.impUid)).toEqual([
      expect.not.stringMatching(impUid),
      impUid,
    ]);
    expect(await confirm(impUid)).toMatchObject({ impUid });
  });

  it('ends the open one of the same phone and channel as superseded', async () => {
    const older = await world.request();
    const elsewhere = await world.request({ choice: { channelKey: 'code-only', pg: null } });
    const another = await world.request({ claimant: { ...PERSON, phone: '01000004321' } });
    expect(await refusal(waiting(older))).toBe('none');
    await world.request();
    expect(await refusal(waiting(older))).toBe('otp_superseded');
    expect([await refusal(waiting(elsewhere)), await refusal(waiting(another))]).toEqual(['none', 'none']);
  });
});
