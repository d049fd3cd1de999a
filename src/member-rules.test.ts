import { describe, expect, it } from 'vitest';
import { findBroken, list, optional, type Rules, text, truth } from './member-rules.ts';

const RULES: Rules = {
  imp_key: text,
  imp_secret: text,
  channels: optional(list),
  foreigner: optional(truth),
};
const GOOD = { imp_key: 'a', imp_secret: 'b' };

describe('a value with rules for its members', () => {
  it('is whole when every rule holds', () => {
    expect(findBroken({ ...GOOD, channels: [], foreigner: null }, RULES, '')).toEqual([]);
  });

  it('names every member that breaks one, and quotes nothing', () => {
    expect(findBroken({ imp_key: 7, foreigner: 'SECRET' }, RULES, 'merchants[0]')).toEqual([
      'merchants[0].imp_key must be a text without control characters',
      'merchants[0].imp_secret must be a text without control characters',
      'merchants[0].foreigner must be true or false, or null',
    ]);
  });

  it('has no unknown member, and says which known one is nearest', () => {
    const of = (name: string) => findBroken({ ...GOOD, [name]: 'SECRET' }, RULES, 'a');
    expect(of('imp_secert')).toEqual([
      'a.imp_secert is not known here; the nearest known name is imp_secret',
    ]);
    expect(of('impKey')).toEqual(['a.impKey is not known here; the nearest known name is imp_key']);
    expect(of('channel')).toEqual(['a.channel is not known here; the nearest known name is channels']);
    expect(of('Foreigner')).toEqual(['a.Foreigner is not known here; the nearest known name is foreigner']);
    expect(findBroken({ ...GOOD, chanels: [] }, RULES, '')).toEqual([
      'chanels is not known here; the nearest known name is channels',
    ]);
  });

  it('takes no name of a prototype for a known one, or for a value', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const value: unknown = JSON.parse(`{"imp_key":"a","imp_secret":"b","${name}":{"foreigner":7}}`);
      expect(findBroken(value, RULES, ''), name).toEqual([
        expect.stringMatching(`^${name} is not known here; `),
      ]);
    }
    const inherited: unknown = Object.create(GOOD);
    expect(findBroken(inherited, RULES, '')).toHaveLength(2);
  });

  it('does not show a name that may be a value, and is quick about a long one', () => {
    for (const name of [
      'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6b',
      'a b',
      'a\nb',
      '\ud800',
      '',
      'x'.repeat(1e6),
    ])
      expect(findBroken({ ...GOOD, [name]: 1 }, RULES, 'a')).toEqual([
        expect.stringMatching(
          /^a\.\(a name that is not shown\) is not known here; the nearest known name is \w+$/,
        ),
      ]);
  });

  it('has texts that say something, without control characters and halves of characters', () => {
    for (const wrong of [
      '',
      'a\nb',
      'a\u0000',
      'a\u007f',
      'a\u0085b',
      'a\u2028b',
      'a\u2029b',
      '\ud800',
      'a\udc00b',
    ])
      expect(findBroken({ ...GOOD, imp_key: wrong }, RULES, ''), JSON.stringify(wrong)).toHaveLength(1);
    for (const right of ['가상상점', '😀', 'a b', '\ufeffa'])
      expect(findBroken({ ...GOOD, imp_key: right }, RULES, ''), right).toEqual([]);
  });

  it('is an object', () => {
    for (const wrong of [null, undefined, [], 'a', 7])
      expect(findBroken(wrong, RULES, '')).toEqual(['the file must be an object']);
  });
});
