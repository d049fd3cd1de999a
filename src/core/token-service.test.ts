import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { markDatabase, openStore } from '../storage/index.ts';
import type { Visitor } from './caller.ts';
import { NO_HOOKS } from './hooks.ts';
import { newDataKeys } from './key-ring.ts';
import { NO_PAGE_RULES } from './merchant.ts';
import { MerchantService } from './merchant-service.ts';
import type { Store } from './store.ts';
import { Throttle } from './throttle.ts';
import { TokenService } from './token-service.ts';
import { Vault } from './vault.ts';

const clock = { now: () => Date.now() };
const KEY = 'key_of_a_shop';
const SECRET = 'SecretOfAShop/1234567890';

const visitor = (address: string): Visitor => ({ surface: 'v1', requestId: '', address });

describe('wrong credentials', () => {
  const vault = new Vault(newDataKeys());
  let store: Store;
  let throttle: Throttle;
  let tokens: TokenService;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    store = await openStore('sqlite::memory:', markDatabase([{ id: 1, secret: randomBytes(32) }], 'serve'));
    throttle = new Throttle(clock);
    tokens = new TokenService(store, vault, clock, throttle);
    await new MerchantService(store, vault, clock).save({
      name: '가상상점',
      userCode: 'imp00000001',
      pageRules: NO_PAGE_RULES,
      keys: [
        { impKey: KEY, impSecret: SECRET },
        { impKey: 'another', impSecret: SECRET },
      ],
      channels: [],
    });
  });
  afterEach(async () => {
    throttle.close();
    await store.close();
    vi.useRealTimers();
  });

  const ADDRESS = '192.0.2.1';
  /** How long a call is held, in milliseconds. */
  async function held(
    impKey: string,
    impSecret: string,
    address = ADDRESS,
    by: TokenService = tokens,
  ): Promise<number> {
    const from = Date.now();
    let answer: string | null = null;
    void by.issue(visitor(address), { impKey, impSecret }).then(
      () => {
        answer = 'right';
      },
      ({ code }: { code: string }) => {
        answer = code;
      },
    );
    await vi.advanceTimersByTimeAsync(0);
    while (answer === null) {
      // The store writes at the end of a turn of the event loop, which takes no time.
      await nextTurn();
      if (answer === null) await vi.advanceTimersByTimeAsync(10);
    }
    expect(answer).toBe(impSecret === SECRET && impKey !== 'nobody' ? 'right' : 'credentials_wrong');
    return Date.now() - from;
  }
  async function waitsOf(impKey: string, address = ADDRESS): Promise<readonly number[]> {
    const waits: number[] = [];
    for (let mistake = 0; mistake < 6; mistake++) waits.push(await held(impKey, 'wrong', address));
    return waits;
  }
  const GROWING = [0, 0, 0, 250, 500, 1000];

  it('are answered later and later from the fourth in a minute on, and after a minute at once', async () => {
    expect(await waitsOf(KEY)).toEqual(GROWING);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await waitsOf(KEY)).toEqual(GROWING);
  });

  it('wait as long for a key that nobody has', async () => {
    expect(await waitsOf('nobody')).toEqual(GROWING);
  });

  it('hold up no right secret, no other address and no other key', async () => {
    await waitsOf(KEY);
    expect(await held(KEY, SECRET)).toBe(0);
    expect(await held(KEY, SECRET, '192.0.2.2')).toBe(0);
    expect(await held(KEY, 'wrong', '192.0.2.2')).toBe(0);
    expect(await held('another', 'wrong')).toBe(0);
    expect(await held('another', SECRET)).toBe(0);
    expect(await held(KEY, 'wrong')).toBe(2000);
  });

  it('are as wrong in other letters of the key, and from another address of one IPv6 network', async () => {
    await waitsOf(KEY, '2001:db8:1:2::1');
    expect(await held(KEY.toUpperCase(), 'wrong', '2001:db8:1:2::1')).toBe(2000);
    expect(await held(KEY, 'wrong', '2001:db8:1:2:ffff::9')).toBe(4000);
    expect(await held(KEY, 'wrong', '2001:db8:1:3::1')).toBe(0);
  });

  it('are held in the order of their number, those of one moment too, and answered when the server stops', async () => {
    const order: number[] = [];
    const asked = [1, 2, 3, 4, 5, 6, 7].map((each) =>
      tokens.issue(visitor(ADDRESS), { impKey: KEY, impSecret: 'wrong' }).catch(() => {
        order.push(each);
      }),
    );
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual([1, 2, 3]);
    await vi.advanceTimersByTimeAsync(500);
    expect(order).toEqual([1, 2, 3, 4, 5]);
    throttle.close();
    await Promise.all(asked);
    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('are never held in dev', async () => {
    const free = new TokenService(store, vault, clock, null);
    for (let mistake = 0; mistake < 20; mistake++) expect(await held(KEY, 'wrong', ADDRESS, free)).toBe(0);
  });
});

/** Counts how often a secret was compared. */
class CountingVault extends Vault {
  comparisons = 0;

  override matches(...compared: Parameters<Vault['matches']>): boolean {
    this.comparisons++;
    return super.matches(...compared);
  }
}

describe('credentials', () => {
  it('cost an unknown key, a revoked one and a wrong secret as many comparisons each', async () => {
    const vault = new CountingVault(newDataKeys());
    const store = await openStore(
      'sqlite::memory:',
      markDatabase([{ id: 1, secret: randomBytes(32) }], 'serve'),
    );
    const merchants = new MerchantService(store, vault, clock);
    const tokens = new TokenService(store, vault, clock, null);
    const keys = ['known', 'revoked'].map((impKey) => ({ impKey, impSecret: `the secret of ${impKey}` }));
    await merchants.save({ name: '가상상점', userCode: 'imp00000001', keys, channels: [] });
    await merchants.revokeKey('revoked');
    const comparisons = async (impKey: string) => {
      vault.comparisons = 0;
      const issued = tokens.issue(visitor(''), { impKey, impSecret: 'wrong' });
      await expect(issued).rejects.toMatchObject({ code: 'credentials_wrong' });
      return vault.comparisons;
    };
    expect(await comparisons('known')).toBe(1);
    expect(await comparisons('unknown')).toBe(1);
    expect(await comparisons('revoked')).toBe(1);
    await store.close();
  });

  it('are reported when they get a token: the first time as a new one, then as the same', async () => {
    const vault = new Vault(newDataKeys());
    const store = await openStore(
      'sqlite::memory:',
      markDatabase([{ id: 1, secret: randomBytes(32) }], 'serve'),
    );
    const issued: boolean[] = [];
    const hooks = { ...NO_HOOKS, tokenIssued: (isNew: boolean) => void issued.push(isNew) };
    const tokens = new TokenService(store, vault, clock, null, hooks);
    const keys = [{ impKey: KEY, impSecret: SECRET }];
    await new MerchantService(store, vault, clock).save({
      name: '가상상점',
      userCode: 'imp00000001',
      keys,
      channels: [],
    });
    const right = { impKey: KEY, impSecret: SECRET };
    await tokens.issue(visitor(''), right);
    await tokens.issue(visitor(''), right);
    await expect(tokens.issue(visitor(''), { ...right, impSecret: 'wrong' })).rejects.toThrow();
    expect(issued).toEqual([true, false]);
    await store.close();
  });
});
