import { describe, expect, it } from 'vitest';
import { maskBirthday, maskName, maskPerson, maskPhone } from './masking.ts';

describe('masking', () => {
  it.each([
    ['홍길동', '홍*동'],
    ['심청', '심*'],
    ['남궁길동이', '남***이'],
    ['SAMPLE JOHN', 'S*********N'],
    ['𠀋가나', '𠀋*나'],
    ['홍', '*'],
    ['', '*'],
  ])('hides the name %s as %s', (name, masked) => {
    expect(maskName(name)).toBe(masked);
  });

  it('hides phone and birthday', () => {
    expect(maskPhone('01000005678')).toBe('010-****-5678');
    expect(maskPhone('0100005678')).toBe('010-****-5678');
    expect(maskPhone('0101')).toBe('****');
    expect(maskBirthday('1990-01-31')).toBe('1990-**-**');
    expect(maskBirthday('31.1.1990')).toBe('****-**-**');
  });

  it('leaves what is not there as it is', () => {
    expect(maskPerson({ name: '홍길동', extra: 1 })).toEqual({ name: '홍*동', extra: 1 });
    expect(maskPerson({ name: null as unknown as string })).toEqual({ name: null });
  });
});
