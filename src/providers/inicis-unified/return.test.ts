import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toAppError } from '../../errors.ts';
import { toLogText } from '../agency-text.ts';
import { findContradiction, readResultUrl, readReturn } from './return.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/contract/vectors/${name}.json`, import.meta.url), 'utf8'));
const urls: { readonly accept: readonly string[]; readonly reject: readonly string[] } = read('inicis-url');
const messages: readonly { readonly raw_body: string; readonly resultMsg: string }[] =
  read('inicis-step4').step2_resultMsg;

const HOSTS = ['https://kssa.inicis.com', 'https://fcsa.inicis.com'];
const RIGHT = {
  resultCode: '0000',
  resultMsg: '%EC%84%B1%EA%B3%B5',
  authRequestUrl: 'https://KSSA.inicis.com/getResultData',
  txId: 'INISA_INIiasTest202503141021551234567890',
  token: 'ABEiM0RVZneImaq7zN3u/w==',
};

function outcome(more: Readonly<Record<string, string | undefined>>) {
  const fields = Object.entries({ ...RIGHT, ...more }).filter(
    (each): each is [string, string] => each[1] !== undefined,
  );
  try {
    return { code: null, ...readReturn(fields, HOSTS) };
  } catch (thrown) {
    const { code, providerCode, detail } = toAppError(thrown);
    return { code, providerCode, detail };
  }
}

describe('a return from the window of Inicis', () => {
  it('tells where the result is, the transaction and the key', () => {
    expect(outcome({})).toEqual({
      code: null,
      resultUrl: 'https://kssa.inicis.com/getResultData',
      txId: RIGHT.txId,
      key: Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
    });
  });

  it.each(urls.accept)('may name %s', (url) => {
    expect(readResultUrl(url, HOSTS)).toBe(new URL(url).href);
  });

  it.each(urls.reject)('may not name %j', (url) => {
    expect(readResultUrl(url, HOSTS)).toBeNull();
    expect(outcome({ authRequestUrl: url })).toMatchObject({ code: 'binding_mismatch' });
  });

  it('may name an address of 200 characters and no longer', () => {
    const longest = `https://kssa.inicis.com/${'a'.repeat(176)}`;
    expect([readResultUrl(longest, HOSTS), readResultUrl(`${longest}a`, HOSTS)]).toEqual([longest, null]);
  });

  it.each(['9001', '0', '', ' 0000', '0000 ', '00000', 'x'.repeat(17), '코드', 'a b', undefined])(
    'ends with code %j',
    (resultCode) => {
      const { code, providerCode } = outcome({ resultCode }) as { code: string; providerCode: string | null };
      expect(code).toBe('provider_refused');
      expect(providerCode).toBe(/^[\w-]{1,16}$/.test(resultCode ?? '') ? resultCode : null);
    },
  );

  it('looks at nothing else when the window did not end well', () => {
    const other = { resultCode: '9001', authRequestUrl: 'https://evil.example/', txId: '', token: '' };
    expect(outcome(other)).toMatchObject({ code: 'provider_refused', providerCode: '9001' });
  });

  it.each(['', 'x'.repeat(41), 'INISA 1', 'INISA_1\n', 'INISA/../1', '한글', undefined])(
    'needs a transaction, and not %j',
    (txId) => expect(outcome({ txId })).toMatchObject({ code: 'binding_mismatch' }),
  );

  it.each([
    '',
    'ABEiM0RVZnc=',
    'ABEiM0RVZneImaq7zN3u',
    'ABEiM0RVZneImaq7zN3u/w',
    'ABEiM0RVZneImaq7zN3u_w==',
    'ABEiM0RVZneImaq7zN3u/w==ABEi',
    'ABEiM0RVZneImaq7zN3u/w==\n\n\n\n',
    ' BEiM0RVZneImaq7zN3u/w==',
    undefined,
  ])('needs a key of 16 bytes, and not %j', (token) => {
    const { code, detail } = outcome({ token }) as { code: string; detail: string };
    expect(code).toBe('binding_mismatch');
    expect(detail).not.toContain('ABEi');
  });

  it('is refused before it is kept when a field is there twice, or when it comes to the address for giving up', () => {
    const fields = Object.entries(RIGHT);
    expect(findContradiction({ isCancel: false, fields })).toBeNull();
    expect(findContradiction({ isCancel: true, fields })).not.toBeNull();
    for (const name of ['resultCode', 'txId', 'token', 'authRequestUrl', 'another'])
      expect(
        findContradiction({ isCancel: false, fields: [...fields, [name, 'x'], [name, 'x']] }),
        name,
      ).not.toBeNull();
  });

  it.each(messages)('has the message $resultMsg', ({ raw_body, resultMsg }) => {
    expect(toLogText(new URLSearchParams(raw_body).get('resultMsg') ?? '')).toBe(resultMsg);
    const bytes = Buffer.from(new URLSearchParams(raw_body).get('resultMsg') ?? '').toString('latin1');
    expect(outcome({ resultCode: '9001', resultMsg: bytes })).toMatchObject({
      detail: `inicis-unified return: code 9001, message "${resultMsg}"`,
    });
  });

  it('has a message in which no long number is logged', () => {
    const { detail } = outcome({ resultCode: '9001', resultMsg: 'call 01000000000 now' }) as {
      detail: string;
    };
    expect(detail).not.toMatch(/\d{6}/);
  });
});
