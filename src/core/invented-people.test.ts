import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInvented, requireReal } from './invented-people.ts';

const CI = `SANDBOX/${'A'.repeat(78)}==`;
const DI = `MC0GCCqGSIb3DQIJAyEASANDBOX/${'A'.repeat(35)}=`;
const base64 = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString('base64'));

describe('somebody of a sandbox', () => {
  it('is known by the CI, and by the DI where no CI is told', () => {
    for (const ids of [
      { ci: CI, di: null },
      { ci: null, di: DI },
      { ci: 'A'.repeat(88), di: DI },
      { ci: CI, di: 'A'.repeat(64) },
      { ci: ' SANDBOX/x', di: null },
      { ci: null, di: 'SANDBOX/x' },
    ]) {
      expect(isInvented(ids), JSON.stringify(ids)).toBe(true);
      expect(() => requireReal(ids)).toThrow(expect.objectContaining({ code: 'invented_person' }));
    }
  });

  it('is nobody whom an agency could name', () => {
    for (const ids of [
      { ci: null, di: null },
      { ci: 'xSANDBOX/', di: `MC0GCCqGSIb3DQIJAyEAx${DI.slice(21)}` },
      { ci: 'SANDBOX', di: 'MC0GCCqGSIb3DQIJAyEASANDBOX' },
    ])
      expect(isInvented(ids)).toBe(false);
    fc.assert(
      fc.property(base64(64), base64(32), (ci, tail) => {
        const di = `MC0GCCqGSIb3DQIJAyEA${tail}`;
        return !isInvented({ ci, di }) || ci.startsWith('SANDBOX/') || tail.startsWith('SANDBOX/');
      }),
    );
  });
});
