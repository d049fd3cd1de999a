import { describe, expect, it } from 'vitest';
import { readPerson, type ToldPerson } from './person.ts';

const NOW = Date.parse('2026-11-30T00:00:00+09:00');
const CI = `SANDBOX/NOT+A+REAL/CI/${'0'.repeat(64)}==`;
const DI = `MC0GCCqGSIb3DQIJAyEASANDBOX/NOT+A+REAL/DI/${'0'.repeat(21)}=`;
const TOLD: ToldPerson = {
  name: '홍길동',
  birthday: '19900131',
  gender: 'male',
  foreigner: false,
  phone: '01000000001',
  carrier: 'SKT',
  ci: CI,
  di: DI,
};
const read = (more: Partial<ToldPerson> = {}) => readPerson({ ...TOLD, ...more }, NOW);

describe('a person in the words of an agency', () => {
  it('becomes an identity', () => {
    expect([CI.length, DI.length]).toEqual([88, 64]);
    expect(read()).toEqual({
      identity: {
        name: '홍길동',
        birthday: '1990-01-31',
        gender: 'male',
        foreigner: false,
        phone: '01000000001',
        carrier: 'SKT',
        mvno: false,
        ci: CI,
        di: DI,
      },
      unclear: [],
    });
  });

  it('of whom nothing was told has nothing, and nothing of that is unclear', () => {
    const none = { name: '', birthday: '', phone: '', carrier: '', ci: '', di: '' };
    expect(read({ ...none, gender: null, foreigner: null })).toEqual({
      identity: {
        name: '',
        birthday: '',
        gender: null,
        foreigner: null,
        phone: null,
        carrier: null,
        mvno: false,
        ci: null,
        di: null,
      },
      unclear: [],
    });
  });

  it.each([
    ['  홍길동   ', '홍길동'],
    ['홍길동'.normalize('NFD'), '홍길동'],
    ['HONG  GIL DONG ', 'HONG  GIL DONG'],
    ['\t홍길동', '\t홍길동'],
    ['   ', ''],
  ])('has the name %j without blanks around it', (name, kept) => {
    expect(read({ name }).identity.name).toBe(kept);
  });

  it.each([
    ['19020101', '1902-01-01'],
    ['20261130', '2026-11-30'],
    [' 20040229 ', '2004-02-29'],
    ['19011231', ''],
    ['20261201', ''],
    ['20030229', ''],
    ['19901301', ''],
    ['900131', ''],
    ['1990-01-31', ''],
    ['199001311', ''],
    ['x19900131', ''],
    ['１９９００１３１', ''],
  ])('born on %j has the birthday %j', (birthday, kept) => {
    expect(read({ birthday }).identity.birthday).toBe(kept);
  });

  it('is born by the calendar of Seoul', () => {
    const born = (at: string) => readPerson({ ...TOLD, birthday: '20261130' }, Date.parse(at)).identity;
    expect(born('2026-11-29T14:59:59Z').birthday).toBe('');
    expect(born('2026-11-29T15:00:00Z').birthday).toBe('2026-11-30');
  });

  it.each([
    ['010-0000-0001', '01000000001', []],
    ['0111234567', '0111234567', []],
    ['010 0000 0001', '01000000001', []],
    ['0212345678', '0212345678', ['phone']],
    ['0100000001x2', '01000000012', []],
    ['821000000001', '821000000001', ['phone']],
    ['-', null, []],
  ])('with the phone number %j has %j', (phone, kept, unclear) => {
    expect(read({ phone })).toMatchObject({ identity: { phone: kept }, unclear });
  });

  it.each([
    ['skt', 'SKT', false],
    ['KTF', 'KT', false],
    [' LGU+ ', 'LGT', false],
    ['SKM', 'SKT', true],
    ['ktm', 'KT', true],
    ['LGT_MVNO', 'LGT', true],
  ])('with the carrier %j has %s', (carrier, network, mvno) => {
    expect(read({ carrier })).toMatchObject({ identity: { carrier: network, mvno }, unclear: [] });
  });

  it.each(['MVNO', 'XYZ', '__proto__', 'SKT,KT'])(
    'with the carrier %j has none, and that is unclear',
    (carrier) => {
      expect(read({ carrier })).toMatchObject({
        identity: { carrier: null, mvno: false },
        unclear: ['carrier'],
      });
    },
  );

  it.each([
    ['shorter', CI.slice(1)],
    ['longer', `A${CI}`],
    ['of other characters', `-${CI.slice(1)}`],
    ['in which a plus became a blank', CI.replace('+', ' ')],
    ['without its end', `${CI.slice(0, 86)}%3`],
  ])('keeps a CI and a DI that are %s as they are, and both are unclear', (_, text) => {
    expect(read({ ci: text, di: text })).toMatchObject({
      identity: { ci: text, di: text },
      unclear: ['ci', 'di'],
    });
  });

  it('names what is unclear, and never quotes it', () => {
    const { unclear } = read({ phone: '12', carrier: 'XYZ', ci: 'canary-ci', di: 'canary-di' });
    expect(unclear).toEqual(['phone', 'carrier', 'ci', 'di']);
  });
});
