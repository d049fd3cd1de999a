import { describe, expect, it } from 'vitest';
import { FAILURES } from '../page/failure.ts';
import type { CertificationResult } from './index.ts';
import { baseOf, clean, findTier, isReturnable, returnAddress, toResult } from './values.ts';

const FAILED = toResult(
  { error_reason: 'EXPIRED', error_msg: FAILURES.EXPIRED },
  { merchantUid: 'a b&c' },
  FAILURES,
);
const DONE = toResult({ success: true }, { merchantUid: 'm', impUid: 'imp_012345678901' }, FAILURES);

describe('clean', () => {
  it.each([
    null,
    undefined,
    '',
    ' \t\n',
    'null',
    ' undefined ',
    {},
    [],
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Symbol('x'),
    () => 1,
  ])('takes %o for absent', (value) => {
    expect(clean(value)).toBeUndefined();
  });

  it.each([
    [0, '0'],
    [1012345678, '1012345678'],
    [true, 'true'],
    [false, 'false'],
    [' a ', 'a'],
    ['NULL', 'NULL'],
  ])('takes %o for the text %s', (value, text) => {
    expect(clean(value)).toBe(text);
  });
});

describe('findTier', () => {
  it.each([
    ['AAA', 'AAA'],
    ['A0B', 'A0B'],
    ['Optional("AAA")', 'AAA'],
    [123, '123'],
    ['aaa', undefined],
    ['AAAA', undefined],
    ['Optional(nil)', undefined],
    [null, undefined],
  ])('%o: %s', (value, tier) => {
    expect(findTier(value)).toBe(tier);
  });
});

describe('baseOf', () => {
  it.each([
    ['https://id.example/v1/iamport.js', 'https://id.example'],
    ['https://id.example:8443/a/b/v1/iamport.esm.js?x=1#y', 'https://id.example:8443/a/b'],
    ['http://localhost:8282/js/iamport.payment-1.1.8-custom.js', 'http://localhost:8282'],
    ['https://id.example/v1/iamport.js.map', undefined],
    ['https://id.example/app.js?from=/v1/iamport.js', undefined],
    ['blob:https://id.example/v1/iamport.js', undefined],
    ['', undefined],
  ])('%s: %s', (address, base) => {
    expect(baseOf(address)).toBe(base);
  });
});

describe('returnAddress', () => {
  const ours = 'imp_uid=imp_012345678901&merchant_uid=m&success=true&imp_success=true';

  it.each([
    ['https://shop.example/done', `https://shop.example/done?${ours}`],
    ['https://shop.example/done?', `https://shop.example/done?${ours}`],
    ['https://shop.example/?a=1&b=#/x?y#z', `https://shop.example/?a=1&b=&${ours}#/x?y#z`],
    ['https://shop.example/?a=1?2&imp%5Fuid=9&success&error_code=E', `https://shop.example/?a=1?2&${ours}`],
    ['http://detectchangingwebview/iamport/rn', `http://detectchangingwebview/iamport/rn?${ours}`],
    ['my-app://Done', `my-app://Done?${ours}`],
  ])('%s', (address, returned) => {
    expect(returnAddress(address, DONE)).toBe(returned);
  });

  it('encodes a failure so that it survives two decodings', () => {
    const address = returnAddress('https://shop.example/done', FAILED);
    expect(address).toMatch(/^[!-~]*$/);
    expect(address).toContain('merchant_uid=a%20b%26c&success=false&imp_success=false&error_code=EXPIRED');
    const text = new URL(address).searchParams.get('error_msg') ?? '';
    expect([text, decodeURIComponent(text)]).toEqual([FAILURES.EXPIRED, FAILURES.EXPIRED]);
  });

  it('leaves out what is no Unicode, and encodes quotes', () => {
    const result: CertificationResult = { ...DONE, merchant_uid: '\ud800' } as CertificationResult;
    expect(returnAddress('https://shop.example/', result)).not.toContain('merchant_uid');
    expect(
      returnAddress('https://shop.example/', { ...DONE, merchant_uid: "'" } as CertificationResult),
    ).toContain('%27');
  });
});

describe('isReturnable', () => {
  it.each([
    ['https://shop.example/', true],
    ['http://detectchangingwebview/iamport/rn', true],
    ['myapp://done', true],
    ['JavaScript:alert(1)', false],
    ['java\nscript:alert(1)', false],
    ['\u0001javascript:alert(1)', false],
    ['data:text/html,x', false],
    ['about:blank', false],
    ['file:///etc/passwd', false],
    ['blob:https://shop.example/x', false],
    ['/done', false],
    ['//shop.example/', false],
  ])('%j: %s', (address, expected) => {
    expect(isReturnable(address)).toBe(expected);
  });
});

describe('toResult', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'UNKNOWN'])(
    'has a text of its own for the reason %s',
    (reason) => {
      const result = toResult({ error_reason: reason }, { merchantUid: 'm' }, FAILURES);
      expect(result).toMatchObject({ error_reason: reason, error_msg: FAILURES.SYSTEM_ERROR });
    },
  );

  it('is a failure when a success has no number', () => {
    expect(toResult({ success: true }, { merchantUid: 'm' }, FAILURES)).toMatchObject({
      error_reason: 'SYSTEM_ERROR',
    });
  });

  it('is a failure when the success is a text', () => {
    expect(toResult({ success: 'true' }, { merchantUid: 'm', impUid: 'i' }, FAILURES).success).toBe(false);
  });
});
