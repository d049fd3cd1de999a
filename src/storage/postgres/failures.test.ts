import { describe, expect, it } from 'vitest';
import { toStoreFailure } from './failures.ts';

describe('what PostgreSQL or its driver throws', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'is a connection that was lost when it is called %s',
    (name) => {
      const lost = { code: 'store_unavailable', detail: 'the connection to the database was lost' };
      expect(toStoreFailure(new Error(name))).toMatchObject(lost);
      expect(toStoreFailure(Object.assign(new Error('x'), { code: name }))).toMatchObject(lost);
    },
  );
});
