import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptEnding, CodeTryRequest, NewStoredAttempt } from '../../src/core/attempt-store.ts';
import type { StoredCertification } from '../../src/core/certification.ts';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import { type PresenceState, REPORTS_PER_SCREEN } from '../../src/core/presence.ts';
import type { Store } from '../../src/core/store.ts';
import { CHANNEL, putMerchant } from './merchant.ts';

const NOW = 1_741_915_200_000;
const sealed = () => ({ keyId: 1, salt: randomBytes(32), blob: randomBytes(200) });
const END = '{"certified":false,"reason":"USER_CANCEL","providerCode":null}';

/** What every storage engine must do for attempts on the page; `open` as in `describeStore`. */
export function describeAttempts(name: string, open: () => Promise<{ first: Store; second: Store }>): void {
  describe(`attempts contract: ${name}`, () => {
    let store: Store;
    let second: Store;
    let channel: Channel;

    beforeAll(async () => {
      const opened = await open();
      store = opened.first;
      second = opened.second;
      const merchant = await putMerchant(store, {
        userCode: 'imp90000000',
        channels: [{ ...CHANNEL, channelKey: 'attempts' }],
      });
      [channel] = (await store.listChannels(merchant.id)) as [Channel];
    });
    afterAll(async () => {
      await store.close();
      await second.close();
    });

    async function begin(expiresAt = NOW + 900_000) {
      const impUid = newImpUid();
      const { merchantId } = channel;
      const secrets = {
        ticket: randomBytes(36),
        ticketUntil: NOW + 600_000,
        handle: randomBytes(36),
        session: null,
      };
      const attempt: NewStoredAttempt = {
        impUid,
        merchantId,
        channel,
        secrets,
        expiresAt,
        step: 0,
        wrong: 0,
        code: null,
        back: null,
        end: null,
        launch: sealed(),
        progress: sealed(),
      };
      const certification: StoredCertification = {
        impUid,
        merchantId,
        channel,
        state: 'pending',
        requestedAt: NOW,
        certifiedAt: null,
        sealed: sealed(),
      };
      expect(await store.attempts.create(attempt, certification)).toBe(true);
      await nextTurn();
      return { impUid, attempt, certification };
    }

    const ending = (impUid: string, more: Partial<AttemptEnding> = {}): AttemptEnding => ({
      impUid,
      end: END,
      claim: null,
      now: NOW,
      certification: { state: 'failed' },
      ...more,
    });
    const openingOf = (impUid: string, now = NOW, session: Uint8Array = randomBytes(36)) => ({
      impUid,
      session,
      launch: sealed(),
      progress: sealed(),
      now,
    });
    const newClaim = (now = NOW) => ({ id: randomBytes(16), until: now + 30_000 });
    const CODE = Uint8Array.of(1, 2, 3);
    const OTHER_CODE = Uint8Array.of(1, 2, 4);
    const tryOf = (impUid: string, step: number, digest: Uint8Array, now = NOW): CodeTryRequest => ({
      impUid,
      step,
      digest,
      wrongTries: 5,
      claim: newClaim(now),
      now,
    });
    /** An attempt at step 1, to which a code was sent. */
    async function beginWithCode() {
      const begun = await begin();
      const { impUid } = begun;
      expect(await store.attempts.advance({ impUid, step: 0, progress: sealed(), code: CODE })).toBe(true);
      await nextTurn();
      return begun;
    }

    it('keeps an attempt with its certification, or neither when the id was used', async () => {
      const { impUid, attempt, certification } = await begin();
      const { ticket, handle } = attempt.secrets;
      for (const key of [{ handle }, { ticket }])
        expect(await second.attempts.find(key)).toMatchObject({
          impUid,
          step: 0,
          wrong: 0,
          end: null,
          channel,
        });
      expect((await second.findCertification(channel.merchantId, impUid))?.state).toBe('pending');
      const other = {
        ...attempt,
        secrets: { ...attempt.secrets, ticket: randomBytes(36), handle: randomBytes(36) },
      };
      expect(await store.attempts.create(other, certification)).toBe(false);
      expect(await store.attempts.find({ handle: other.secrets.handle })).toBeNull();
    });

    it('opens a ticket once, in time, for one session', async () => {
      const { impUid } = await begin();
      const openings = Array.from({ length: 20 }, () => openingOf(impUid, NOW + 599_999));
      const opened = await Promise.all(
        openings.map((each, at) => (at % 2 ? store : second).attempts.openTicket(each)),
      );
      expect(opened.filter(Boolean)).toHaveLength(1);
      await nextTurn();
      const found = await Promise.all(openings.map(({ session }) => second.attempts.find({ session })));
      expect(found.map((each) => each !== null)).toEqual(opened);
      const kept = openings[opened.indexOf(true)];
      expect(Buffer.from(found[opened.indexOf(true)]?.progress?.blob ?? [])).toEqual(kept?.progress.blob);
      const late = await begin();
      expect(await store.attempts.openTicket(openingOf(late.impUid, NOW + 600_000))).toBe(false);
      expect(await store.attempts.openTicket(openingOf('imp_000000000000'))).toBe(false);
    });

    it('goes one step on for one of several changes at once', async () => {
      const { impUid, attempt } = await begin();
      const changes = Array.from({ length: 20 }, () => sealed());
      const kept = await Promise.all(
        changes.map((progress, at) =>
          (at % 2 ? store : second).attempts.advance({ impUid, step: 0, progress }),
        ),
      );
      expect(kept.filter(Boolean)).toHaveLength(1);
      await nextTurn();
      const found = await second.attempts.find({ handle: attempt.secrets.handle });
      expect(found?.step).toBe(1);
      expect(Buffer.from(found?.progress?.blob ?? [])).toEqual(changes[kept.indexOf(true)]?.blob);
      expect(Buffer.from(found?.launch.blob ?? [])).toEqual(attempt.launch.blob);
      expect(await second.attempts.findById(channel.merchantId, impUid)).toMatchObject({ impUid, step: 1 });
      expect(await second.attempts.findById(-1, impUid)).toBeNull();
    });

    it('keeps the code until there is a new one', async () => {
      const { impUid } = await beginWithCode();
      const code = async () =>
        Buffer.from((await second.attempts.findById(channel.merchantId, impUid))?.code ?? []);
      await store.attempts.advance({ impUid, step: 1, progress: sealed() });
      await nextTurn();
      expect(await code()).toEqual(Buffer.from(CODE));
      await store.attempts.advance({ impUid, step: 2, progress: sealed(), code: OTHER_CODE });
      await nextTurn();
      expect(await code()).toEqual(Buffer.from(OTHER_CODE));
    });

    it('looks at one of several codes of one step, right or wrong, and at five in all', async () => {
      const { impUid } = await beginWithCode();
      for (let step = 1; step <= 5; step++) {
        const tries = await Promise.all(
          Array.from({ length: 12 }, (_, at) =>
            (at % 2 ? store : second).attempts.tryCode(tryOf(impUid, step, OTHER_CODE)),
          ),
        );
        expect(tries.filter((tried) => tried !== 'overtaken')).toEqual([step < 5 ? 'wrong' : 'last']);
        await nextTurn();
        expect(await second.attempts.findById(channel.merchantId, impUid)).toMatchObject({
          step: step + 1,
          wrong: step,
        });
      }
      for (const digest of [CODE, OTHER_CODE])
        expect(await store.attempts.tryCode(tryOf(impUid, 6, digest))).toBe('overtaken');
      // A new code does not give new tries.
      await store.attempts.advance({ impUid, step: 6, progress: sealed(), code: CODE });
      expect(await store.attempts.tryCode(tryOf(impUid, 7, CODE))).toBe('overtaken');
    });

    it('counts a code that the agency found wrong for the claim alone, and takes the step', async () => {
      const { impUid } = await beginWithCode();
      const wrongBy = (claim: Uint8Array, each = store) =>
        each.attempts.countWrong({ impUid, claim, wrongTries: 2 });
      for (const [step, result] of [
        [1, 'wrong'],
        [3, 'last'],
      ] as const) {
        const claim = newClaim();
        expect(await store.attempts.claim({ impUid, step, claim, now: NOW })).toBe(true);
        expect(await wrongBy(randomBytes(16))).toBeNull();
        const counted = await Promise.all([store, second, store].map((each) => wrongBy(claim.id, each)));
        expect(counted.filter((each) => each !== null)).toEqual([result]);
        // What was read before the count is at another step now.
        expect(await store.attempts.claim({ impUid, step: step + 1, claim: newClaim(), now: NOW })).toBe(
          false,
        );
        await nextTurn();
        expect(await second.attempts.findById(channel.merchantId, impUid)).toMatchObject({
          step: step + 2,
          wrong: (step + 1) / 2,
        });
      }
    });

    it('counts so many refused returns as are allowed, at once by several processes, and takes no step', async () => {
      const { impUid } = await begin();
      const count = (each: Store) => each.attempts.countReturn({ impUid, most: 5 });
      const counted = await Promise.all(
        Array.from({ length: 12 }, (_, at) => count(at % 2 ? store : second)),
      );
      expect(counted.filter((each) => each === 'counted')).toHaveLength(5);
      expect(counted.filter((each) => each === 'spent')).toHaveLength(7);
      await nextTurn();
      expect(await second.attempts.findById(channel.merchantId, impUid)).toMatchObject({ step: 0, wrong: 5 });
      await store.attempts.end(ending(impUid));
      await nextTurn();
      expect(await count(second)).toBeNull();
      expect(await second.attempts.countReturn({ impUid: newImpUid(), most: 5 })).toBeNull();
    });

    it('lets one number of an agency certify one attempt, of several at once by several processes', async () => {
      const [number, older] = [randomBytes(36), randomBytes(36)];
      const claimed = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const { impUid, certification } = await begin();
          const claim = newClaim();
          expect(await store.attempts.claim({ impUid, step: 0, claim, now: NOW })).toBe(true);
          return { impUid, certification, claim: claim.id };
        }),
      );
      await nextTurn();
      const certify = (
        at: number,
        transaction: readonly Uint8Array[],
        { claim, impUid, certification } = claimed[at] as (typeof claimed)[number],
      ) => {
        const certified = {
          ...certification,
          state: 'certified',
          certifiedAt: NOW,
          sealed: sealed(),
        } as const;
        const end = { end: '{"certified":true}', claim };
        const change = { state: 'certified', certified, transaction } as const;
        return (at % 2 ? store : second).attempts.end(ending(impUid, { ...end, certification: change }));
      };
      // Without the claim the number is not used up.
      expect(
        await certify(0, [number], { ...claimed[0], claim: randomBytes(16) } as (typeof claimed)[number]),
      ).toBe(false);
      const ends = await Promise.all(claimed.slice(0, 6).map((_, at) => certify(at, [number, older])));
      expect(ends.filter((each) => each === true)).toHaveLength(1);
      expect(ends.filter((each) => each === 'used')).toHaveLength(5);
      await nextTurn();
      const states = await Promise.all(
        claimed.map(
          async ({ impUid }) => (await second.findCertification(channel.merchantId, impUid))?.state,
        ),
      );
      expect(states.map((state) => state === 'certified')).toEqual([
        ...ends.map((each) => each === true),
        false,
        false,
      ]);
      // The same number under a newer key, and another number.
      expect(await certify(6, [randomBytes(36), number])).toBe('used');
      expect(await certify(7, [randomBytes(36)])).toBe(true);
      await store.eraseCertification(channel.merchantId, claimed[ends.indexOf(true)]?.impUid ?? '', NOW);
      await nextTurn();
      expect(await certify(6, [number])).toBe('used');
      expect(await store.attempts.forgetTransactions(NOW, 10)).toBe(0);
      expect(await store.attempts.forgetTransactions(NOW + 1, 1)).toBe(1);
      expect(await store.attempts.forgetTransactions(NOW + 1, 10)).toBe(1);
      await nextTurn();
      expect(await certify(6, [number])).toBe(true);
    });

    it('keeps the secret of a return address, by which it is found', async () => {
      const { impUid } = await begin();
      const [back, other] = [randomBytes(36), randomBytes(36)];
      expect(await store.attempts.find({ back })).toBeNull();
      await store.attempts.advance({ impUid, step: 0, progress: sealed(), back });
      await store.attempts.advance({ impUid, step: 1, progress: sealed() });
      await nextTurn();
      const found = await second.attempts.find({ back });
      expect(found?.impUid).toBe(impUid);
      expect(Buffer.from(found?.back ?? [])).toEqual(back);
      await store.attempts.advance({ impUid, step: 2, progress: sealed(), back: other });
      await nextTurn();
      expect(await second.attempts.find({ back })).toBeNull();
      expect((await second.attempts.find({ back: other }))?.step).toBe(3);
    });

    it('gives the claim to the right code, and while it is live looks at no other one', async () => {
      const { impUid, certification } = await beginWithCode();
      const right = tryOf(impUid, 1, CODE);
      expect(await store.attempts.tryCode(tryOf(impUid, 0, CODE))).toBe('overtaken');
      expect(await store.attempts.tryCode(right)).toBe('right');
      await nextTurn();
      for (const digest of [CODE, OTHER_CODE])
        expect(await second.attempts.tryCode(tryOf(impUid, 2, digest))).toBe('overtaken');
      expect(await second.attempts.claim({ impUid, step: 2, claim: newClaim(), now: NOW })).toBe(false);
      expect(await second.attempts.end(ending(impUid))).toBe(false);
      expect(await second.attempts.findById(channel.merchantId, impUid)).toMatchObject({ step: 2, wrong: 0 });
      const certified = { ...certification, state: 'certified' as const, certifiedAt: NOW, sealed: sealed() };
      const end = { end: '{"certified":true}', certification: { state: 'certified' as const, certified } };
      expect(await store.attempts.end(ending(impUid, { ...end, claim: randomBytes(16) }))).toBe(false);
      expect(await store.attempts.end(ending(impUid, { ...end, claim: right.claim.id }))).toBe(true);
      await nextTurn();
      const found = await second.attempts.findById(channel.merchantId, impUid);
      expect([found?.end, found?.progress, found?.code]).toEqual(['{"certified":true}', null, null]);
      expect((await second.findCertification(channel.merchantId, impUid))?.state).toBe('certified');
    });

    it('lends the claim of a step once, and again when its time is over or it was given back', async () => {
      const { impUid } = await begin();
      const claims = Array.from({ length: 6 }, () => newClaim());
      const taken = await Promise.all(
        claims.map((claim, at) =>
          (at % 2 ? store : second).attempts.claim({ impUid, step: 0, claim, now: NOW }),
        ),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      await nextTurn();
      const later = NOW + 30_000;
      expect(await store.attempts.claim({ impUid, step: 1, claim: newClaim(), now: later - 1 })).toBe(false);
      const next = newClaim(later);
      expect(await store.attempts.claim({ impUid, step: 1, claim: next, now: later })).toBe(true);
      await store.release(channel.merchantId, impUid, next.id);
      await nextTurn();
      expect(await second.attempts.claim({ impUid, step: 2, claim: newClaim(later), now: later })).toBe(true);
    });

    it('ends once, together with the certification, and goes no step on from there', async () => {
      const { impUid, attempt } = await begin();
      for (const _again of [1, 2, 3]) await store.findCertification(channel.merchantId, impUid);
      const ends = await Promise.all([store, second, store].map((each) => each.attempts.end(ending(impUid))));
      expect(ends.filter(Boolean)).toHaveLength(1);
      await nextTurn();
      const found = await second.attempts.find({ handle: attempt.secrets.handle });
      expect(found?.end).toBe(END);
      expect(found?.progress).toBeNull();
      expect((await second.findCertification(channel.merchantId, impUid))?.state).toBe('failed');
      const step = found?.step ?? 0;
      expect(await store.attempts.advance({ impUid, step, progress: sealed() })).toBe(false);
      expect(await store.attempts.claim({ impUid, step, claim: newClaim(), now: NOW })).toBe(false);
      expect(await store.attempts.openTicket(openingOf(impUid))).toBe(false);
    });

    it('ends whatever is past its time and not just being confirmed, and forgets only what has ended', async () => {
      const late = await begin(NOW - 1);
      const claimed = await begin(NOW - 1);
      const running = await begin();
      const claim = newClaim();
      await store.attempts.claim({ impUid: claimed.impUid, step: 0, claim, now: NOW });
      const endLate = (now: number) => store.attempts.endLate({ end: END, now, count: 1 });
      while ((await endLate(NOW)) > 0);
      await nextTurn();
      const stateOf = async ({ impUid }: { impUid: string }) => [
        (await second.attempts.findById(channel.merchantId, impUid))?.end ?? null,
        (await second.findCertification(channel.merchantId, impUid))?.state,
      ];
      expect(await stateOf(late)).toEqual([END, 'expired']);
      expect(await stateOf(claimed)).toEqual([null, 'pending']);
      expect(await stateOf(running)).toEqual([null, 'pending']);
      expect(await endLate(NOW + 30_000)).toBe(1);
      expect(await endLate(NOW + 30_000)).toBe(0);
      const stillRunning = await begin(NOW - 1);
      while ((await store.attempts.forget(NOW, 1)) > 0);
      await nextTurn();
      expect(await second.attempts.findById(channel.merchantId, late.impUid)).toBeNull();
      for (const { impUid } of [running, stillRunning])
        expect(await second.attempts.findById(channel.merchantId, impUid)).not.toBeNull();
      expect((await second.findCertification(channel.merchantId, late.impUid))?.state).toBe('expired');
    });

    it('hears of its window by numbers, the higher ones of the newest screen', async () => {
      const { impUid, attempt } = await begin();
      const { show, hear } = { show: second.attempts.show, hear: store.attempts.hear };
      const tell = async (number: number, state: PresenceState, now = NOW) => {
        const heard = await hear.call(store.attempts, { impUid, number, state, now });
        await nextTurn();
        return heard;
      };
      const presence = async () =>
        (await second.attempts.find({ handle: attempt.secrets.handle }))?.presence ?? null;
      expect(await presence()).toEqual({ number: 0, state: 'gone', heardAt: 0 });
      const shown = (now: number) => show.call(second.attempts, { impUid, now });
      const first = Number(await shown(NOW));
      await nextTurn();
      expect(await presence()).toEqual({ number: first, state: 'visible', heardAt: NOW });
      expect(await tell(first, 'gone')).toBe(false);
      expect(await tell(first + 2, 'gone', NOW + 2)).toBe(true);
      expect(await tell(first + 1, 'hidden', NOW + 3)).toBe(false);
      expect(await presence()).toEqual({ number: first + 2, state: 'gone', heardAt: NOW + 2 });
      // Screens at the same moment have numbers of their own, and none of an older screen's comes after.
      const screens = await Promise.all([NOW + 4, NOW + 4, NOW + 4].map(shown));
      await nextTurn();
      expect(new Set([first, ...screens]).size).toBe(4);
      const newest = Math.max(...screens.map(Number));
      expect(await tell(first + REPORTS_PER_SCREEN - 1, 'gone')).toBe(false);
      // Nor one that no screen has yet: the next screen would get a number that no database takes.
      for (const ahead of [newest + REPORTS_PER_SCREEN, Number.MAX_SAFE_INTEGER])
        expect(await tell(ahead, 'gone')).toBe(false);
      expect(await tell(newest + 1, 'hidden', NOW + 5)).toBe(true);
      expect(await presence()).toEqual({ number: newest + 1, state: 'hidden', heardAt: NOW + 5 });
      expect(await store.attempts.end(ending(impUid))).toBe(true);
      await nextTurn();
      expect(await tell(newest + 2, 'visible')).toBe(false);
      expect(await shown(NOW)).toBeNull();
    });

    it('ends for the silence of its window only while that is silent', async () => {
      const { impUid } = await begin();
      const number = Number(await store.attempts.show({ impUid, now: NOW }));
      await nextTurn();
      expect(await second.attempts.hear({ impUid, number: number + 1, state: 'gone', now: NOW })).toBe(true);
      const later = await store.attempts.show({ impUid, now: NOW });
      await nextTurn();
      expect(await second.attempts.end(ending(impUid, { heard: number + 1 }))).toBe(false);
      expect(await second.attempts.findById(channel.merchantId, impUid)).toMatchObject({ end: null });
      expect((await store.findCertification(channel.merchantId, impUid))?.state).toBe('pending');
      expect(await second.attempts.end(ending(impUid, { heard: Number(later) }))).toBe(true);
    });

    it('ends for a form only while it is at the step of that form', async () => {
      const { impUid } = await begin();
      const step = (await store.attempts.findById(channel.merchantId, impUid))?.step ?? 0;
      expect(await store.attempts.end(ending(impUid, { step: step + 1 }))).toBe(false);
      expect((await store.findCertification(channel.merchantId, impUid))?.state).toBe('pending');
      expect(await store.attempts.end(ending(impUid, { step }))).toBe(true);
    });

    it('goes when its certification is erased', async () => {
      const { impUid, attempt } = await begin();
      await store.eraseCertification(channel.merchantId, impUid, NOW);
      await nextTurn();
      expect(await second.attempts.find({ handle: attempt.secrets.handle })).toBeNull();
    });
  });
}
