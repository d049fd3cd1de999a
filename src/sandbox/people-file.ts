import people from './people.json' with { type: 'json' };
import type { People } from './people-schema.ts';

/** Who exists in a sandbox: the content of a people file. */
export type Seed = People;
export type SeedCertification = Seed['certifications'][number];

/** What a certification says of a person; null and absent are what the provider does not tell. */
export type SeedPerson = Pick<
  SeedCertification & { readonly certified: true },
  'name' | 'birthday' | 'gender' | 'foreigner' | 'phone' | 'carrier' | 'unique_key' | 'person'
>;

/** The people that come along. */
export const DEFAULT_SEED = people as Seed;
