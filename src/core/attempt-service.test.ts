import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  CERTIFIED,
  type CoreWorld,
  LAUNCH,
  openCoreWorld,
  personAt,
  START,
  WISHES,
} from '../../test/support/core-world.ts';
import { readCertification } from '../../test/support/read-certification.ts';
import type { Attempt, FailureReason, NewAttempt } from './attempt.ts';
import { unpackDetails } from './certification.ts';
import { SECOND } from './clock.ts';
import { OTP_WRONG_TRIES } from './otp.ts';

const failed = (reason: FailureReason) => ({ certified: false, reason, providerCode: null });

let world: CoreWorld;

beforeEach(async () => {
  world = await openCoreWorld();
  onTestFinished(() => world.close());
});

const stateOf = async ({ impUid }: Pick<Attempt, 'impUid'>) =>
  (await readCertification(world, world.caller, impUid)).state;
const ends = () => world.hooked.filter(([name]) => name === 'attemptsEnded');
const start = async (more: Partial<NewAttempt> = {}) =>
  world.attempts.start(personAt(), {
    channel: await world.channel(),
    launch: LAUNCH,
    wishes: WISHES,
    pageUrl: 'https://shop.example/cart',
    ...more,
  });

describe('the start of an attempt', () => {
  it('makes a pending certification and an attempt of 900 seconds at the choice of the carrier', async () => {
    const { impUid, ticket, handle, expiresAt } = await start();
    expect(expiresAt).toBe(START + 900 * SECOND);
    const secret = expect.stringMatching(/^[\w-]{43}$/);
    expect([ticket, handle, impUid]).toEqual([secret, secret, expect.stringMatching(/^imp_\d{12}$/)]);
    const { channel, ...certification } = await readCertification(world, world.caller, impUid);
    expect(channel.channelKey).toBe('both');
    expect(certification).toMatchObject({ state: 'pending', requestedAt: START, certifiedAt: null });
    expect(unpackDetails(certification.details)).toEqual({
      merchantUid: 'order-1',
      pageUrl: 'https://shop.example/cart',
      providerTid: null,
      identity: null,
    });
    expect(await world.attempts.find({ handle })).toMatchObject({
      step: 0,
      wrong: 0,
      end: null,
      launch: LAUNCH,
      progress: { screen: 'carrier', sends: 0, refusals: 0, claimant: null, code: null },
    });
    expect(world.hooked).toEqual([['attemptStarted']]);
  });

  it('takes another id where one was used before', async () => {
    const { create } = world.store.attempts;
    const tried: string[] = [];
    world.store.attempts.create = async (attempt, certification) => {
      tried.push(attempt.impUid);
      return tried.length > 1 && create(attempt, certification);
    };
    const { impUid } = await start();
    expect(tried).toEqual([expect.not.stringMatching(impUid), impUid]);
    expect(world.hooked).toEqual([['attemptStarted']]);
  });

  it('is limited by the address of the visitor, and keeps nothing when it is refused', async () => {
    const address = [{ count: 1, window: 60 * SECOND }];
    const limits = { phone: [], phoneEverywhere: [], merchant: [], address };
    const limited = await openCoreWorld({ limits });
    onTestFinished(() => limited.close());
    let created = 0;
    const { create } = limited.store.attempts;
    limited.store.attempts.create = (...kept) => {
      created++;
      return create(...kept);
    };
    await limited.open();
    await expect(limited.open()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 60 });
    expect(created).toBe(1);
    await limited.open({ visitor: personAt('192.0.2.2') });
  });

  it('is possible on channels whose agency offers something on the page, or has a window', async () => {
    const shop = await world.merchants.find({ id: world.caller.merchantId });
    const channels = shop === null ? [] : await world.attempts.listChannels(shop);
    expect(channels.map(({ channelKey }) => channelKey)).toEqual(['both', 'page-only', 'hosted']);
  });
});

describe('a ticket', () => {
  it('is exchanged for a session once', async () => {
    const { ticket } = await start();
    const session = await world.attempts.openTicket(ticket);
    expect(session).toMatch(/^[\w-]{43}$/);
    expect(await world.attempts.openTicket(ticket)).toBeNull();
    expect(await world.attempts.find({ session: session ?? '' })).toMatchObject({ end: null, step: 0 });
  });

  it('is exchanged once, also by two windows at the same moment', async () => {
    const { ticket } = await start();
    const { find } = world.store.attempts;
    let inner: string | null = null;
    world.store.attempts.find = async (key) => {
      const found = await find(key);
      world.store.attempts.find = find;
      inner = await world.attempts.openTicket(ticket);
      return found;
    };
    expect(await world.attempts.openTicket(ticket)).toBeNull();
    expect(inner).not.toBeNull();
  });

  it('is good for 600 seconds', async () => {
    const [early, late] = [await start(), await start()];
    world.clock.at += 600 * SECOND - 1;
    expect(await world.attempts.openTicket(early.ticket)).not.toBeNull();
    world.clock.at += 1;
    expect(await world.attempts.openTicket(late.ticket)).toBeNull();
  });

  it('opens nothing when it is unknown, or when the attempt has ended', async () => {
    const { ticket, handle } = await start();
    expect(await world.attempts.openTicket(handle)).toBeNull();
    expect(await world.attempts.openTicket('unknown')).toBeNull();
    const attempt = (await world.attempts.find({ handle })) as Attempt;
    await world.attempts.fail(attempt, 'USER_CANCEL');
    expect(await world.attempts.openTicket(ticket)).toBeNull();
  });

  it('opens nothing when the attempt was certified and its certification erased', async () => {
    const { ticket, handle, impUid } = await start();
    const attempt = (await world.attempts.find({ handle })) as Attempt;
    await world.steps.certify(attempt, CERTIFIED);
    expect(await world.attempts.openTicket(ticket)).toBeNull();
    await world.certifications.erase(world.caller, impUid);
    expect(await world.attempts.openTicket(ticket)).toBeNull();
  });
});

describe('a session or a handle', () => {
  it('finds its attempt, and none for another secret or the secret of another kind', async () => {
    const { attempt, ticket, session, handle } = await world.open();
    expect(await world.attempts.find({ session })).toEqual(attempt);
    expect(await world.attempts.find({ handle })).toEqual(attempt);
    for (const secret of [
      { session: handle },
      { session: ticket },
      { handle: session },
      { handle: 'unknown' },
    ])
      expect(await world.attempts.find(secret)).toBeNull();
  });

  it('finds it as ended once its time is over, and not before', async () => {
    const { attempt, session } = await world.open();
    world.clock.at += 900 * SECOND - 1;
    expect(await world.attempts.find({ session })).toEqual(attempt);
    world.clock.at += 1;
    expect(await world.attempts.find({ session })).toMatchObject({ end: failed('EXPIRED'), progress: null });
    expect(await stateOf(attempt)).toBe('expired');
    await world.attempts.find({ session });
    expect(ends()).toEqual([['attemptsEnded', 'EXPIRED', 1]]);
  });

  it('ends it for want of tries, when whoever counted the last one has died', async () => {
    const attempt = await world.walkTo('code');
    for (let count = 0; count < OTP_WRONG_TRIES; count++) {
      const { impUid, step } = await world.now(attempt);
      const claim = { id: new Uint8Array(16), until: START };
      const tried = { impUid, step, digest: new Uint8Array(36), wrongTries: OTP_WRONG_TRIES, claim };
      await world.store.attempts.tryCode({ ...tried, now: START });
      expect((await world.now(attempt)).end).toBeNull();
    }
    const { handle } = await world.open();
    const { find } = world.store.attempts;
    // The handle of the walk is not known here: the row is found by another one.
    world.store.attempts.find = async (key) =>
      (await find(key)) && world.store.attempts.findById(attempt.merchantId, attempt.impUid);
    expect(await world.attempts.find({ handle })).toMatchObject({ end: failed('OTP_LIMIT') });
    expect(await stateOf(attempt)).toBe('failed');
  });

  it('finds it running while it is being confirmed, also when its time is over', async () => {
    const { attempt, session } = await world.open();
    world.clock.at = attempt.expiresAt - 1;
    await world.attempts.claim(attempt);
    world.clock.at = attempt.expiresAt;
    expect(await world.attempts.find({ session })).toMatchObject({ end: null });
    expect(ends()).toEqual([]);
    world.clock.at += 60 * SECOND;
    expect(await world.attempts.find({ session })).toMatchObject({ end: failed('EXPIRED') });
  });

  it('does not end a second time what has ended', async () => {
    const { attempt, session } = await world.open();
    await world.attempts.fail(attempt, 'USER_CANCEL');
    world.clock.at += 900 * SECOND;
    expect(await world.attempts.find({ session })).toMatchObject({ end: failed('USER_CANCEL') });
  });

  it('finds it under an older key too', async () => {
    const { attempt, session } = await world.open();
    const digests = world.vault.digests.bind(world.vault);
    world.vault.digests = (...of) => [new Uint8Array(36), ...digests(...of)];
    expect(await world.attempts.find({ session })).toEqual(attempt);
  });

  it('finds nothing that was erased', async () => {
    const { attempt, session } = await world.open();
    await world.certifications.erase(world.caller, attempt.impUid);
    expect(await world.attempts.find({ session })).toBeNull();
    expect(await world.attempts.reload(attempt)).toBeNull();
  });
});

describe('a step', () => {
  it('is stored once, and returns the attempt as it is then', async () => {
    const { attempt } = await world.open();
    const next = await world.attempts.advance(attempt, { screen: 'consent', carrier: 'KT' });
    expect(next).toEqual(await world.now(attempt));
    expect(next).toMatchObject({ step: 1, progress: { screen: 'consent', carrier: 'KT' } });
    expect(await world.attempts.advance(attempt, { screen: 'person' })).toBeNull();
    expect(await world.now(attempt)).toEqual(next);
  });

  it('keeps the newest code until there is a newer one', async () => {
    const attempt = await world.walkTo('code');
    const next = await world.attempts.advance(attempt, { screen: 'person' });
    expect(next?.code).toEqual(attempt.code);
    expect(await world.now(attempt)).toMatchObject({ code: attempt.code, progress: { screen: 'person' } });
    const digest = Buffer.alloc(36, 1).toString('base64');
    const code = { sentAt: START, digest, comparedBy: 'us', memo: null } as const;
    expect((await world.attempts.advance(next as Attempt, { code }))?.code).toEqual(Buffer.alloc(36, 1));
  });

  it('is claimed once, by its own step alone, until it is given back or 60 seconds are over', async () => {
    const { attempt } = await world.open();
    expect(await world.attempts.claim({ ...attempt, step: 1 })).toBeNull();
    const claim = (await world.attempts.claim(attempt)) as Uint8Array;
    expect(await world.attempts.claim(attempt)).toBeNull();
    const current = await world.now(attempt);
    expect(await world.attempts.claim(current)).toBeNull();
    const release = (by: Uint8Array) => world.store.release(current.merchantId, current.impUid, by);
    await release(new Uint8Array(16));
    expect(await world.attempts.claim(current)).toBeNull();
    await release(claim);
    expect(await world.attempts.claim(current)).not.toBeNull();
    world.clock.at += 60 * SECOND;
    expect(await world.attempts.claim(await world.now(attempt))).not.toBeNull();
  });
});

describe('the window of an attempt', () => {
  it('is asked for its presence when it is a popup that runs', async () => {
    const popup = await world.open();
    expect(await world.attempts.show(popup.attempt)).toEqual(expect.any(Number));
    for (const window of ['layer', 'redirect'] as const)
      expect(await world.attempts.show((await world.open({ launch: { window } })).attempt)).toBeNull();
    await world.attempts.fail(popup.attempt, 'USER_CANCEL');
    expect(await world.attempts.show(await world.now(popup.attempt))).toBeNull();
  });

  it('counts as visible once shown, and as what it reported with the highest number', async () => {
    const { attempt, session } = await world.open();
    expect(attempt.presence).toMatchObject({ state: 'gone' });
    world.clock.at += 7;
    const from = (await world.attempts.show(attempt)) as number;
    expect((await world.now(attempt)).presence).toEqual({
      number: from,
      state: 'visible',
      heardAt: START + 7,
    });
    world.clock.at += 5;
    expect(await world.attempts.hear(session, from + 2, 'hidden')).toBe(true);
    expect(await world.attempts.hear(session, from + 1, 'gone')).toBe(true);
    const heard = { number: from + 2, state: 'hidden', heardAt: START + 12 };
    expect((await world.now(attempt)).presence).toEqual(heard);
    // An older screen than the one that is shown now.
    const newer = (await world.attempts.show(attempt)) as number;
    await world.attempts.hear(session, from + 3, 'gone');
    expect((await world.now(attempt)).presence).toMatchObject({ number: newer, state: 'visible' });
  });

  it('is not heard after the end, and not with an unknown session', async () => {
    const { attempt, session } = await world.open();
    expect(await world.attempts.hear('unknown', 1, 'visible')).toBe(false);
    await world.attempts.fail(attempt, 'USER_CANCEL');
    expect(await world.attempts.hear(session, 1, 'visible')).toBe(false);
    const late = await world.open();
    world.clock.at = late.attempt.expiresAt;
    expect(await world.attempts.hear(late.session, 1, 'visible')).toBe(false);
    expect((await world.now(late.attempt)).end).toEqual(failed('EXPIRED'));
  });

  it('ends the attempt when it is gone or silent, and not while it is there', async () => {
    const { attempt, session } = await world.open();
    const from = (await world.attempts.show(attempt)) as number;
    const isOver = async () => {
      await world.attempts.failIfGone(await world.now(attempt));
      return (await world.now(attempt)).end !== null;
    };
    world.clock.at += 10 * SECOND - 1;
    expect(await isOver()).toBe(false);
    await world.attempts.hear(session, from + 1, 'hidden');
    world.clock.at += 60 * SECOND;
    expect(await isOver()).toBe(false);
    await world.attempts.hear(session, from + 2, 'visible');
    world.clock.at += 10 * SECOND;
    expect(await isOver()).toBe(true);
    expect((await world.now(attempt)).end).toEqual(failed('USER_CANCEL'));
  });

  it('does not end it when it was heard again meanwhile, nor while it is being confirmed', async () => {
    const { attempt, session } = await world.open();
    const from = (await world.attempts.show(attempt)) as number;
    await world.attempts.hear(session, from + 1, 'gone');
    const gone = await world.now(attempt);
    await world.attempts.hear(session, from + 2, 'visible');
    await world.attempts.failIfGone(gone);
    expect((await world.now(attempt)).end).toBeNull();
    await world.attempts.hear(session, from + 3, 'gone');
    await world.attempts.claim(await world.now(attempt));
    await world.attempts.failIfGone(await world.now(attempt));
    expect((await world.now(attempt)).end).toBeNull();
  });
});
