import { describe, expect, it } from 'vitest';
import { readVariable } from './variables.ts';

describe('a variable of the environment', () => {
  it.each([
    ['.data\r', '.data'],
    [' .data \t', '.data'],
    ['\ufeff.data\r\n', '.data'],
    ['a b', 'a b'],
    ['', undefined],
    [' \r', undefined],
    [undefined, undefined],
  ])('is read without what stands around it: %j', (given, text) => {
    expect(readVariable({ BONIN_DATA: given }, 'BONIN_DATA')).toEqual({ text });
  });

  it.each([
    '".data"',
    "'.data'",
    '"/srv/bonin" # where it lies',
    '\u201c.data\u201d',
    '".data"\r',
    '`.data`',
    '"',
  ])('is refused with quotation marks around it: %s', (given) => {
    const problem = 'BONIN_DATA has quotation marks, which would be part of the value: remove them';
    expect(readVariable({ BONIN_DATA: given }, 'BONIN_DATA')).toEqual({ problem });
  });

  it('is refused with a line end within', () => {
    expect(readVariable({ BONIN_DATA: 'a\nb' }, 'BONIN_DATA')).toEqual({
      problem: 'BONIN_DATA holds a control character',
    });
  });

  it('that Kubernetes sets for a service called bonin is told from ours', () => {
    expect(readVariable({ BONIN_PORT: 'tcp://10.0.0.1:8282' }, 'BONIN_PORT')).toEqual({
      problem: expect.stringMatching(/^BONIN_PORT is what Kubernetes sets .*enableServiceLinks: false/),
    });
  });
});
