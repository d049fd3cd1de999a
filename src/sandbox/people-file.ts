import people from './people.json' with { type: 'json' };
import type { People } from './people-schema.ts';

/** The people of a sandbox: the content of a people file. */
export type Seed = People;
export type SeedCertification = Seed['certifications'][number];

/** The personal data of a certification; null or absent if the provider does not return it. */
export type SeedPerson = Pick<
  SeedCertification & { readonly certified: true },
  'name' | 'birthday' | 'gender' | 'foreigner' | 'phone' | 'carrier' | 'unique_key' | 'person'
>;

/** The built-in people. */
export const DEFAULT_SEED = people as Seed;
