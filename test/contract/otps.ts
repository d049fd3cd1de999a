import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredCertification } from '../../src/core/certification.ts';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import type { Merchant } from '../../src/core/merchant.ts';
import type { StoredOtp } from '../../src/core/otp.ts';
import type { Store } from '../../src/core/store.ts';
import { CHANNEL, plainRow, putMerchant } from './merchant.ts';

const NOW = 1_741_915_200_000;

/** What every storage engine must do for OTPs, claims and counts; `open` as in `describeStore`. */
export function describeOtps(name: string, open: () => Promise<{ first: Store; second: Store }>): void {
  describe(`OTP contract: ${name}`, () => {
    let store: Store;
    let second: Store;
    let merchant: Merchant;
    let channel: Channel;

    beforeAll(async () => {
      const opened = await open();
      store = opened.first;
      second = opened.second;
      merchant = await putMerchant(store, {
        userCode: 'imp91000000',
        channels: [
          { ...CHANNEL, channelKey: 'otps' },
          { ...CHANNEL, channelKey: 'otps-second', provider: 'kcp_v2' },
        ],
      });
      [channel] = (await store.listChannels(merchant.id)) as [Channel];
    });
    afterAll(async () => {
      await store.close();
      await second.close();
    });

    /** The second store in a later turn of the event loop: an engine may read from one snapshot within a turn. */
    async function later(): Promise<Store> {
      await nextTurn();
      return second;
    }

    function record(impUid = newImpUid(), overrides: Partial<StoredCertification> = {}): StoredCertification {
      return {
        impUid,
        merchantId: merchant.id,
        channel,
        state: 'certified',
        requestedAt: 1_741_915_150_000,
        certifiedAt: 1_741_915_191_000,
        sealed: { keyId: 1, salt: randomBytes(32), blob: randomBytes(300) },
        ...overrides,
      };
    }

    const otp = (overrides: Partial<StoredOtp> = {}): StoredOtp => ({
      method: 'SMS',
      digest: Uint8Array.of(1, 2, 3),
      phoneDigest: randomBytes(36),
      claimant: { keyId: 1, salt: randomBytes(32), blob: randomBytes(200) },
      sentAt: NOW,
      wrong: 0,
      end: null,
      ...overrides,
    });
    const pending = (overrides: Partial<StoredCertification> = {}) =>
      record(newImpUid(), { state: 'pending', certifiedAt: null, ...overrides });
    const RIGHT = Uint8Array.of(1, 2, 3);
    const WRONG = Uint8Array.of(1, 2, 4);
    const LEASE = 30_000;
    const claimAt = (now: number) => ({ id: randomBytes(16), until: now + LEASE });
    const tryAt = (impUid: string, digest: Uint8Array, now = NOW, merchantId = merchant.id) => {
      const request = { merchantId, impUid, digest, wrongTries: 5, claim: claimAt(now), now };
      return { ...request, of: (each: Store) => each.tryOtp(request) };
    };
    const endingOf = (impUid: string, claim: Uint8Array | null = null) =>
      ({ merchantId: merchant.id, impUid, state: 'failed', end: 'refused', claim, now: NOW }) as const;
    const GONE = { digest: null, phoneDigest: null, claimant: null };

    it('counts wrong tries in the step that compares, and ends with the last', async () => {
      const asked = pending();
      expect(await store.createOtpCertification(asked, otp())).toBe(true);
      expect((await (await later()).findOtp(merchant.id, asked.impUid))?.otp?.end).toBeNull();
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, at) => tryAt(asked.impUid, WRONG).of(at % 2 ? store : second)),
      );
      expect(tries.filter((tried) => tried === 'wrong')).toHaveLength(4);
      expect(tries.filter((tried) => tried === 'last')).toHaveLength(1);
      expect(tries.filter((tried) => tried === 'closed')).toHaveLength(15);
      expect(await tryAt(asked.impUid, RIGHT).of(store)).toBe('closed');
      const found = await (await later()).findOtp(merchant.id, asked.impUid);
      expect(found).toMatchObject({
        certification: { state: 'failed' },
        otp: { wrong: 5, end: 'tries', ...GONE },
      });
    });

    it('counts a code that the agency found wrong for the claim alone, and ends with the last', async () => {
      const asked = pending();
      await store.createOtpCertification(asked, otp());
      const { impUid } = asked;
      const wrongBy = (claim: Uint8Array, each = store, merchantId = merchant.id) =>
        each.countWrongOtp({ merchantId, impUid, claim, wrongTries: 5 });
      const take = async () => {
        const claim = claimAt(NOW);
        expect(await store.claim({ merchantId: merchant.id, impUid, claim, now: NOW })).toBe(true);
        return claim.id;
      };
      expect(await wrongBy(randomBytes(16))).toBeNull();
      for (let count = 1; count <= 5; count++) {
        const claim = await take();
        expect(await wrongBy(randomBytes(16))).toBeNull();
        expect(await wrongBy(claim, store, -1)).toBeNull();
        // Of several calls with one claim one counts.
        const counted = await Promise.all([store, second, store].map((each) => wrongBy(claim, each)));
        expect(counted.filter((each) => each !== null)).toEqual([count < 5 ? 'wrong' : 'last']);
        expect((await (await later()).findOtp(merchant.id, impUid))?.otp?.wrong).toBe(count);
      }
      expect(await (await later()).findOtp(merchant.id, impUid)).toMatchObject({
        certification: { state: 'failed' },
        otp: { end: 'tries', ...GONE },
        claimedUntil: null,
      });
      const claim = claimAt(NOW);
      expect(await store.claim({ merchantId: merchant.id, impUid, claim, now: NOW })).toBe(false);
    });

    it('gives the claim to one right try, compares nothing while it is live, and certifies for it alone', async () => {
      const asked = pending();
      await store.createOtpCertification(asked, otp());
      const tries = Array.from({ length: 6 }, () => tryAt(asked.impUid, RIGHT));
      const tried = await Promise.all(tries.map((each, at) => each.of(at % 2 ? store : second)));
      expect(tried.filter((each) => each === 'right')).toHaveLength(1);
      expect(tried.filter((each) => each === 'busy')).toHaveLength(5);
      expect(await tryAt(asked.impUid, WRONG).of(store)).toBe('busy');
      expect((await (await later()).findOtp(merchant.id, asked.impUid))?.otp?.wrong).toBe(0);
      const held = tries[tried.indexOf('right')]?.claim.id ?? randomBytes(16);
      const done = record(asked.impUid, { certifiedAt: NOW });
      expect(await store.certify(done, randomBytes(16))).toBe(false);
      expect(await store.endOtp({ ...endingOf(asked.impUid), end: 'late' })).toBe(false);
      const certified = await Promise.all([store, second, store].map((each) => each.certify(done, held)));
      expect(certified.filter(Boolean)).toHaveLength(1);
      expect(plainRow(await store.findCertification(merchant.id, asked.impUid))).toEqual({
        ...done,
        requestedAt: asked.requestedAt,
      });
      expect(await (await later()).endOtp(endingOf(asked.impUid, held))).toBe(false);
      expect(await store.certify(record(newImpUid()), held)).toBe(false);
    });

    it('lends a claim until its time is over or it is given back, and takes nothing from whoever lost it', async () => {
      const asked = pending();
      await store.createOtpCertification(asked, otp({ method: 'APP' }));
      const request = (now: number) => ({
        merchantId: merchant.id,
        impUid: asked.impUid,
        claim: claimAt(now),
        now,
      });
      const first = request(NOW);
      const taken = await Promise.all([store.claim(first), second.claim(request(NOW))]);
      expect(taken.filter(Boolean)).toHaveLength(1);
      await store.release(merchant.id, asked.impUid, randomBytes(16));
      expect(await (await later()).claim(request(NOW + LEASE - 1))).toBe(false);
      const next = request(NOW + LEASE);
      expect(await store.claim(next)).toBe(true);
      const done = record(asked.impUid, { certifiedAt: NOW });
      expect(await (await later()).certify(done, first.claim.id)).toBe(false);
      await store.release(merchant.id, asked.impUid, next.claim.id);
      expect(await (await later()).claim(request(NOW + LEASE))).toBe(true);
      expect(await store.claim({ ...request(NOW), merchantId: -1 })).toBe(false);
    });

    it('lets nobody be held up by a claim that is to last longer than claims do', async () => {
      const lasting = { id: randomBytes(16), until: NOW + 1_000 * LEASE };
      for (const method of ['APP', 'SMS'] as const) {
        const [asked, ended, late] = [pending(), pending(), pending()];
        for (const each of [asked, ended, late]) {
          await store.createOtpCertification(each, otp({ method, sentAt: NOW }));
          const taken = { merchantId: merchant.id, impUid: each.impUid, claim: lasting, now: NOW };
          expect(await store.claim(taken)).toBe(true);
        }
        const taken = { merchantId: merchant.id, impUid: asked.impUid, claim: claimAt(NOW), now: NOW };
        if (method === 'APP') expect(await (await later()).claim(taken)).toBe(true);
        else expect(await tryAt(asked.impUid, RIGHT).of(await later())).toBe('right');
        expect(await store.endOtp(endingOf(ended.impUid))).toBe(true);
        expect(await store.endLateOtps(NOW, NOW, 10)).toBe(1);
      }
    });

    it('compares nothing with a code whose tries are spent or that has ended', async () => {
      for (const over of [{ wrong: 5 }, { end: 'late' as const }]) {
        const asked = pending();
        await store.createOtpCertification(asked, otp(over));
        for (const code of [RIGHT, WRONG]) expect(await tryAt(asked.impUid, code).of(store)).toBe('closed');
      }
    });

    it('ends an open certification once, forgets whom it named, and only its own merchant may', async () => {
      const stranger = await putMerchant(store, { userCode: 'imp91000001' });
      const asked = pending();
      await store.createOtpCertification(asked, otp());
      expect(await store.endOtp({ ...endingOf(asked.impUid), merchantId: stranger.id })).toBe(false);
      expect(await tryAt(asked.impUid, WRONG, NOW, stranger.id).of(store)).toBe('closed');
      expect(await store.endOtp(endingOf(asked.impUid))).toBe(true);
      expect(await store.endOtp({ ...endingOf(asked.impUid), end: 'late' })).toBe(false);
      expect((await store.findOtp(merchant.id, asked.impUid))?.otp).toMatchObject({
        end: 'refused',
        ...GONE,
      });
    });

    it('ends every open one whose code is too old, and none that is just being confirmed', async () => {
      const [old, young, claimed] = [pending(), pending(), pending()];
      await store.createOtpCertification(old, otp({ sentAt: NOW - 2 }));
      await store.createOtpCertification(young, otp({ sentAt: NOW }));
      await store.createOtpCertification(claimed, otp({ sentAt: NOW - 2 }));
      expect(await tryAt(claimed.impUid, RIGHT).of(store)).toBe('right');
      while ((await store.endLateOtps(NOW - 1, NOW, 1)) > 0);
      const found = await Promise.all(
        [old, young, claimed].map(async ({ impUid }) => (await later()).findOtp(merchant.id, impUid)),
      );
      expect(found.map((each) => each?.certification.state)).toEqual(['expired', 'pending', 'pending']);
      expect(found[0]?.otp).toMatchObject({ end: 'late', ...GONE });
      expect(found[2]?.otp?.claimant).not.toBeNull();
      expect(await store.endLateOtps(NOW - 1, NOW + LEASE, 10)).toBe(1);
    });

    it('forgets what ended without a person long ago, and nothing else', async () => {
      const long = 1_000;
      const [ended, running, verified] = [
        record(newImpUid(), { state: 'failed', certifiedAt: null, requestedAt: long - 1 }),
        record(newImpUid(), { state: 'pending', certifiedAt: null, requestedAt: long - 1 }),
        record(newImpUid(), { requestedAt: long - 1 }),
      ];
      const recent = record('of another shape', { state: 'expired', certifiedAt: null, requestedAt: long });
      for (const each of [ended, running, verified, recent]) await store.createCertification(each);
      while ((await store.forgetUnverified(long, 1)) > 0);
      const found = await Promise.all(
        [ended, running, verified, recent].map(async ({ impUid }) =>
          (await later()).findCertification(merchant.id, impUid),
        ),
      );
      expect(found.map((each) => each !== null)).toEqual([false, true, true, true]);
    });

    it('lets a newer OTP to the same phone supersede the older one, on the same channel only', async () => {
      const phoneDigest = randomBytes(36);
      const [, secondChannel = channel] = await store.listChannels(merchant.id);
      const old = pending();
      const elsewhere = pending({ channel: secondChannel });
      await store.createOtpCertification(old, otp({ phoneDigest }));
      await store.createOtpCertification(elsewhere, otp({ phoneDigest }));
      for (const _again of [1, 2, 3]) await store.findCertification(merchant.id, old.impUid);
      const newer = pending();
      await store.createOtpCertification(newer, otp({ phoneDigest }));
      const stateOf = async (impUid: string) =>
        (await store.findOtp(merchant.id, impUid))?.certification.state;
      expect(await Promise.all([old, elsewhere, newer].map(({ impUid }) => stateOf(impUid)))).toEqual([
        'expired',
        'pending',
        'pending',
      ]);
      expect((await store.findOtp(merchant.id, old.impUid))?.otp?.end).toBe('superseded');
    });

    it('gives each of many requests of one moment its own answer', async () => {
      const [used, erased] = [pending(), pending()];
      for (const each of [used, erased]) await store.createOtpCertification(each, otp());
      await store.eraseCertification(merchant.id, erased.impUid, 1);
      const phoneDigest = randomBytes(36);
      const older = pending();
      await store.createOtpCertification(older, otp({ phoneDigest }));
      const fresh = Array.from({ length: 20 }, () => pending());
      const same = [pending(), pending()];
      const twin = pending();
      const created = await Promise.all([
        ...fresh.map((each) => store.createOtpCertification(each, otp())),
        ...same.map((each) => store.createOtpCertification(each, otp({ phoneDigest }))),
        store.createOtpCertification(record(used.impUid, { state: 'pending', certifiedAt: null }), otp()),
      ]);
      expect(created).toEqual([...fresh.map(() => true), true, true, false]);
      // In moments of their own: they are so rare that an engine may begin once more for all that it was asked.
      const gone = record(erased.impUid, { state: 'pending', certifiedAt: null });
      const afterErasure = [gone, pending()].map((each) => store.createOtpCertification(each, otp()));
      expect(await Promise.all(afterErasure)).toEqual([false, true]);
      const twins = await Promise.all([twin, twin].map((each) => store.createOtpCertification(each, otp())));
      expect(twins.filter(Boolean)).toHaveLength(1);
      const stateOf = async ({ impUid }: StoredCertification) =>
        (await (await later()).findOtp(merchant.id, impUid))?.certification.state ?? null;
      expect(await Promise.all([...fresh, used, erased, twin, older].map(stateOf))).toEqual([
        ...fresh.map(() => 'pending'),
        'pending',
        null,
        'pending',
        'expired',
      ]);
      expect((await Promise.all(same.map(stateOf))).sort()).toEqual(['expired', 'pending']);
    });

    it('gives each of many tries and results of one moment its own answer', async () => {
      const open = Array.from({ length: 10 }, () => pending());
      for (const each of open) await store.createOtpCertification(each, otp());
      const [first = pending(), second = pending(), third = pending()] = open;
      const right = open.map(({ impUid }) => tryAt(impUid, RIGHT));
      const others = [tryAt(second.impUid, RIGHT, NOW, -1), tryAt(newImpUid(), RIGHT)];
      const again = tryAt(third.impUid, RIGHT);
      const wrong = pending();
      await store.createOtpCertification(wrong, otp());
      const all = [tryAt(wrong.impUid, WRONG), ...others, ...right, again];
      const tried = await Promise.all(all.map((each) => each.of(store)));
      expect(tried.slice(0, 3)).toEqual(['wrong', 'closed', 'closed']);
      expect(tried.slice(3, 5)).toEqual(['right', 'right']);
      expect([tried[5], tried[13]].sort()).toEqual(['busy', 'right']);
      expect(tried.slice(6, 13)).toEqual(open.slice(3).map(() => 'right'));

      const claimOf = (at: number) => right[at]?.claim.id ?? randomBytes(16);
      const done = open.map(({ impUid }, at) =>
        record(impUid, {
          certifiedAt: NOW + at,
          sealed: { keyId: 1, salt: randomBytes(32), blob: randomBytes(9) },
        }),
      );
      const [of1, of2, of4] = [done[0] ?? first, done[1] ?? second, done[3] ?? first];
      const certified = await Promise.all([
        store.certify({ ...of1, certifiedAt: NOW + 90 }, randomBytes(16)),
        store.certify(of1, claimOf(0)),
        store.certify(of2, claimOf(0)),
        store.certify({ ...of2, merchantId: -1 }, claimOf(1)),
        store.certify(of4, claimOf(3)),
        store.certify(record(newImpUid()), claimOf(4)),
      ]);
      expect(certified).toEqual([false, true, false, false, true, false]);
      const found = await Promise.all(
        [of1, of2, of4].map(async ({ impUid }) => (await later()).findOtp(merchant.id, impUid)),
      );
      expect(found.map((each) => each?.certification.certifiedAt)).toEqual([NOW, null, NOW + 3]);
      expect(found.map((each) => each?.otp === null)).toEqual([true, false, true]);
      expect(plainRow(found[2]?.certification ?? null)?.sealed).toEqual(of4.sealed);
    });

    it('finds no OTP of a certification that was made otherwise, nor of an erased one', async () => {
      const page = pending();
      await store.createCertification(page);
      expect((await store.findOtp(merchant.id, page.impUid))?.otp).toBeNull();
      const asked = pending();
      await store.createOtpCertification(asked, otp());
      await store.eraseCertification(merchant.id, asked.impUid, 1);
      expect(await store.findOtp(merchant.id, asked.impUid)).toBeNull();
    });

    it('counts a request under each of its subjects or under none, and says when the next is free', async () => {
      const [phone, shop] = [randomBytes(36), randomBytes(36)];
      const count = (now: number, subject: Uint8Array = phone) =>
        store.countRequest(
          [
            { subject, limits: [{ count: 2, window: 600_000 }] },
            { subject: shop, limits: [{ count: 3, window: 60_000 }] },
          ],
          now,
        );
      expect(await count(NOW)).toBeNull();
      expect(await count(NOW + 1000)).toBeNull();
      expect(await count(NOW + 2000)).toBe(NOW + 600_000);
      expect(await count(NOW + 3000, randomBytes(36))).toBeNull();
      expect(await count(NOW + 4000, randomBytes(36))).toBe(NOW + 60_000);
      expect(await count(NOW + 599_999)).toBe(NOW + 600_000);
      expect(await count(NOW + 600_000)).toBeNull();
      expect(await store.countRequest([], NOW)).toBeNull();
      while ((await store.forgetRequests(NOW + 1000, 1)) > 0);
      expect(
        await (await later()).countRequest([{ subject: phone, limits: [{ count: 2, window: 1 }] }], NOW),
      ).toBe(null);
    });

    it('lets as many of several requests at once through as the limit says', async () => {
      const subject = randomBytes(36);
      const counted = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 ? store : second).countRequest([{ subject, limits: [{ count: 5, window: 1000 }] }], NOW),
        ),
      );
      expect(counted.filter((freeAt) => freeAt === null)).toHaveLength(5);
    });
  });
}
