import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonFault, parseJson } from './json-text.ts';

function faultOf(text: string): string {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonFault) return error.message;
    throw error;
  }
  return 'none';
}

describe('JSON that people write', () => {
  it.each([
    ['', 'is empty'],
    [' \r\n\t', 'is empty'],
    ['{\n  "a": 1,\n}', 'line 3, column 1: a comma too many before }; the comma stands in line 2'],
    ['[1,]', 'line 1, column 4: a comma too many before ]'],
    ['[1,,2]', 'line 1, column 4: a value is missing before ,'],
    ['{,}', 'line 1, column 2: a comma too many'],
    ['{"a":1\n "b":2}', 'line 2, column 2: a comma or } is missing'],
    ['{\r\n"a" 1}', 'line 2, column 5: a colon is missing after the name'],
    ['{a: 1}', 'line 1, column 2: a name must stand in double quotes'],
    ["{'a': 1}", 'line 1, column 2: single quotes; JSON has double ones'],
    ['{“a”: 1}', 'line 1, column 2: curly quotes; JSON has straight double ones'],
    ['{"a": 1} // why', 'line 1, column 10: something stands behind the end'],
    ['{ // why\n}', 'line 1, column 3: a comment; JSON has none'],
    ['{"a":\n[1', 'line 2, column 3: the end comes too early: the [ of line 2 is not closed'],
    ['{"a"', 'line 1, column 5: the end comes too early: the { of line 1 is not closed'],
    ['{"a": [1}', 'line 1, column 9: } stands where ] is due'],
    ['{"a": "secret\n"}', 'line 1, column 7: a text does not end in its line; a double quote is missing'],
    ['["a\tb"]', 'line 1, column 4: a control character in a text; write it as \\t or \\u0000'],
    ['["C:\\dir"]', 'line 1, column 5: a backslash that begins no escape; write it as \\\\'],
    ['[01]', 'line 1, column 2: not a number as JSON writes it'],
    ['[+1]', 'line 1, column 2: not a number as JSON writes it'],
    [
      '[True]',
      'line 1, column 2: a word that is not true, false or null; a text must stand in double quotes',
    ],
    ['{"a":1,\n"b":2,"a":3}', 'line 2, column 7: the name "a" is there twice, first in line 1'],
    ['{"\\u0061":1,"a":3}', 'line 1, column 13: the name "a" is there twice, first in line 1'],
    ['{"홍길동":1,"홍길동":3}', 'line 1, column 10: a name is there twice, first in line 1'],
    [
      '{"__proto__":1,"__proto__":3}',
      'line 1, column 16: the name "__proto__" is there twice, first in line 1',
    ],
  ])('%j: %s', (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it('is what the engine takes, and nothing else', () => {
    const text = fc.oneof(
      fc.json(),
      fc
        .array(fc.constantFrom(...'{}[]:,"\\ \n01-.eE+tfaux', 'true', 'null', '"a"', '"b":'))
        .map((parts) => parts.join('')),
      fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, more]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + more + json.slice(place + 1);
      }),
    );
    fc.assert(
      fc.property(text, (json) => {
        let value: unknown;
        try {
          value = JSON.parse(json);
        } catch {
          expect(faultOf(json)).not.toBe('none');
          return;
        }
        const fault = faultOf(json);
        if (fault === 'none') expect(parseJson(json)).toEqual(value);
        else expect(fault).toMatch(/ is there twice, first in line \d+$/);
      }),
      { numRuns: 3000 },
    );
  });

  it('may be as deep as it likes', () => {
    const depth = 20_000;
    expect(faultOf('['.repeat(depth) + ']'.repeat(depth))).toBe('none');
    expect(faultOf('['.repeat(depth))).toMatch(/^line 1, column 20001: the end comes too early/);
  });
});
