import { describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.ts';

describe('variables of the environment', () => {
  it.each([
    ['.data\r', '.data'],
    [' .data \t', '.data'],
    ['\ufeff.data\r\n', '.data'],
    ['a b', 'a b'],
    ['', undefined],
    [' \r', undefined],
  ])('are read without what stands around them: %j', (text, value) => {
    const { environment, problems } = readEnvironment({ BONIN_DATA: text });
    expect(environment['BONIN_DATA']).toBe(value);
    expect(problems).toEqual([]);
  });

  it.each([
    '".data"',
    "'.data'",
    '"/srv/bonin" # where it lies',
    '\u201c.data\u201d',
    '".data"\r',
    '`.data`',
    '"',
  ])('are refused with quotation marks around them: %s', (text) => {
    const { problems } = readEnvironment({ BONIN_DATA: text, BONIN_IMP_SECRET: "'Geheim-1'" });
    expect(problems).toEqual([
      'BONIN_DATA stands in quotation marks, which would be part of it: leave them out',
      'BONIN_IMP_SECRET stands in quotation marks, which would be part of it: leave them out',
    ]);
  });

  it('are refused with a line end within', () => {
    expect(readEnvironment({ BONIN_DATA: 'a\nb' }).problems).toEqual([
      'BONIN_DATA holds a control character',
    ]);
  });

  it('that no command reads are warned of, with the nearest one', () => {
    const { problems, warnings } = readEnvironment({
      BONIN_PROT: '1',
      bonin_data: 'x',
      BONIN_DATABSE_URL: '"x"',
      BONINESS: 'x',
      BONIN_IMP_KEY: 'x',
    });
    expect(warnings).toEqual([
      'there is no setting BONIN_PROT; did you mean BONIN_PORT?',
      'there is no setting bonin_data; did you mean BONIN_DATA?',
      'there is no setting BONIN_DATABSE_URL; did you mean BONIN_DATABASE_URL?',
    ]);
    expect(problems).toEqual([]);
  });

  it('that Kubernetes sets for a service called bonin are told from ours', () => {
    const { problems, warnings } = readEnvironment({
      BONIN_PORT: 'tcp://10.0.0.1:8282',
      BONIN_SERVICE_HOST: '10.0.0.1',
      BONIN_PORT_8282_TCP_ADDR: '10.0.0.1',
    });
    expect(warnings).toEqual([]);
    expect(problems).toEqual([
      expect.stringMatching(/^BONIN_PORT is what Kubernetes sets .*enableServiceLinks: false/),
    ]);
  });

  it('of others are left as they are', () => {
    expect(readEnvironment({ PATH: ' "x" ' }).environment).toEqual({ PATH: ' "x" ' });
  });
});
