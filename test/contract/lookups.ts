import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredCertification } from '../../src/core/certification.ts';
import type { Channel } from '../../src/core/channel.ts';
import { newImpUid } from '../../src/core/ids.ts';
import type { Store, TokenHolder, TokenLookup } from '../../src/core/store.ts';
import { AppError } from '../../src/errors.ts';
import { CHANNEL, plainRow, putMerchant } from './merchant.ts';

/** A shop with two key pairs, a token of each, and a channel. */
interface Shop {
  readonly id: number;
  readonly userCode: string;
  readonly channel: Channel;
  readonly digests: readonly [string, string];
}

const NOTHING = { holder: null, certification: null };

/** What every storage engine must do with lookups that are asked together. `open` is that of `describeStore`. */
export function describeLookups(name: string, open: () => Promise<{ first: Store; second: Store }>): void {
  describe(`lookups: ${name}`, () => {
    let store: Store;
    let second: Store;
    let count = 0;
    beforeAll(async () => {
      ({ first: store, second } = await open());
    });
    afterAll(async () => {
      await store.close();
      await second.close();
    });

    async function openShop(): Promise<Shop> {
      const userCode = `imp${String(++count).padStart(8, '0')}`;
      const keys = [1, 2].map((nth) => ({
        impKey: `key-${count}-${nth}`,
        secretDigest: Uint8Array.of(count, nth),
      }));
      const channels = [{ ...CHANNEL, channelKey: `channel-${count}` }];
      const { id } = await putMerchant(store, { userCode, keys, channels });
      const digests = await Promise.all(keys.map(({ impKey }) => giveToken(impKey)));
      return {
        id,
        userCode,
        channel: (await store.findChannel(`channel-${count}`)) as Channel,
        digests: digests as [string, string],
      };
    }

    async function giveToken(impKey: string): Promise<string> {
      const key = await store.findApiKey(impKey);
      if (key === null) throw new Error(`there is no key ${impKey}`);
      const digest = randomBytes(36).toString('hex');
      const next = { nonce: randomBytes(24), digest, issuedAt: 1, expiresAt: 2, proof: randomBytes(36) };
      const seen = await store.findTokenOfKey(key);
      expect(await store.putToken({ key, seen, next })).toBe(true);
      return digest;
    }

    async function keep({ id: merchantId, channel }: Shop, impUid = newImpUid()): Promise<string> {
      const sealed = { keyId: 7, salt: randomBytes(32), blob: randomBytes(300) };
      const row: StoredCertification = {
        impUid,
        merchantId,
        channel,
        state: 'certified',
        requestedAt: 1,
        certifiedAt: 2,
        sealed,
      };
      expect(await store.createCertification(row)).toBe(true);
      return impUid;
    }

    async function ask(node: Store, lookups: readonly TokenLookup[]) {
      return (await node.lookUp(lookups)).map((result) => {
        if (result instanceof AppError || result.certification instanceof AppError) return 'altered';
        return { holder: plain(result.holder), certification: plainRow(result.certification) };
      });
    }
    const plain = (holder: TokenHolder | null) =>
      holder && { ...holder, nonce: Buffer.from(holder.nonce), proof: Buffer.from(holder.proof) };
    /** What the single verbs say. */
    async function oneByOne(node: Store, { digest, impUid }: TokenLookup) {
      const holder = await node.findToken(digest);
      const row = holder && (await node.findCertification(holder.merchantId, impUid));
      return { holder: plain(holder), certification: plainRow(row) };
    }

    it('says what the single verbs say, in the order of the questions, also of those that come twice', async () => {
      const shops = [await openShop(), await openShop()] as const;
      const ids = await Promise.all(
        shops.flatMap((shop) => [keep(shop), keep(shop), keep(shop, `other-${shop.id}`)]),
      );
      const digests = [...shops.flatMap((shop) => shop.digests), 'ff'.repeat(36)];
      const unknown = [newImpUid(), 'other', '', 'imp_', 'a\0b', `'"\\{},NULL`, '홍'];
      const lookups = digests.flatMap((digest) => [...ids, ...unknown].map((impUid) => ({ digest, impUid })));
      const shuffled = [...lookups, ...lookups.slice(0, 20)].toSorted(() => Math.random() - 0.5);
      for (const node of [store, second]) {
        const found = await ask(node, shuffled);
        for (const [at, lookup] of shuffled.entries())
          expect(found[at], JSON.stringify(lookup)).toEqual(await oneByOne(node, lookup));
        expect(
          found.filter((each) => each !== 'altered' && each.certification !== null).length,
        ).toBeGreaterThanOrEqual(12);
      }
      expect(await ask(store, [])).toEqual([]);
      expect(await ask(store, [{ digest: 'ff'.repeat(36), impUid: ids[0] ?? '' }])).toEqual([NOTHING]);
    });

    it('shows another merchant nothing, also of what its own merchant has just read', async () => {
      const [shop, stranger] = [await openShop(), await openShop()];
      const impUid = await keep(shop);
      const lookups = [...shop.digests, ...stranger.digests].map((digest) => ({ digest, impUid }));
      for (const _again of [1, 2, 3]) {
        const shown = (await ask(store, lookups)).map(
          (each) => each !== 'altered' && each.certification !== null,
        );
        expect(shown).toEqual([true, true, false, false]);
      }
    });

    it.each<[string, (shop: Shop, impUid: string) => Promise<unknown>, 'token' | 'row']>([
      ['erased', ({ id }, impUid) => second.eraseCertification(id, impUid, 3), 'row'],
      ['of a key that is revoked', () => second.revokeKey(`key-${count}-1`, 3), 'token'],
      [
        'of a merchant that is disabled',
        ({ userCode }) => putMerchant(second, { userCode, disabledAt: 3 }),
        'token',
      ],
    ])(
      'shows nothing more of what is %s by another process, however often it was read',
      async (_name, end, gone) => {
        const shop = await openShop();
        const impUid = await keep(shop);
        const lookup = { digest: shop.digests[0], impUid };
        for (const _again of [1, 2, 3, 4]) expect(await ask(store, [lookup])).not.toEqual([NOTHING]);
        await end(shop, impUid);
        const [after] = await ask(store, [lookup]);
        expect(after).toEqual(
          gone === 'token' ? NOTHING : { holder: expect.anything(), certification: null },
        );
      },
    );
  });
}
