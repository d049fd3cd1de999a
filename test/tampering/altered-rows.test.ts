import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { MerchantService } from '../../src/core/merchant-service.ts';
import { TokenService } from '../../src/core/token-service.ts';
import { openStoreVault } from '../../src/core/vault.ts';
import { openStore } from '../../src/storage/index.ts';
import { CHANNEL } from '../contract/merchant.ts';
import { visitorFrom } from '../support/callers.ts';
import { MASTER_KEYS, markOf } from '../support/keys.ts';

/* Each place that believes a row of a merchant, a channel or a token looks at its proof first. */

const folder = mkdtempSync(join(tmpdir(), 'bonin-rows-'));
const file = join(folder, 'bonin.db');
const store = await openStore(`sqlite:${file}`, markOf('serve'));
const vault = await openStoreVault(store, MASTER_KEYS, 'serve');
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});
const merchants = new MerchantService(store, vault, systemClock);
const tokens = new TokenService(store, vault, systemClock, null);
const KEYS = { impKey: 'key', impSecret: 'SecretOfAShop/1234567890' };
await merchants.save({
  name: '가상상점',
  userCode: 'imp00000001',
  keys: [KEYS],
  channels: [CHANNEL, { ...CHANNEL, channelKey: 'second' }],
});
const { token } = await tokens.issue(visitorFrom(), KEYS);
const [{ id } = { id: 0 }] = await store.listMerchants();

const READS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a new token': () => tokens.issue(visitorFrom(), KEYS),
  'a token that is presented': () => tokens.verify(visitorFrom(), token),
  'the merchant of a page': () => merchants.find({ userCode: 'imp00000001' }),
  'the merchant of a message': () => merchants.find({ id }),
  'the channels of a merchant': () => merchants.listChannels(id),
  'a channel': () => merchants.findChannel('channel'),
  'the list of merchants': () => merchants.list(),
};
const ofMerchant = [
  'a new token',
  'the merchant of a page',
  'the merchant of a message',
  'the list of merchants',
];
const ofChannel = ['the channels of a merchant', 'a channel', 'the list of merchants'];
const CHANGES = [
  ["UPDATE merchants SET name = 'x'", "UPDATE merchants SET name = '가상상점'", ofMerchant],
  ['UPDATE channels SET foreigner_add_on = 1', 'UPDATE channels SET foreigner_add_on = 0', ofChannel],
  [
    'UPDATE access_tokens SET expires_at = expires_at + 1000',
    'UPDATE access_tokens SET expires_at = expires_at - 1000',
    ['a new token', 'a token that is presented'],
  ],
] as const;

/** The reads that are refused because of what stands in the database. */
async function refused(): Promise<readonly string[]> {
  // The store reads from one snapshot within a turn.
  await new Promise(setImmediate);
  const names: string[] = [];
  for (const [name, read] of Object.entries(READS)) {
    const code = await read().then(
      () => null,
      (error: { code?: string }) => error.code,
    );
    if (code !== null) expect(code, name).toBe('sealed_data_unreadable');
    if (code !== null) names.push(name);
  }
  return names;
}

test.for(CHANGES)(
  'after "%s" whatever reads that is refused, and nothing else',
  async ([change, undo, reads]) => {
    const database = new DatabaseSync(file);
    try {
      expect(await refused()).toEqual([]);
      database.exec(change);
      expect(await refused()).toEqual(
        Object.keys(READS).filter((name) => (reads as readonly string[]).includes(name)),
      );
      database.exec(undo);
      expect(await refused()).toEqual([]);
    } finally {
      database.close();
    }
  },
);
