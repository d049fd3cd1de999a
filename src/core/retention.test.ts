import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { markDatabase, openStore } from '../storage/index.ts';
import type { CertificationState } from './certification.ts';
import type { Channel } from './channel.ts';
import { NO_HOOKS } from './hooks.ts';
import { newImpUid } from './ids.ts';
import { NO_PAGE_RULES } from './merchant.ts';
import type { OtpEnd } from './otp.ts';
import { sweep } from './retention.ts';
import type { Store } from './store.ts';

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const NOW = 1_800_000_000_000;
const KEEP_UNVERIFIED = 30 * DAY;
const sealed = () => ({ keyId: 1, salt: randomBytes(32), blob: randomBytes(60) });

describe('a sweep', () => {
  let store: Store;
  let channel: Channel;

  beforeEach(async () => {
    const opened = await openStore(
      'sqlite::memory:',
      markDatabase([{ id: 1, secret: randomBytes(32) }], 'serve'),
    );
    onTestFinished(() => opened.close());
    store = opened;
    const plain = {
      channelKey: 'channel',
      provider: 'danal',
      providerMerchantId: 'P1',
      carrierApproval: false,
      foreignerAddOn: false,
      minimumAge: null,
      adapter: 'danal',
      settings: sealed(),
    } as const;
    const { id } = await store.saveMerchant('imp00000001', () => ({
      name: '가상상점',
      pageRules: NO_PAGE_RULES,
      disabledAt: null,
      proof: randomBytes(36),
      keys: [],
      channels: [{ ...plain, position: 0, proof: randomBytes(36) }],
    }));
    [channel] = (await store.listChannels(id)) as [Channel];
  });

  const sweepAt = (now: number) =>
    sweep({ store, clock: { now: () => now }, keepUnverified: KEEP_UNVERIFIED });
  const certification = (state: CertificationState, requestedAt: number) => ({
    impUid: newImpUid(),
    merchantId: channel.merchantId,
    channel,
    state,
    requestedAt,
    certifiedAt: state === 'certified' ? requestedAt : null,
    sealed: sealed(),
  });
  const stateOf = async (impUid: string) =>
    (await store.findCertification(channel.merchantId, impUid))?.state ?? null;

  /** An attempt that ends by itself at a time. */
  async function begin(expiresAt: number): Promise<string> {
    const made = certification('pending', expiresAt - 900 * SECOND);
    const { impUid, merchantId } = made;
    const secrets = {
      ticket: randomBytes(36),
      ticketUntil: expiresAt,
      handle: randomBytes(36),
      session: randomBytes(36),
    };
    const attempt = { impUid, merchantId, channel, secrets, expiresAt, step: 0, wrong: 0, code: null };
    const kept = { ...attempt, back: null, end: null, launch: sealed(), progress: sealed() };
    expect(await store.attempts.create(kept, made)).toBe(true);
    return impUid;
  }
  const attemptOf = (impUid: string) => store.attempts.findById(channel.merchantId, impUid);

  /** An OTP whose code was sent at a time. */
  async function send(sentAt: number): Promise<string> {
    const made = certification('pending', sentAt);
    const counted = { method: 'SMS' as const, sentAt, wrong: 0, end: null };
    const otp = { digest: randomBytes(36), phoneDigest: randomBytes(36), claimant: sealed() };
    expect(await store.createOtpCertification(made, { ...counted, ...otp })).toBe(true);
    return made.impUid;
  }
  const endOf = async (impUid: string): Promise<OtpEnd | null | undefined> =>
    (await store.findOtp(channel.merchantId, impUid))?.otp?.end;

  it('ends attempts at their time and not before, as EXPIRED', async () => {
    const [due, running] = [await begin(NOW), await begin(NOW + 1)];
    await sweepAt(NOW);
    const end = '{"certified":false,"reason":"EXPIRED","providerCode":null}';
    expect(await attemptOf(due)).toMatchObject({ end, progress: null, code: null });
    expect(await attemptOf(running)).toMatchObject({ end: null, progress: expect.anything() });
    expect([await stateOf(due), await stateOf(running)]).toEqual(['expired', 'pending']);
  });

  it('ends OTPs three minutes after their code was sent and not before, as late', async () => {
    const [due, open] = [await send(NOW - 180 * SECOND), await send(NOW - 180 * SECOND + 1)];
    await sweepAt(NOW);
    expect([await endOf(due), await endOf(open)]).toEqual(['late', null]);
    expect((await store.findOtp(channel.merchantId, due))?.otp).toMatchObject({
      digest: null,
      phoneDigest: null,
      claimant: null,
    });
    expect([await stateOf(due), await stateOf(open)]).toEqual(['expired', 'pending']);
  });

  it('ends whatever there is, and lets others have their turn meanwhile', async () => {
    const attempts: string[] = [];
    const otps: string[] = [];
    for (let count = 0; count < 1_200; count++) {
      attempts.push(await begin(NOW - count));
      otps.push(await send(NOW - DAY - count));
    }
    let turns = 0;
    let isOver = false;
    const others = () => {
      turns++;
      if (!isOver) setImmediate(others);
    };
    setImmediate(others);
    await sweepAt(NOW);
    isOver = true;
    for (const impUid of attempts) expect((await attemptOf(impUid))?.progress).toBeNull();
    for (const impUid of otps) expect(await endOf(impUid)).toBe('late');
    // At the least one for each batch of 500.
    expect(turns).toBeGreaterThanOrEqual(6);
  });

  it('reports the attempts that it ended, and nothing when there were none', async () => {
    await Promise.all([begin(NOW), begin(NOW - 1), begin(NOW + 1)]);
    const reported: unknown[] = [];
    const hooks = { ...NO_HOOKS, attemptsEnded: (...ended: unknown[]) => void reported.push(ended) };
    const clock = { now: () => NOW };
    await sweep({ store, clock, keepUnverified: KEEP_UNVERIFIED, hooks });
    await sweep({ store, clock, keepUnverified: KEEP_UNVERIFIED, hooks });
    expect(reported).toEqual([['EXPIRED', 2]]);
  });

  it('forgets an attempt a day after its time, and none that has not ended', async () => {
    const ended = await begin(NOW - DAY - 1);
    const young = await begin(NOW - DAY);
    await sweepAt(NOW - DAY);
    const claimed = await begin(NOW - 2 * DAY);
    const claim = { id: randomBytes(16), until: NOW + 1 };
    await store.attempts.claim({ impUid: claimed, step: 0, claim, now: NOW - 2 * DAY });
    await sweepAt(NOW);
    expect(await attemptOf(ended)).toBeNull();
    expect(await attemptOf(young)).not.toBeNull();
    expect(await attemptOf(claimed)).toMatchObject({ end: null });
    expect([await stateOf(ended), await stateOf(claimed)]).toEqual(['expired', 'pending']);
  });

  it('deletes what ended without a person when it was kept long enough, and nothing else', async () => {
    const old = NOW - KEEP_UNVERIFIED - 1;
    const gone = [certification('failed', old), certification('expired', old)];
    const kept = [
      certification('failed', old + 1),
      certification('expired', old + 1),
      certification('certified', old),
      certification('pending', old),
    ];
    for (const each of [...gone, ...kept]) await store.createCertification(each);
    await sweepAt(NOW);
    for (const { impUid } of gone) expect(await stateOf(impUid)).toBeNull();
    for (const { impUid, state } of kept) expect(await stateOf(impUid)).toBe(state);
  });

  it('forgets requests that no limit looks at any more', async () => {
    const subject = [{ subject: randomBytes(36), limits: [{ count: 2, window: 2 * DAY }] }];
    expect(await store.countRequest(subject, NOW - DAY)).toBeNull();
    expect(await store.countRequest(subject, NOW - DAY + 1)).toBeNull();
    expect(await store.countRequest(subject, NOW)).toBe(NOW + DAY);
    await sweepAt(NOW);
    expect(await store.countRequest(subject, NOW)).toBeNull();
    expect(await store.countRequest(subject, NOW)).toBe(NOW + DAY + 1);
  });
});
