import { describe, expect, it } from 'vitest';
import { parseCase } from './case-file.ts';

const GOOD = {
  name: 'a',
  given: {},
  request: { method: 'GET', path: '/' },
  response: { status: 200, body: null },
  grade: 'documented',
  why: 'R1: why.',
};
const parse = (more: object) => () => parseCase(JSON.stringify({ ...GOOD, ...more }), 'a');
const certification = {
  imp_uid: 'imp_1',
  merchant_uid: 'm',
  channel: 'c',
  kind: 'otp',
  state: 'pending',
  requested: 0,
};

describe('a golden case', () => {
  it('may have a byte order mark and lines that end as on Windows', () => {
    const text = JSON.stringify(GOOD, null, 2).replaceAll('\n', '\r\n');
    expect(parseCase(Buffer.from(`\ufeff${text}`), 'a')).toEqual(GOOD);
  });

  it('keeps the order of members in what it expects', () => {
    const body = { z: 1, a: { y: 1, b: 2 } };
    const read = parseCase(JSON.stringify({ ...GOOD, response: { status: 200, body } }), 'a');
    expect(JSON.stringify(read.response.body)).toBe(JSON.stringify(body));
  });

  it.each<[more: object, says: RegExp]>([
    [{ requst: {} }, /^requst is not known here .*; did you mean request\?$/],
    [
      { request: { method: 'GET', pth: '/' } },
      /^request\.path must be a text \(it is missing\); request\.pth is /,
    ],
    [{ response: { status: 200 } }, /^response\.body must be there \(it is missing\)$/],
    [{ grade: 'recordd' }, /^grade must be one of documented, .*; did you mean recorded\?$/],
    [{ given: [] }, /^given must be an object$/],
    [
      { given: { provider: { confirm: 'mismach' } } },
      /^given\.provider\.confirm must be one of ok, mismatch, /,
    ],
    [
      { given: { tokens: { t: { key: 'A1' } } } },
      /^given\.tokens\.t\.issued must be a whole number \(it is missing\)$/,
    ],
    [
      { given: { certifications: [{ ...certification, person: { name: 'x', birthdy: 'y' } }] } },
      /given\.certifications\[0\]\.person\.birthdy is not known here .*did you mean birthday\?/,
    ],
    [
      { given: { certifications: [{ ...certification, person: 7 }] } },
      /^given\.certifications\[0\]\.person must be the name of a person, or an object$/,
    ],
    [{ request: { method: 'GET', path: '/', body_base64: '=' } }, /^request\.body_base64 must be base64$/],
  ])('is refused with %j', (more, says) => {
    expect(parse(more)).toThrow(says);
  });

  it('that is no JSON in UTF-8 says where and why', () => {
    expect(() => parseCase('{\n"name": "a",\n}', 'a')).toThrow('line 3, column 1: a comma too many before }');
    expect(() => parseCase('', 'a')).toThrow('is empty');
    expect(() => parseCase('{"name":1,"name":2}', 'a')).toThrow('the name "name" is there twice');
    expect(() => parseCase(Buffer.from('\ufeff{}', 'utf16le'), 'a')).toThrow('is UTF-16; save it as UTF-8');
    expect(() => parseCase(Buffer.from('{}', 'utf16le'), 'a')).toThrow('is UTF-16; save it as UTF-8');
    expect(() => parseCase(Buffer.from([0x7b, 0x0a, 0xb0, 0xa1]), 'a')).toThrow(
      'is not UTF-8, as line 2 shows',
    );
  });
});
