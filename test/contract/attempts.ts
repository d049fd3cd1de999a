import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptEnding, StoredAttempt } from '../../src/core/attempt.ts';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import type { Store, StoredCertification } from '../../src/core/store.ts';

const NOW = 1_741_915_200_000;
const sealed = () => ({ masterKeyId: 1, salt: randomBytes(32), blob: randomBytes(200) });
const END = '{"certified":false,"word":"USER_CANCEL","providerCode":null}';

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
      const merchant = await store.saveMerchant({
        name: '가상상점',
        userCode: 'imp90000000',
        keys: [],
        channels: [
          {
            channelKey: 'attempts',
            provider: 'danal',
            providerMerchantId: 'FAKE',
            carrierApproval: false,
            foreignerAddOn: false,
            minimumAge: null,
          },
        ],
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
      const attempt: StoredAttempt = {
        impUid,
        merchantId,
        channel,
        expiresAt,
        step: 0,
        end: null,
        sealed: sealed(),
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
      const secrets = { ticket: randomBytes(32), ticketUntil: NOW + 600_000, handle: randomBytes(32) };
      expect(await store.attempts.create(attempt, certification, secrets)).toBe(true);
      await nextTurn();
      return { impUid, attempt, certification, secrets };
    }

    const ending = (impUid: string, more: Partial<AttemptEnding> = {}): AttemptEnding => ({
      impUid,
      end: END,
      sealed: sealed(),
      certification: { state: 'failed' },
      ...more,
    });

    it('keeps an attempt with its certification, or neither when the id was used', async () => {
      const { impUid, attempt, certification, secrets } = await begin();
      expect(await second.attempts.find({ handle: secrets.handle })).toMatchObject({
        impUid,
        step: 0,
        end: null,
        channel,
      });
      expect((await second.findCertification(channel.merchantId, impUid))?.state).toBe('pending');
      const other = { ...secrets, ticket: randomBytes(32), handle: randomBytes(32) };
      expect(await store.attempts.create(attempt, certification, other)).toBe(false);
      expect(await store.attempts.find({ handle: other.handle })).toBeNull();
    });

    it('opens a ticket once, in time, for one session', async () => {
      const { secrets } = await begin();
      const sessions = Array.from({ length: 20 }, () => randomBytes(32));
      const opened = await Promise.all(
        sessions.map((session, at) =>
          (at % 2 ? store : second).attempts.openTicket(secrets.ticket, session, NOW + 599_999),
        ),
      );
      expect(opened.filter(Boolean)).toHaveLength(1);
      await nextTurn();
      const found = await Promise.all(sessions.map((session) => second.attempts.find({ session })));
      expect(found.map((each) => each !== null)).toEqual(opened);
      const late = await begin();
      expect(await store.attempts.openTicket(late.secrets.ticket, randomBytes(32), NOW + 600_000)).toBe(
        false,
      );
      expect(await store.attempts.openTicket(randomBytes(32), randomBytes(32), NOW)).toBe(false);
    });

    it('goes one step on for one of several changes at once', async () => {
      const { impUid, secrets } = await begin();
      const changes = Array.from({ length: 20 }, () => sealed());
      const kept = await Promise.all(
        changes.map((each, at) =>
          (at % 2 ? store : second).attempts.advance({ impUid, step: 0, sealed: each }),
        ),
      );
      expect(kept.filter(Boolean)).toHaveLength(1);
      await nextTurn();
      const found = await second.attempts.find({ handle: secrets.handle });
      expect(found?.step).toBe(1);
      expect(Buffer.from(found?.sealed.blob ?? [])).toEqual(changes[kept.indexOf(true)]?.blob);
      expect(await second.attempts.findById(channel.merchantId, impUid)).toMatchObject({ impUid, step: 1 });
      expect(await second.attempts.findById(-1, impUid)).toBeNull();
    });

    it('ends once, together with the certification, and goes no step on from there', async () => {
      const { impUid, secrets, certification } = await begin();
      for (const _again of [1, 2, 3]) await store.findCertification(channel.merchantId, impUid);
      const certified = { ...certification, state: 'certified' as const, certifiedAt: NOW, sealed: sealed() };
      const ends = await Promise.all([
        store.attempts.end(ending(impUid)),
        second.attempts.end(
          ending(impUid, { end: '{"certified":true}', certification: { state: 'certified', certified } }),
        ),
        store.attempts.end(ending(impUid)),
      ]);
      expect(ends.filter(Boolean)).toHaveLength(1);
      await nextTurn();
      const found = await second.attempts.find({ handle: secrets.handle });
      const state = (await second.findCertification(channel.merchantId, impUid))?.state;
      expect([found?.end, state]).toEqual(ends[1] ? ['{"certified":true}', 'certified'] : [END, 'failed']);
      expect(await store.attempts.advance({ impUid, step: found?.step ?? 0, sealed: sealed() })).toBe(false);
      expect(await store.attempts.openTicket(secrets.ticket, randomBytes(32), NOW)).toBe(false);
    });

    it('finds what is past its time and runs still, and forgets what is long over', async () => {
      const late = await begin(NOW - 1);
      const ended = await begin(NOW - 1);
      await store.attempts.end(ending(ended.impUid));
      const running = await begin();
      await nextTurn();
      const found = (await second.attempts.findLate(NOW, 100)).map(({ impUid }) => impUid);
      expect(found).toContain(late.impUid);
      expect(found).not.toContain(ended.impUid);
      expect(found).not.toContain(running.impUid);
      expect(await second.attempts.findLate(NOW, 0)).toEqual([]);
      await store.attempts.forget(NOW);
      await nextTurn();
      expect(await second.attempts.find({ handle: ended.secrets.handle })).toBeNull();
      expect(await second.attempts.find({ handle: running.secrets.handle })).not.toBeNull();
      expect((await second.findCertification(channel.merchantId, ended.impUid))?.state).toBe('failed');
    });

    it('goes when its certification is erased', async () => {
      const { impUid, secrets } = await begin();
      await store.eraseCertification(channel.merchantId, impUid, NOW);
      await nextTurn();
      expect(await second.attempts.find({ handle: secrets.handle })).toBeNull();
    });
  });
}
