import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { findNearestName } from './nearest-name.ts';
import { check, joinProblems } from './problems.ts';
import {
  listOf,
  mapOf,
  object,
  objectBy,
  oneOf,
  rule,
  text,
  textThat,
  truth,
  wholeNumber,
} from './schemas.ts';

const SCHEMA = object({
  imp_key: text,
  imp_secret: text,
  channels: v.nullish(listOf(object({ age: wholeNumber(0, 150) }))),
  foreigner: v.nullish(truth),
  kind: v.optional(oneOf(['page', 'otp'])),
  headers: v.optional(mapOf(text)),
  person: v.optional(v.union([text, object({ name: text })], 'be a name or a person')),
});
const GOOD = { imp_key: 'a', imp_secret: 'b' };
const find = (value: unknown, schema: v.GenericSchema = SCHEMA) =>
  check(schema, value, 'the file').problems ?? [];
const parsed = (json: string): unknown => JSON.parse(json);

describe('a value held against its schema', () => {
  it('is whole when all of it is as it should be', () => {
    const value = {
      ...GOOD,
      channels: [{ age: 0 }],
      foreigner: null,
      kind: 'page',
      headers: { a: 'b' },
      person: 'x',
    };
    expect(find(value)).toEqual([]);
    expect(check(SCHEMA, value, 'it')).toMatchObject({ value });
  });

  it('has every wrong member named, and nothing quoted', () => {
    expect(
      find({ imp_key: 7, foreigner: 'SECRET', channels: [{ age: 151 }, { age: 1.5 }], kind: 'paeg' }),
    ).toEqual([
      'imp_key must be a text without control characters',
      'imp_secret must be a text without control characters (it is missing)',
      'channels[0].age must be a whole number of 0 to 150',
      'channels[1].age must be a whole number of 0 to 150',
      'foreigner must be true or false, or null',
      'kind must be one of page, otp; did you mean page?',
    ]);
    expect(joinProblems(['a; did you mean b?', 'c', 'd'])).toBe('a; did you mean b? c; d');
  });

  it('has no unknown member, and the nearest known one is said', () => {
    const nearest = (name: string) =>
      /did you mean (\w+)\?$/.exec(find({ ...GOOD, [name]: 'SECRET' })[0] ?? '')?.[1];
    expect(nearest('imp_secert')).toBe('imp_secret');
    expect(nearest('impKey')).toBe('imp_key');
    expect(nearest('channel')).toBe('channels');
    expect(nearest('Foreigner')).toBe('foreigner');
    expect(find({ ...GOOD, a: 1, b: 2 })).toEqual([
      expect.stringMatching(/^a is not known here \(known: imp_key, imp_secret, .*\); did you mean \w+\?$/),
      expect.stringMatching(/^b is not known here; did you mean \w+\?$/),
    ]);
  });

  it('takes no name of a prototype for a known one, or for a value', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(find(parsed(`{"imp_key":"a","imp_secret":"b","${name}":{"foreigner":7}}`)), name).toEqual([
        expect.stringMatching(`^${name} is not known here `),
      ]);
      expect(find(parsed(`{"${name}":1}`)), name).toHaveLength(3);
    }
    expect(find({ ...GOOD, headers: parsed('{"__proto__":"x"}') })).toEqual(['headers must be an object']);
  });

  it('shows no name that may be a value, and is quick about a long one', () => {
    for (const name of [
      'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6b',
      'a b',
      '홍길동',
      '01012345678',
      '',
      'x'.repeat(1e6),
    ])
      expect(find({ ...GOOD, [name]: 1 })).toEqual([
        expect.stringMatching(
          /^\(a name that is not shown\) is not known here \(known: .*\); did you mean \w+\?$/,
        ),
      ]);
  });

  it('is an object where one is due, and no list', () => {
    for (const wrong of [null, undefined, [], [GOOD], 'a', 7])
      expect(find(wrong)).toEqual(['the file must be an object']);
    expect(find({ ...GOOD, channels: [[]] })).toEqual(['channels[0] must be an object']);
    expect(find({ ...GOOD, channels: {} })).toEqual(['channels must be a list, or null']);
    expect(find({ ...GOOD, headers: [] })).toEqual(['headers must be an object']);
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
      expect(find({ ...GOOD, imp_key: wrong }), JSON.stringify(wrong)).toHaveLength(1);
    for (const right of ['가상상점', '😀', 'a b', '\ufeffa'])
      expect(find({ ...GOOD, imp_key: right }), right).toEqual([]);
  });

  it('of several shapes is told what is wrong with the one that it has', () => {
    expect(find({ ...GOOD, person: { nmae: 'x' } })).toEqual([
      'person.name must be a text without control characters (it is missing)',
      'person.nmae is not known here (known: name); did you mean name?',
    ]);
    expect(find({ ...GOOD, person: 7 })).toEqual(['person must be a name or a person']);
    const shapes = objectBy(
      'certified',
      [object({ certified: v.literal(true), name: text }), object({ certified: v.literal(false) })],
      'be true or false',
    );
    expect(find({ certified: true }, shapes)).toEqual([
      'name must be a text without control characters (it is missing)',
    ]);
    expect(find({ certified: false, name: 'x' }, shapes)).toEqual([
      'name is not known here (known: certified); did you mean certified?',
    ]);
    expect(find({}, shapes)).toEqual(['certified must be true or false']);
    expect(find([], shapes)).toEqual(['the file must be an object']);
  });

  it('has members that go together', () => {
    const pair = v.pipe(
      object({ a: v.optional(text), b: v.optional(text) }),
      rule('b', 'not stand beside a', ({ a, b }) => a === undefined || b === undefined),
    );
    expect(find({ a: 'x', b: 'y' }, pair)).toEqual(['b must not stand beside a']);
    expect(find({ b: 'y' }, pair)).toEqual([]);
    expect(
      find(
        'SECRET',
        textThat('be short', (value) => value.length < 3),
      ),
    ).toEqual(['the file must be short']);
  });
});

describe('the nearest name', () => {
  it('is the one with the fewest changes, swapped neighbours and letter case counting less', () => {
    expect(findNearestName('nmae', ['same', 'name'])).toBe('name');
    expect(findNearestName('fone', ['phone', 'after'])).toBe('phone');
    expect(findNearestName('canceled', ['success', 'cancel', 'slow'])).toBe('cancel');
    expect(findNearestName('PHONE', ['home', 'phone'])).toBe('phone');
    expect(findNearestName('x', [])).toBeNull();
  });
});
