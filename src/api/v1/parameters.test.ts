import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../http/routes.ts';
import { presentedToken } from './auth.ts';
import { parseParameters, readExactText } from './parameters.ts';

const request = (type: string | undefined, body: string | Uint8Array): ApiRequest => ({
  method: 'POST',
  headers: type === undefined ? {} : { 'content-type': type },
  requestId: 'request',
  address: '127.0.0.1',
  parameters: {},
  query: '',
  body: Buffer.from(body as string),
});
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const malformed = expect.objectContaining({ code: 'body_malformed' });

describe('request parameters', () => {
  it('are read by media type, whatever its letter case and parameters', () => {
    for (const type of [JSON_TYPE, 'Application/JSON ; charset=euc-kr', 'application/problem+json'])
      expect(parseParameters(request(type, '{"a":"1"}')).get('a')).toBe('1');
    for (const type of [undefined, 'text/plain', 'application/jsonp', 'multipart/mixed; boundary=b'])
      expect(parseParameters(request(type, '{"a":"1"}')).size).toBe(0);
  });

  it('of JSON that is no object are none, a byte-order mark is skipped, the last of two counts', () => {
    for (const body of ['', '  ', 'null', '[]', '"a"', '1'])
      expect(parseParameters(request(JSON_TYPE, body)).size).toBe(0);
    expect(parseParameters(request(JSON_TYPE, '\ufeff{"a":1,"a":2}')).get('a')).toBe(2);
    expect(parseParameters(request(JSON_TYPE, '{"__proto__":{"a":1}}')).get('a')).toBeUndefined();
  });

  it('of a form have trimmed names and untrimmed values', () => {
    const form = parseParameters(request(FORM_TYPE, 'imp_key=K& imp_secret=S+&a&b=1=2&a=%ED%99%8D'));
    expect(Object.fromEntries(form)).toEqual({ imp_key: 'K', imp_secret: 'S ', a: '홍', b: '1=2' });
  });

  it('that cannot be read are malformed', () => {
    const eucKr = Uint8Array.from([0x7b, 0x22, 0xb1, 0xe6, 0x22, 0x7d]);
    expect(() => parseParameters(request(JSON_TYPE, '{'))).toThrow(malformed);
    expect(() => parseParameters(request(JSON_TYPE, eucKr))).toThrow(malformed);
    expect(() => parseParameters(request(FORM_TYPE, 'a=%B1%E6'))).toThrow(malformed);
    expect(() => parseParameters(request(FORM_TYPE, 'a=%zz'))).toThrow(malformed);
  });

  it('are exact text for keys and secrets', () => {
    const read = (value: unknown) => readExactText(new Map([['a', value]]), 'a');
    for (const absent of [undefined, null, '', true, false, [], {}]) expect(read(absent).kind).toBe('absent');
    expect(read(1.5).kind).toBe('invalid');
    expect(read('a\u0000').kind).toBe('invalid');
    expect(read(1000000000000011)).toEqual({ kind: 'text', text: '1000000000000011' });
    expect(read(' a ')).toEqual({ kind: 'text', text: ' a ' });
  });
});

describe('the token presented', () => {
  const token = (headers: ApiRequest['headers'], query = '') => presentedToken({ headers, query });

  it.each([
    ['bare', { authorization: 'T' }, '', 'T'],
    ['Bearer in any letter case', { authorization: ' bEARER   T ' }, '', 'T'],
    ['Bearer with nothing behind it', { authorization: 'Bearer ' }, '', 'Bearer'],
    ['another scheme', { authorization: 'Basic T' }, '', 'Basic T'],
    ['the older header', { 'x-imptokenheader': 'T' }, '', 'T'],
    ['the query member', {}, 'a=1&_token=T', 'T'],
    ['the first that is not blank', { authorization: '  ', 'x-imptokenheader': 'H' }, '_token=Q', 'H'],
    [
      'Authorization though a later one may be right',
      { authorization: 'A', 'x-imptokenheader': 'H' },
      '',
      'A',
    ],
    ['none', { authorization: '' }, 'x_token=T&_token=', null],
  ])('is %s', (_what, headers, query, expected) => {
    expect(token(headers, query)).toBe(expected);
  });
});
