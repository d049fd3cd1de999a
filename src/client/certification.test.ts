import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clientTypes } from '../../client-types.ts';

it('has the types that the schema of a certification gives; `npm run types` writes them', () => {
  expect(readFileSync(join(import.meta.dirname, 'certification.ts'), 'utf8')).toBe(clientTypes());
});
