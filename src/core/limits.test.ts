import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { markDatabase, openStore } from '../storage/index.ts';
import type { Visitor } from './caller.ts';
import { newDataKeys } from './key-ring.ts';
import { Limiter, REQUEST_LIMITS, type RequestLimits } from './limits.ts';
import type { Store } from './store.ts';
import { Vault } from './vault.ts';

const SECONDS = 1000;
const MINUTES = 60 * SECONDS;

describe('the limits on codes and starts', () => {
  const vault = new Vault(newDataKeys());
  let store: Store;
  let now: number;
  let limiter: Limiter;
  const limiterOf = (limits: RequestLimits | null) =>
    new Limiter({ store, vault, clock: { now: () => now }, limits });

  beforeEach(async () => {
    const opened = await openStore(
      'sqlite::memory:',
      markDatabase([{ id: 1, secret: randomBytes(32) }], 'serve'),
    );
    onTestFinished(() => opened.close());
    store = opened;
    now = 1_800_000_000_000;
    limiter = limiterOf(REQUEST_LIMITS);
  });

  let count = 0;
  const from = (address: string): Visitor => ({ surface: 'page', requestId: '', address });
  /** A code for somebody at a merchant, from an address that nobody else has unless one is given. */
  const code = (merchantId: number, phone: string, address = `192.0.2.${count++ % 250}`) =>
    limiter.countCode(from(address), { merchantId, phone });
  const refused = (retryAfter: unknown = expect.any(Number)) =>
    expect.objectContaining({ code: 'rate_limited', retryAfter });
  const times = async (many: number, ask: (at: number) => Promise<void>) => {
    for (let at = 0; at < many; at++) await ask(at);
  };

  it('let five codes in ten minutes to one phone at one merchant, and say when the next may be', async () => {
    await times(5, () => code(1, 'phone'));
    await expect(code(1, 'phone')).rejects.toEqual(refused(600));
    now += 599 * SECONDS + 1;
    await expect(code(1, 'phone')).rejects.toEqual(refused(1));
    now += 999;
    await code(1, 'phone');
  });

  it('let twenty a day to one phone at one merchant', async () => {
    await times(20, async () => {
      await code(1, 'phone');
      now += 10 * MINUTES;
    });
    await expect(code(1, 'phone')).rejects.toEqual(refused());
    now += 24 * 60 * MINUTES;
    await code(1, 'phone');
  });

  it('leave a person who is locked out at one merchant free at every other one, up to twenty in all', async () => {
    await times(5, () => code(1, 'phone'));
    await expect(code(1, 'phone')).rejects.toEqual(refused());
    for (const merchantId of [2, 3, 4]) await times(5, () => code(merchantId, 'phone'));
    await expect(code(5, 'phone')).rejects.toEqual(refused(600));
    await code(5, 'somebody else');
  });

  it('count what was refused nowhere', async () => {
    await times(5, () => code(1, 'phone'));
    await times(100, () => expect(code(1, 'phone')).rejects.toEqual(refused()));
    await times(115, (at) => code(1, `other ${at}`));
    await expect(code(1, 'one more')).rejects.toEqual(refused(60));
  });

  it('let a merchant send 120 codes a minute', async () => {
    await times(120, (at) => code(1, `phone ${at}`));
    await expect(code(1, 'one more')).rejects.toEqual(refused(60));
    await code(2, 'one more');
    now += 60 * SECONDS;
    await code(1, 'one more');
  });

  it('count codes and starts of one address together, sixty in ten minutes', async () => {
    await times(30, (at) => code(at, `phone ${at}`, '192.0.2.7'));
    await times(30, () => limiter.countStart(from('192.0.2.7')));
    await expect(limiter.countStart(from('192.0.2.7'))).rejects.toEqual(refused(600));
    await expect(code(1, 'phone', '192.0.2.7')).rejects.toEqual(refused(600));
    await limiter.countStart(from('192.0.2.8'));
    now += 600 * SECONDS;
    await limiter.countStart(from('192.0.2.7'));
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1', true],
    ['2001:db8::1', '2001:db8:0:0:ffff::', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['::1', '0:0:0:0:1::', true],
    ['2001:db8:1:2::', '2001:db8:1:3::', false],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2::2', true],
    ['192.0.2.1', '192.0.2.2', false],
  ])('take the addresses of one IPv6 network for one: %s and %s', async (one, other, same) => {
    await times(60, () => limiter.countStart(from(one)));
    const asked = limiter.countStart(from(other));
    if (same) await expect(asked).rejects.toEqual(refused());
    else await asked;
  });

  it('are as they are set, and an empty list sets none', async () => {
    limiter = limiterOf({
      phone: [{ count: 1, window: 10 * SECONDS }],
      phoneEverywhere: [],
      merchant: [],
      address: [],
    });
    await times(200, (at) => code(1, `phone ${at}`, 'one address'));
    await expect(code(1, 'phone 7', 'one address')).rejects.toEqual(refused(10));
    await times(200, () => limiter.countStart(from('one address')));
  });

  it('are none in dev, where nothing is counted', async () => {
    limiter = limiterOf(null);
    await times(200, () => code(1, 'phone', 'one address'));
    await times(200, () => limiter.countStart(from('one address')));
    expect(await store.forgetRequests(now + 1, 1000)).toBe(0);
  });
});
