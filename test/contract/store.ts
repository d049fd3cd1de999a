import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import { type Merchant, NO_PAGE_RULES } from '../../src/core/merchant.ts';
import type { StoredOtp } from '../../src/core/otp.ts';
import type { Store, StoredCertification, TokenRequest } from '../../src/core/store.ts';

/**
 * What every storage engine must do. `open` gives two stores on the same database, as two processes would have,
 * or the same one twice where an engine cannot be shared.
 */
export function describeStore(name: string, open: () => Promise<{ first: Store; second: Store }>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    let second: Store;
    let merchant: Merchant;
    let channel: Channel;
    let count = 0;

    beforeAll(async () => {
      const opened = await open();
      store = opened.first;
      second = opened.second;
      [merchant, channel] = await newMerchant();
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

    async function newMerchant(): Promise<[Merchant, Channel]> {
      count++;
      const saved = await store.saveMerchant({
        name: '가상상점',
        userCode: `imp${String(count).padStart(8, '0')}`,
        keys: [
          { impKey: `key-${count}`, secretDigest: Uint8Array.of(count) },
          { impKey: `key-${count}-second`, secretDigest: Uint8Array.of(count, 2) },
        ],
        channels: [
          {
            channelKey: `channel-${count}`,
            provider: 'danal',
            providerMerchantId: 'FAKEDANAL1',
            carrierApproval: true,
            foreignerAddOn: false,
            minimumAge: null,
          },
          {
            channelKey: `channel-${count}-second`,
            provider: 'kcp_v2',
            providerMerchantId: 'FAKE0',
            carrierApproval: false,
            foreignerAddOn: true,
            minimumAge: 14,
          },
        ],
      });
      const [first] = await store.listChannels(saved.id);
      return [saved, first as Channel];
    }

    function record(impUid = newImpUid(), overrides: Partial<StoredCertification> = {}): StoredCertification {
      return {
        impUid,
        merchantId: merchant.id,
        channel,
        state: 'certified',
        requestedAt: 1_741_915_150_000,
        certifiedAt: 1_741_915_191_000,
        sealed: { masterKeyId: 1, salt: randomBytes(32), blob: randomBytes(300) },
        ...overrides,
      };
    }

    const bytes = (found: StoredCertification | null) =>
      found && {
        ...found,
        sealed: {
          ...found.sealed,
          salt: Buffer.from(found.sealed.salt),
          blob: Buffer.from(found.sealed.blob),
        },
      };

    it('keeps a merchant once, and brings it up to date', async () => {
      const [saved, itsChannel] = await newMerchant();
      const again = await store.saveMerchant({
        name: '새이름',
        userCode: saved.userCode,
        keys: [{ impKey: `key-${count}`, secretDigest: Uint8Array.of(99) }],
        channels: [{ ...itsChannel, providerMerchantId: 'OTHER' }],
      });
      expect(again.id).toBe(saved.id);
      expect(again.name).toBe('새이름');
      expect((await store.findApiKey(`key-${count}`))?.secretDigest[0]).toBe(99);
      expect(await store.findChannel(itsChannel.channelKey)).toEqual({
        ...itsChannel,
        providerMerchantId: 'OTHER',
      });
    });

    it('keeps the rules of a merchant for its pages, and the usual ones for who has none', async () => {
      const rules = {
        returnHosts: ['shop.example'],
        returnSchemes: [],
        origins: ['https://a'],
        nullOrigin: false,
      };
      const setup = { name: '가상상점', userCode: 'imp80000000', keys: [], channels: [] };
      const { id } = await store.saveMerchant({ ...setup, pageRules: rules });
      expect((await (await later()).findMerchant({ id }))?.pageRules).toEqual(rules);
      await store.saveMerchant(setup);
      expect((await (await later()).findMerchant({ userCode: setup.userCode }))?.pageRules).toEqual(
        NO_PAGE_RULES,
      );
    });

    it('finds key pairs and channels, and null where there is none', async () => {
      const key = await store.findApiKey('key-1');
      expect(key?.merchantId).toBe(merchant.id);
      expect(await store.findApiKey('nobody')).toBeNull();
      expect(await store.findChannel('nobody')).toBeNull();
      expect(await store.listChannels(merchant.id)).toMatchObject([
        { channelKey: 'channel-1', provider: 'danal', carrierApproval: true, minimumAge: null },
        { channelKey: 'channel-1-second', provider: 'kcp_v2', foreignerAddOn: true, minimumAge: 14 },
      ]);
      expect(await store.listChannels(-1)).toEqual([]);
    });

    it('finds what it kept, in the other process too', async () => {
      for (const state of ['pending', 'certified', 'failed', 'expired'] as const) {
        const kept = record(newImpUid(), { state, certifiedAt: state === 'certified' ? 1 : null });
        expect(await store.createCertification(kept)).toBe(true);
        expect(bytes(await store.findCertification(merchant.id, kept.impUid))).toEqual(kept);
        expect(bytes(await (await later()).findCertification(merchant.id, kept.impUid))).toEqual(kept);
      }
    });

    it('finds ids of every other shape, exactly as they are spelt', async () => {
      for (const impUid of ['imps_012345678901', 'imp_1', 'imp_01234567890a', '홍', 'a/b', ' x ']) {
        expect(await store.createCertification(record(impUid))).toBe(true);
        expect((await (await later()).findCertification(merchant.id, impUid))?.impUid).toBe(impUid);
        expect(await store.createCertification(record(impUid))).toBe(false);
      }
      expect(await store.findCertification(merchant.id, 'IMPS_012345678901')).toBeNull();
      expect(await store.findCertification(merchant.id, 'imps_')).toBeNull();
    });

    it('shows a certification to nobody but its merchant', async () => {
      const [stranger] = await newMerchant();
      const kept = record();
      await store.createCertification(kept);
      expect(await store.findCertification(stranger.id, kept.impUid)).toBeNull();
      expect(await store.eraseCertification(stranger.id, kept.impUid, 1)).toBeNull();
      expect(await store.findCertification(merchant.id, kept.impUid)).not.toBeNull();
    });

    it('gives each of many lookups of one moment its own answer', async () => {
      const [stranger] = await newMerchant();
      const kept = Array.from({ length: 200 }, () => record());
      await Promise.all(kept.map((each) => store.createCertification(each)));
      const node = await later();
      const [found, foreign, unknown, again] = await Promise.all([
        Promise.all(kept.map(({ impUid }) => node.findCertification(merchant.id, impUid))),
        Promise.all(kept.map(({ impUid }) => node.findCertification(stranger.id, impUid))),
        Promise.all(kept.map(() => node.findCertification(merchant.id, newImpUid()))),
        Promise.all(kept.map(({ impUid }) => node.findCertification(merchant.id, impUid))),
      ]);
      expect(found?.map(bytes)).toEqual(kept);
      expect(again?.map(bytes)).toEqual(kept);
      for (const each of [...foreign, ...unknown]) expect(each).toBeNull();
    });

    it('erases once, for every process, and never takes the id again', async () => {
      for (const impUid of [newImpUid(), 'imps_to-be-erased']) {
        const kept = record(impUid);
        await store.createCertification(kept);
        for (const each of [store, await later(), store, second])
          await each.findCertification(merchant.id, impUid);
        const erased = await Promise.all(
          [store, second, store, second].map((each) => each.eraseCertification(merchant.id, impUid, 1)),
        );
        expect(erased.filter((each) => each !== null).map(bytes)).toEqual([kept]);
        for (const each of [store, await later()]) {
          expect(await each.findCertification(merchant.id, impUid)).toBeNull();
          expect(await each.createCertification(record(impUid))).toBe(false);
        }
      }
    });

    it('keeps one of several certifications that want the same id', async () => {
      const impUid = newImpUid();
      const kept = await Promise.all(
        [store, second, store, second].map((each) => each.createCertification(record(impUid))),
      );
      expect(kept.filter(Boolean)).toHaveLength(1);
    });

    const NOW = 1_741_915_200_000;
    const request = (apiKeyId: number, now: number): TokenRequest => ({
      apiKeyId,
      now,
      fresh: { nonce: randomBytes(24), digest: randomBytes(32).toString('hex'), expiresAt: now + 1_800_000 },
      extensionWindow: 60_000,
      extension: 300_000,
    });

    it('issues one token to a key pair until it ends, extended in its last minute', async () => {
      await newMerchant();
      const { id } = (await store.findApiKey(`key-${count}`)) ?? { id: 0 };
      const fresh = request(id, NOW);
      const issued = await Promise.all(
        [store, second, store].map((each, at) => each.issueToken(at ? request(id, NOW) : fresh)),
      );
      expect(new Set(issued.map(({ nonce }) => Buffer.from(nonce).toString('hex'))).size).toBe(1);
      const nonce = issued[0]?.nonce;
      expect(await (await later()).issueToken(request(id, NOW + 1_739_000))).toEqual({
        nonce,
        expiresAt: NOW + 1_800_000,
      });
      expect(await (await later()).issueToken(request(id, NOW + 1_740_000))).toEqual({
        nonce,
        expiresAt: NOW + 2_100_000,
      });
      expect((await store.issueToken(request(id, NOW + 2_099_000))).expiresAt).toBe(NOW + 2_400_000);
      const renewed = await store.issueToken(request(id, NOW + 2_400_000));
      expect(renewed.nonce).not.toEqual(nonce);
      expect(renewed.expiresAt).toBe(NOW + 4_200_000);
    });

    it('knows the holder of a token by its digest, extended by another process too', async () => {
      const [holder] = await newMerchant();
      const { id } = (await store.findApiKey(`key-${count}`)) ?? { id: 0 };
      const fresh = request(id, NOW);
      await store.issueToken(fresh);
      const expected = { apiKeyId: id, merchantId: holder.id };
      expect(await (await later()).findToken(fresh.fresh.digest)).toEqual({
        ...expected,
        expiresAt: NOW + 1_800_000,
      });
      await store.issueToken(request(id, NOW + 1_790_000));
      expect(await (await later()).findToken(fresh.fresh.digest)).toEqual({
        ...expected,
        expiresAt: NOW + 2_100_000,
      });
      await store.issueToken(request(id, NOW + 9_000_000));
      expect(await (await later()).findToken(fresh.fresh.digest)).toBeNull();
      expect(await store.findToken('00')).toBeNull();
    });

    it('gives the key pairs of one merchant tokens of their own', async () => {
      const ids = await Promise.all(['key-1', 'key-1-second'].map((each) => store.findApiKey(each)));
      const issued = await Promise.all(ids.map((key) => store.issueToken(request(key?.id ?? 0, NOW))));
      expect(issued[0]?.nonce).not.toEqual(issued[1]?.nonce);
    });

    const otp = (overrides: Partial<StoredOtp> = {}): StoredOtp => ({
      method: 'SMS',
      digest: Uint8Array.of(1, 2, 3),
      phoneDigest: randomBytes(36),
      sentAt: NOW,
      wrong: 0,
      end: null,
      ...overrides,
    });
    const pending = (overrides: Partial<StoredCertification> = {}) =>
      record(newImpUid(), { state: 'pending', certifiedAt: null, ...overrides });
    const RIGHT = Uint8Array.of(1, 2, 3);
    const WRONG = Uint8Array.of(1, 2, 4);

    it('counts wrong tries in the step that compares, and ends with the last', async () => {
      const asked = pending();
      expect(await store.createOtpCertification(asked, otp())).toBe(true);
      expect((await (await later()).findOtp(merchant.id, asked.impUid))?.otp?.end).toBeNull();
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 ? store : second).tryOtp(merchant.id, asked.impUid, WRONG, 5),
        ),
      );
      expect(tries.filter((tried) => tried === 'wrong')).toHaveLength(4);
      expect(tries.filter((tried) => tried === 'last')).toHaveLength(1);
      expect(tries.filter((tried) => tried === 'closed')).toHaveLength(15);
      expect(await store.tryOtp(merchant.id, asked.impUid, RIGHT, 5)).toBe('closed');
      const found = await (await later()).findOtp(merchant.id, asked.impUid);
      expect(found).toMatchObject({ certification: { state: 'failed' }, otp: { wrong: 5, end: 'tries' } });
    });

    it('does not count a right try, and certifies once', async () => {
      const asked = pending();
      await store.createOtpCertification(asked, otp());
      for (const _again of [1, 2, 3])
        expect(await store.tryOtp(merchant.id, asked.impUid, RIGHT, 5)).toBe('right');
      const done = record(asked.impUid, { certifiedAt: NOW });
      const certified = await Promise.all([store, second, store].map((each) => each.certify(done)));
      expect(certified.filter(Boolean)).toHaveLength(1);
      expect(bytes(await store.findCertification(merchant.id, asked.impUid))).toEqual({
        ...done,
        requestedAt: asked.requestedAt,
      });
      expect(await (await later()).endOtp(merchant.id, asked.impUid, 'expired', 'late')).toBe(false);
      expect(await store.certify(record(newImpUid()))).toBe(false);
    });

    it('ends an open certification once, and only its own merchant may', async () => {
      const [stranger] = await newMerchant();
      const asked = pending();
      await store.createOtpCertification(asked, otp());
      expect(await store.endOtp(stranger.id, asked.impUid, 'expired', 'late')).toBe(false);
      expect(await store.tryOtp(stranger.id, asked.impUid, WRONG, 5)).toBe('closed');
      expect(await store.endOtp(merchant.id, asked.impUid, 'failed', 'refused')).toBe(true);
      expect(await store.endOtp(merchant.id, asked.impUid, 'expired', 'late')).toBe(false);
      expect((await store.findOtp(merchant.id, asked.impUid))?.otp?.end).toBe('refused');
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

    it('finds no OTP of a certification that was made otherwise, nor of an erased one', async () => {
      const page = pending();
      await store.createCertification(page);
      expect((await store.findOtp(merchant.id, page.impUid))?.otp).toBeNull();
      const asked = pending();
      await store.createOtpCertification(asked, otp());
      await store.eraseCertification(merchant.id, asked.impUid, 1);
      expect(await store.findOtp(merchant.id, asked.impUid)).toBeNull();
    });

    it('counts OTP requests up to the limits, and says when the next is free', async () => {
      const [asking] = await newMerchant();
      const phoneDigest = randomBytes(36);
      const limits = {
        phone: [{ count: 2, window: 600_000 }],
        merchant: [{ count: 3, window: 60_000 }],
      };
      const count = (now: number, digest: Uint8Array = phoneDigest) =>
        store.countOtpRequest({ merchantId: asking.id, phoneDigest: digest, now, limits });
      expect(await count(NOW)).toBeNull();
      expect(await count(NOW + 1000)).toBeNull();
      expect(await count(NOW + 2000)).toBe(NOW + 600_000);
      expect(await count(NOW + 3000, randomBytes(36))).toBeNull();
      expect(await count(NOW + 4000, randomBytes(36))).toBe(NOW + 60_000);
      expect(await count(NOW + 599_999)).toBe(NOW + 600_000);
      expect(await count(NOW + 600_000)).toBeNull();
    });

    it('forgets certifications and used ids when it starts over', async () => {
      const erased = record();
      const kept = record();
      await store.createCertification(erased);
      await store.createCertification(kept);
      await store.eraseCertification(merchant.id, erased.impUid, 1);
      for (const _again of [1, 2, 3]) await store.findCertification(merchant.id, kept.impUid);
      await store.resetCertifications();
      expect(await store.findCertification(merchant.id, kept.impUid)).toBeNull();
      expect(await (await later()).findCertification(merchant.id, kept.impUid)).toBeNull();
      expect(await store.createCertification(erased)).toBe(true);
    });
  });
}
