import { expectTypeOf, test } from 'vitest';
import type { People } from './people-schema.ts';
import type { Seed } from './testing-types.ts';

test('the published type of a people file is what the schema accepts', () => {
  expectTypeOf<People>().toEqualTypeOf<Seed>();
});
