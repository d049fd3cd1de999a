import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMultipart } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=b';

function fields(body: string | Buffer, type = TYPE): [string, string][] | null {
  const parsed = parseMultipart(type, Buffer.from(body as string));
  return parsed?.map(({ name, value }) => [name.toString(), value.toString()]) ?? null;
}

/** A part with this head and value, then the end. */
const part = (head: string, value = 'v') => `--b\r\n${head}\r\n\r\n${value}\r\n--b--\r\n`;

describe('a body of parts', () => {
  it.each([
    ['a name in quotes', part('Content-Disposition: form-data; name="a"')],
    ['a bare name', part('content-disposition: FORM-DATA;name=a')],
    ['a line that goes on', part('Content-Disposition: form-data;\r\n name="a"')],
    ['other headers', part('X-A: 1\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain')],
    ['a preamble and an epilogue', `before\r\n${part('Content-Disposition: form-data; name="a"')}after`],
    [
      'blanks behind the boundary',
      part('Content-Disposition: form-data; name="a"').replace('--b\r', '--b \t\r'),
    ],
    ['no line break at the end', part('Content-Disposition: form-data; name="a"').slice(0, -2)],
  ])('is read with %s', (_what, body) => {
    expect(fields(body)).toEqual([['a', 'v']]);
  });

  it('keeps values as they are: line breaks, what looks like a boundary, nothing', () => {
    const value = 'x\r\n--bc\r\n--\r\n\r\n한글 ';
    expect(fields(part('Content-Disposition: form-data; name="이름"', value))).toEqual([['이름', value]]);
    expect(fields(part('Content-Disposition: form-data; name="a"', ''))).toEqual([['a', '']]);
  });

  it('leaves files out, and reads what stands behind them', () => {
    const file = 'Content-Disposition: form-data; name="imp_key"; filename="C:\\dir\\"';
    const other = "Content-Disposition: form-data; name=f; filename*=UTF-8''x";
    const body = `--b\r\n${file}\r\n\r\nx\r\n--b\r\n${other}\r\n\r\ny\r\n${part('Content-Disposition: form-data; name="a"')}`;
    expect(fields(body)).toEqual([['a', 'v']]);
  });

  it.each([
    ['is empty', ''],
    ['has no end', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nv'],
    ['ends within its last boundary', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--b-'],
    ['has another boundary', part('Content-Disposition: form-data; name="a"').replaceAll('--b', '--c')],
    ['has only an end', '--b--\r\n'],
    ['has a part without a name', part('Content-Disposition: form-data')],
    ['has a part that is no field', part('Content-Disposition: attachment; name="a"')],
    ['has a part without a head', '--b\r\n\r\nv\r\n--b--\r\n'],
    [
      'has a part in another encoding',
      part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64'),
    ],
    ['has bare line feeds', part('Content-Disposition: form-data; name="a"').replaceAll('\r\n', '\n')],
  ])('is refused when it %s', (_what, body) => {
    expect(fields(body)).toBeNull();
  });

  it('is refused without a boundary that can be one', () => {
    const body = part('Content-Disposition: form-data; name="a"');
    for (const type of [
      'multipart/form-data',
      `${TYPE}x`,
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=""',
    ])
      expect(fields(body, type), type).toBeNull();
    expect(
      fields(
        body.replaceAll('--b', `--${'b'.repeat(71)}`),
        `multipart/form-data; boundary=${'b'.repeat(71)}`,
      ),
    ).toBeNull();
  });

  it('comes back as it went in, with any boundary', () => {
    const text = fc.string({ unit: 'grapheme' });
    const boundary = fc.stringMatching(/^[0-9A-Za-z'()+_,./:=?-]{1,70}$/);
    fc.assert(
      fc.property(boundary, fc.array(text), (mark, values) => {
        fc.pre(values.every((value) => !value.includes(`--${mark}`)));
        const parts = values.map(
          (value, at) => `--${mark}\r\nContent-Disposition: form-data; name="f${at}"\r\n\r\n${value}\r\n`,
        );
        const body = `${parts.join('') || `--${mark}\r\nContent-Disposition: form-data; name=""; filename=""\r\n\r\n\r\n`}--${mark}--\r\n`;
        expect(fields(body, `multipart/form-data; charset=utf-8; boundary="${mark}"`)).toEqual(
          values.map((value, at) => [`f${at}`, value]),
        );
      }),
    );
  });
});
