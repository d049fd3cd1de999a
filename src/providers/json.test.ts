import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { readJsonObject, textOf } from './json.ts';

describe('the JSON of an agency', () => {
  it('is an object in UTF-8', () => {
    expect(readJsonObject(Buffer.from(' {"name":"홍길동","list":[1]}\n'), 'x')).toEqual({
      name: '홍길동',
      list: [1],
    });
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<!doctype html><p>canary</p>'],
    ['a list', '["canary"]'],
    ['a text', '"canary"'],
    ['null', 'null'],
    ['half an object', '{"canary":"x'],
    ['an object and more', '{"canary":1}{}'],
    ['a name that is there twice', '{"canary":"0000","canary":"0001"}'],
    ['a name that is there twice, once with an escape', '{"canary":"0000","c\\u0061nary":"0001"}'],
    ['a BOM that was not dropped', '\ufeff{"canary":1}'],
    ['bytes that are no UTF-8', Buffer.from('{"canary":"\xb0\xa1"}', 'latin1')],
  ])('is unreadable as %s, and not quoted', (_, body) => {
    let thrown: unknown;
    try {
      readJsonObject(Buffer.from(body as string), 'agency step');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AppError);
    const { code, detail, cause } = thrown as AppError;
    expect(code).toBe('unreadable_answer');
    expect(detail).toMatch(/^agency step: /);
    expect(`${detail} ${cause}`).not.toContain('canary');
  });

  it('has texts; what is absent or no text is empty', () => {
    const object = readJsonObject(
      Buffer.from('{"a":"x","b":5,"c":null,"d":["x"],"e":true,"__proto__":{"f":"y"}}'),
      'x',
    );
    expect(
      ['a', 'b', 'c', 'd', 'e', 'f', 'toString', 'constructor'].map((name) => textOf(object, name)),
    ).toEqual(['x', '', '', '', '', '', '', '']);
  });
});
