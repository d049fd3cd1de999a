import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PageAnswer } from '../http/answers.ts';
import { answerFile, createFile, once } from './static-file.ts';

const TEXT = '본인인증\n'.repeat(50);
const PLAIN = createFile('text/plain', TEXT, { headers: ['Cache-Control', 'no-cache'] });
const ZIPPED = createFile('text/plain', TEXT, { headers: [], gzip: true });
const HASH = PLAIN.hash;

/** Headers of an answer as an object; a name that stands there twice fails. */
function headersOf({ headers }: PageAnswer): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) {
    expect(found).not.toHaveProperty(headers[at] ?? '');
    found[headers[at] ?? ''] = headers[at + 1] ?? '';
  }
  return found;
}

describe('a file', () => {
  it('is sent with its type, its own headers and a tag that changes with its bytes', () => {
    const answer = answerFile({ headers: {} }, PLAIN);
    expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([200, TEXT]);
    expect(headersOf(answer)).toEqual({
      'Content-Type': 'text/plain',
      'Cache-Control': 'no-cache',
      ETag: `"${HASH}"`,
    });
    expect(HASH).toMatch(/^[\w-]{22}$/);
    expect(createFile('text/plain', Buffer.from(TEXT), { headers: [] }).hash).toBe(HASH);
    expect(createFile('text/plain', `${TEXT} `, { headers: [] }).hash).not.toBe(HASH);
  });

  it.each([
    ['gzip', true],
    ['br;q=1.0, GZIP;q=0.8', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip;q=0.0', false],
    ['xgzip', false],
    ['identity', false],
    ['', false],
  ])('with gzip is zipped for Accept-Encoding %j: %s', (accepted, zips) => {
    const answer = answerFile({ headers: { 'accept-encoding': accepted } }, ZIPPED);
    expect(headersOf(answer)).toEqual({
      'Content-Type': 'text/plain',
      Vary: 'Accept-Encoding',
      ETag: zips ? `"${HASH}-gzip"` : `"${HASH}"`,
      ...(zips && { 'Content-Encoding': 'gzip' }),
    });
    expect((zips ? gunzipSync(answer.body) : Buffer.from(answer.body)).toString()).toBe(TEXT);
  });

  it('without gzip is never zipped', () => {
    const answer = answerFile({ headers: { 'accept-encoding': 'gzip' } }, PLAIN);
    expect(headersOf(answer)).not.toHaveProperty('Content-Encoding');
    expect(Buffer.from(answer.body).toString()).toBe(TEXT);
  });

  it.each([
    [`"${HASH}"`, 304, 304],
    [`W/"${HASH}"`, 304, 304],
    [`"other", "${HASH}"`, 304, 304],
    ['*', 304, 304],
    [`"${HASH}-gzip"`, 200, 304],
    ['"other"', 200, 200],
    [HASH, 200, 200],
  ])('is answered to If-None-Match %s with %i, with gzip %i', (known, plain, zipped) => {
    const headers = { 'if-none-match': known };
    expect(answerFile({ headers }, PLAIN).status).toBe(plain);
    const answer = answerFile({ headers }, ZIPPED);
    expect(answer.status).toBe(zipped);
    expect(answer.body.byteLength === 0).toBe(zipped === 304);
    expect(headersOf(answer)['ETag']).toBe(`"${HASH}"`);
  });
});

describe('once', () => {
  it('computes at the first call only, and again after an error', () => {
    let calls = 0;
    const value = once(() => {
      calls++;
      if (calls === 1) throw new Error('not yet');
      return calls;
    });
    expect(value).toThrow('not yet');
    expect([value(), value(), calls]).toEqual([2, 2, 2]);
  });
});
