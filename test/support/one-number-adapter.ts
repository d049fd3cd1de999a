import type { Provider } from '../../src/core/provider.ts';
import { adapterOf } from './adapter.ts';

/**
 * The adapter of an agency that answers every visit with the same number, as if somebody showed the visit of another
 * person again and again. The address of its window names the return address.
 */
export function oneNumberAdapter(): Provider {
  return adapterOf('one-number', {
    hosted: {
      isRepeatable: false,
      begin: async ({ returnAddress }) => ({
        address: `https://agency.example/window?back=${encodeURIComponent(returnAddress)}`,
        fields: null,
        memo: 'memo',
      }),
      contradicts: () => null,
      complete: async () => ({
        providerTid: 'visit-of-somebody',
        identity: {
          name: '까나리아',
          birthday: '1991-02-03',
          gender: null,
          foreigner: null,
          phone: '01000007531',
          carrier: null,
          mvno: false,
          ci: 'C'.repeat(88),
          di: null,
        },
      }),
    },
  });
}
