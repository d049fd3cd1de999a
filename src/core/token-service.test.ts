import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openStore } from '../storage/index.ts';
import { systemClock } from './clock.ts';
import { MerchantService } from './merchant-service.ts';
import { TokenService } from './token-service.ts';
import { Vault } from './vault.ts';

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
    const vault = new CountingVault([{ id: 1, secret: randomBytes(32) }]);
    const mark = { mode: 'serve', keyMark: vault.keyMark(), recognises: () => true } as const;
    const store = await openStore('sqlite::memory:', mark);
    const merchants = new MerchantService(store, vault, systemClock);
    const tokens = new TokenService(store, vault, systemClock, null);
    const keys = ['known', 'revoked'].map((impKey) => ({ impKey, impSecret: `the secret of ${impKey}` }));
    await merchants.save({ name: '가상상점', userCode: 'imp00000001', keys, channels: [] });
    await merchants.revokeKey('revoked');
    const comparisons = async (impKey: string) => {
      vault.comparisons = 0;
      const issued = tokens.issue({ impKey, impSecret: 'wrong', address: '' });
      await expect(issued).rejects.toMatchObject({ code: 'credentials_wrong' });
      return vault.comparisons;
    };
    expect(await comparisons('known')).toBe(1);
    expect(await comparisons('unknown')).toBe(1);
    expect(await comparisons('revoked')).toBe(1);
    await store.close();
  });
});
