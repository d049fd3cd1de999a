import { markOf } from './keys.ts';

/** Of a database that several processes of a test open: each has the same master key. */
export const SHARED_MARK = markOf('dev', [{ id: 1, secret: Buffer.alloc(32, 1) }]);
