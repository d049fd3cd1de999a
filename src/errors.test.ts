import { expect, it } from 'vitest';
import { type ErrorCode, rowOf } from './errors.ts';

const TABLE = { internal: 'failed', store_failed: 'stored nothing' };

it('finds the row of a code', () => {
  expect(rowOf(TABLE, 'store_failed')).toBe('stored nothing');
});

it.each(['origin_foreign', 'constructor', 'toString', '__proto__'])(
  'takes %s, which a surface does not know, for a failure of ours',
  (code) => {
    expect(rowOf(TABLE, code as ErrorCode)).toBe('failed');
  },
);
