import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredCertification } from '../../src/core/certification.ts';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import { type Merchant, NO_PAGE_RULES } from '../../src/core/merchant.ts';
import type { OpenDatabase, Store, StoredToken } from '../../src/core/store.ts';
import { CHANNEL, plainRow, putMerchant } from './merchant.ts';

type Opened = { first: Store; second: Store } & Pick<OpenDatabase, 'resetCertifications'>;

/**
 * What every storage engine must do. `open` gives two stores on the same database, as two processes would have,
 * or the same one twice where an engine cannot be shared.
 */
export function describeStore(name: string, open: () => Promise<Opened>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    let second: Store;
    let opened: Opened;
    let merchant: Merchant;
    let channel: Channel;
    let count = 0;

    beforeAll(async () => {
      opened = await open();
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
      const saved = await putMerchant(store, {
        userCode: `imp${String(count).padStart(8, '0')}`,
        keys: [
          { impKey: `key-${count}`, secretDigest: Uint8Array.of(count) },
          { impKey: `key-${count}-second`, secretDigest: Uint8Array.of(count, 2) },
        ],
        channels: [
          {
            ...CHANNEL,
            channelKey: `channel-${count}`,
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
        sealed: { keyId: 1, salt: randomBytes(32), blob: randomBytes(300) },
        ...overrides,
      };
    }

    it('keeps a merchant once, and brings it up to date', async () => {
      const [saved, itsChannel] = await newMerchant();
      const again = await putMerchant(store, {
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
        proof: expect.anything(),
      });
    });

    it('says whether a merchant was added just now, whatever stands in its row', async () => {
      const said: boolean[] = [];
      const save = () =>
        store.saveMerchant('imp80000009', (found, isNew) => {
          said.push(isNew);
          return { ...found, name: '가상상점', proof: new Uint8Array(), keys: [], channels: [] };
        });
      await save();
      await save();
      expect(said).toEqual([true, false]);
    });

    it('gives the channels of a merchant in the order of their places', async () => {
      const [owner, first] = await newMerchant();
      const [, second] = await store.listChannels(owner.id);
      if (second === undefined) throw new Error('there is one channel only');
      expect([first.position, second.position]).toEqual([0, 1]);
      await putMerchant(store, { userCode: owner.userCode, channels: [second, first] });
      const found = await (await later()).listChannels(owner.id);
      expect(found.map(({ channelKey, position }) => [channelKey, position])).toEqual([
        [second.channelKey, 0],
        [first.channelKey, 1],
      ]);
    });

    it('keeps a key pair or channel of another merchant as it is, and all that came with it', async () => {
      const [owner, itsChannel] = await newMerchant();
      const impKey = `key-${count}`;
      const thief = { userCode: 'imp70000000', name: '도둑' };
      const key = { impKey, secretDigest: Uint8Array.of(66) };
      await expect(putMerchant(store, { ...thief, keys: [key] })).rejects.toThrow(/another merchant/);
      await expect(putMerchant(store, { ...thief, channels: [itsChannel] })).rejects.toThrow(
        /another merchant/,
      );
      expect(await (await later()).findMerchant({ userCode: thief.userCode })).toBeNull();
      expect((await store.findApiKey(impKey))?.secretDigest[0]).toBe(count);
      expect((await store.findChannel(itsChannel.channelKey))?.merchantId).toBe(owner.id);
    });

    it('lists merchants and key pairs, and revokes a pair for good', async () => {
      const [owner] = await newMerchant();
      const impKey = `key-${count}`;
      expect((await store.listMerchants()).map(({ userCode }) => userCode)).toContain(owner.userCode);
      expect(await store.revokeKey(impKey, 5)).toBe(true);
      expect(await (await later()).revokeKey(impKey, 6)).toBe(false);
      expect(await second.findApiKey(impKey)).toBeNull();
      expect(await store.listKeys(owner.id)).toEqual([
        { impKey, revokedAt: 5 },
        { impKey: `${impKey}-second`, revokedAt: null },
      ]);
      const again = { userCode: owner.userCode, keys: [{ impKey, secretDigest: Uint8Array.of(1) }] };
      await expect(putMerchant(store, again)).rejects.toThrow(/revoked/);
      expect(await store.revokeKey('nobody', 5)).toBe(false);
    });

    it('keeps the rules of a merchant for its pages, and the usual ones for who has none', async () => {
      const rules = {
        returnHosts: ['shop.example'],
        returnSchemes: [],
        origins: ['https://a'],
        nullOrigin: false,
      };
      const userCode = 'imp80000000';
      const { id } = await putMerchant(store, { userCode, pageRules: rules });
      expect((await (await later()).findMerchant({ id }))?.pageRules).toEqual(rules);
      await putMerchant(store, { userCode });
      expect((await (await later()).findMerchant({ userCode }))?.pageRules).toEqual(rules);
      const other = await putMerchant(store, { userCode: 'imp80000001' });
      expect(other.pageRules).toEqual(NO_PAGE_RULES);
    });

    it('finds key pairs and channels, and null where there is none', async () => {
      const key = await store.findApiKey('key-1');
      expect(key?.merchant).toMatchObject({ id: merchant.id, userCode: merchant.userCode });
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
        expect(plainRow(await store.findCertification(merchant.id, kept.impUid))).toEqual(kept);
        expect(plainRow(await (await later()).findCertification(merchant.id, kept.impUid))).toEqual(kept);
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
      expect(found?.map(plainRow)).toEqual(kept);
      expect(again?.map(plainRow)).toEqual(kept);
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
        expect(erased.filter((each) => each !== null).map(plainRow)).toEqual([kept]);
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
    const newToken = (expiresAt = NOW + 1_800_000): StoredToken => ({
      nonce: randomBytes(24),
      digest: randomBytes(36).toString('hex'),
      issuedAt: NOW,
      expiresAt,
      proof: randomBytes(36),
    });
    const keyOf = async (impKey = `key-${count}`) => {
      const key = await store.findApiKey(impKey);
      if (key === null) throw new Error('there is no such key');
      return key;
    };

    it('puts one of several tokens into the place of the one that was seen', async () => {
      await newMerchant();
      const key = await keyOf();
      const fresh = Array.from({ length: 6 }, () => newToken());
      const put = await Promise.all(
        fresh.map((next, at) => (at % 2 ? store : second).putToken({ key, seen: null, next })),
      );
      expect(put.filter(Boolean)).toHaveLength(1);
      const kept = await (await later()).findTokenOfKey(key);
      expect(plain(kept)).toEqual(plain(fresh[put.indexOf(true)] ?? null));
      const next = newToken();
      expect(await store.putToken({ key, seen: newToken(), next })).toBe(false);
      expect(await store.putToken({ key, seen: kept, next })).toBe(true);
      expect(await (await later()).putToken({ key, seen: kept, next: newToken() })).toBe(false);
      expect(plain(await second.findTokenOfKey(key))).toEqual(plain(next));
    });

    const plain = (token: StoredToken | null) =>
      token && { ...token, nonce: Buffer.from(token.nonce), proof: Buffer.from(token.proof) };

    it('knows the holder of a token by its digest, put there by another process too', async () => {
      const [holder] = await newMerchant();
      const key = await keyOf();
      const token = newToken();
      await store.putToken({ key, seen: null, next: token });
      const found = await (await later()).findToken(token.digest);
      expect(found).toMatchObject({ apiKeyId: key.id, merchantId: holder.id, expiresAt: token.expiresAt });
      await store.putToken({ key, seen: token, next: { ...token, expiresAt: 7, proof: randomBytes(36) } });
      expect((await (await later()).findToken(token.digest))?.expiresAt).toBe(7);
      const seen = await store.findTokenOfKey(key);
      await store.putToken({ key, seen, next: newToken() });
      expect(await (await later()).findToken(token.digest)).toBeNull();
      expect(await store.findToken('00')).toBeNull();
    });

    it('gives the key pairs of one merchant tokens of their own', async () => {
      await newMerchant();
      for (const name of [`key-${count}`, `key-${count}-second`])
        expect(await store.putToken({ key: await keyOf(name), seen: null, next: newToken() })).toBe(true);
    });

    it('ends a token with the secret, with the key pair and with the merchant, and takes none for what has changed', async () => {
      const endings: readonly ((owner: Merchant) => Promise<unknown>)[] = [
        ({ userCode }) =>
          putMerchant(store, {
            userCode,
            keys: [{ impKey: `key-${count}`, secretDigest: Uint8Array.of(77) }],
          }),
        () => store.revokeKey(`key-${count}`, 1),
        ({ userCode }) => putMerchant(store, { userCode, disabledAt: 1 }),
      ];
      for (const [at, ending] of endings.entries()) {
        const [owner] = await newMerchant();
        const key = await keyOf();
        const token = newToken();
        await store.putToken({ key, seen: null, next: token });
        // Read once, so that an engine that remembers tokens remembers this one.
        for (const each of [store, await later()])
          expect(await each.findToken(token.digest), String(at)).not.toBeNull();
        await ending(owner);
        for (const each of [store, await later()])
          expect(await each.findToken(token.digest), String(at)).toBeNull();
        if (at < 2) {
          expect(await store.putToken({ key, seen: null, next: newToken() }), String(at)).toBe(false);
          expect(await store.findTokenOfKey(key), String(at)).toBeNull();
        }
      }
    });

    it('gives the token of a new secret to nobody who was let in with the old one', async () => {
      const [{ userCode }] = await newMerchant();
      const old = await keyOf();
      await putMerchant(store, { userCode, keys: [{ impKey: old.impKey, secretDigest: Uint8Array.of(78) }] });
      const key = await keyOf();
      const token = newToken();
      expect(await store.putToken({ key, seen: null, next: token })).toBe(true);
      for (const each of [store, await later()]) {
        expect(await each.findTokenOfKey(old)).toBeNull();
        expect(plain(await each.findTokenOfKey(key))).toEqual(plain(token));
      }
    });

    it('lets a token live on when its merchant is brought up to date and nothing changes for it', async () => {
      const [owner] = await newMerchant();
      const key = await keyOf();
      const token = newToken();
      await store.putToken({ key, seen: null, next: token });
      const { impKey, secretDigest } = key;
      await putMerchant(store, { userCode: owner.userCode, keys: [{ impKey, secretDigest }] });
      expect(await (await later()).findToken(token.digest)).not.toBeNull();
    });

    it('knows no token and no key of a disabled merchant, and both again when it is enabled and asks anew', async () => {
      const [owner] = await newMerchant();
      const key = await keyOf();
      await putMerchant(store, { userCode: owner.userCode, disabledAt: 1 });
      expect(await (await later()).findApiKey(key.impKey)).toBeNull();
      expect(await second.findMerchant({ id: owner.id })).toBeNull();
      const token = newToken();
      await store.putToken({ key, seen: null, next: token });
      for (const each of [store, await later()]) expect(await each.findToken(token.digest)).toBeNull();
      await putMerchant(store, { userCode: owner.userCode, disabledAt: null });
      expect(await (await later()).findToken(token.digest)).toBeNull();
      expect(await second.findApiKey(key.impKey)).not.toBeNull();
    });

    it('forgets certifications and used ids when it starts over', async () => {
      const erased = record();
      const kept = record();
      await store.createCertification(erased);
      await store.createCertification(kept);
      await store.eraseCertification(merchant.id, erased.impUid, 1);
      for (const _again of [1, 2, 3]) await store.findCertification(merchant.id, kept.impUid);
      await opened.resetCertifications();
      expect(await store.findCertification(merchant.id, kept.impUid)).toBeNull();
      expect(await (await later()).findCertification(merchant.id, kept.impUid)).toBeNull();
      expect(await store.createCertification(erased)).toBe(true);
    });
  });
}
