import people from './people.json' with { type: 'json' };
import type { Seed, SeedCertification } from './testing-types.ts';

export type { Seed, SeedCertification } from './testing-types.ts';

/** The personal data of a certification; null or absent if the provider does not return it. */
export type SeedPerson = Pick<
  SeedCertification & { readonly certified: true },
  'name' | 'birthday' | 'gender' | 'foreigner' | 'phone' | 'carrier' | 'unique_key' | 'person'
>;

/** The built-in people. */
export const DEFAULT_SEED = people as Seed;
