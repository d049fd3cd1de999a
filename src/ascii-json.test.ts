import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure, success } from './api/v1/envelope.ts';
import { quote, toAsciiJson } from './ascii-json.ts';

describe('quote', () => {
  it.each([
    ['', '""'],
    ['imp_012345678901', '"imp_012345678901"'],
    ['홍길동', '"\\ud64d\\uae38\\ub3d9"'],
    ['https://shop.example/join', '"https:\\/\\/shop.example\\/join"'],
    ['"\\', '"\\"\\\\"'],
    ['\n\u0001', '"\\n\\u0001"'],
    ['𠀋', '"\\ud840\\udc0b"'],
    ['\ud840', '"\\ud840"'],
  ])('writes %j as %s', (text, json) => {
    expect(quote(text)).toBe(json);
  });

  it('is JSON in ASCII for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(quote(text))).toBe(text);
        expect(quote(text)).toMatch(/^"[\u0020-\u007f]*"$/);
        expect(quote(text)).not.toMatch(/(?<!\\)\//);
      }),
    );
  });
});

describe('the envelope', () => {
  it('has its three members in order', () => {
    expect(success(toAsciiJson({ a: '/' }))).toBe('{"code":0,"message":null,"response":{"a":"\\/"}}');
    expect(failure('아')).toBe('{"code":-1,"message":"\\uc544","response":null}');
  });
});
