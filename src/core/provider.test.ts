import { describe, expect, it } from 'vitest';
import { adapterOf } from '../../test/support/adapter.ts';
import { findProvider } from './provider.ts';

describe('the provider of a channel', () => {
  it('is one that is there, and never what every object has by birth', () => {
    const danal = adapterOf('danal');
    expect(findProvider({ danal }, { adapter: 'danal' })).toBe(danal);
    for (const name of ['kcp_v2', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])
      expect(findProvider({ danal }, { adapter: name }), name).toBeUndefined();
  });
});
