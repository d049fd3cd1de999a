import { describe, expect, it } from 'vitest';
import { NO_PAGE_RULES, type PageRules } from './merchant.ts';
import { isReturnAddress, mayStart } from './page-rules.ts';

const RULES: PageRules = {
  returnHosts: [
    'shop.example',
    'shop.example:8443',
    '*.below.example',
    'localhost:3000',
    '127.0.0.1',
    '[::1]',
    'a.localhost',
  ],
  returnSchemes: ['shopapp'],
  origins: ['https://shop.example'],
  nullOrigin: false,
};
const WRAPPER = 'http://detectchangingwebview/iamport/ios';

describe('a page may start', () => {
  it.each<[string | null, Partial<PageRules> | null, boolean]>([
    ['https://shop.example', {}, true],
    ['https://evil.example', {}, false],
    ['https://shop.example.evil.example', {}, false],
    ['http://shop.example', {}, false],
    ['https://shop.example:8443', {}, false],
    ['https://evil.example', { origins: null }, true],
    ['https://shop.example', { origins: [] }, false],
    [null, {}, false],
    [null, { nullOrigin: true }, true],
    [null, { nullOrigin: false, origins: null }, false],
    [null, null, true],
    ['https://evil.example', null, true],
  ])('from %s under %j: %s', (origin, more, expected) => {
    expect(mayStart(origin, more && { ...RULES, ...more })).toBe(expected);
  });

  it('from anywhere where the merchant said nothing', () => {
    for (const origin of [null, 'https://any.example']) expect(mayStart(origin, NO_PAGE_RULES)).toBe(true);
  });
});

describe('a person may be sent', () => {
  it.each([
    'https://shop.example/',
    'https://shop.example',
    'https://SHOP.example/path?query#hash',
    'https://shop.example:443/',
    'https://shop.example:8443/',
    'https://www.below.example/',
    'https://a.b.below.example/',
    'http://localhost:3000/',
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://a.localhost/',
    'shopapp://result',
    WRAPPER,
    `${WRAPPER}?a=b`,
    `${WRAPPER}#a`,
    'http://detectchangingwebview/iamport/',
    'http://detectchangingwebview/iamport/rn/a.b-c_d',
  ])('to %s', (address) => {
    expect(isReturnAddress(address, RULES)).toBe(true);
  });

  it.each([
    '',
    'shop.example',
    '/path',
    '//shop.example/',
    'http://shop.example/',
    'https://shop.example:444/',
    'https://evil.example/',
    'https://shop.example.evil.example/',
    'https://evilshop.example/',
    'https://below.example/',
    'https://evilbelow.example/',
    'https://www.below.example:444/',
    'http://www.below.example/',
    'https://user@shop.example/',
    'https://:password@shop.example/',
    'https://shop.example\\@evil.example/',
    'https://shop.example/\nX',
    'https://shop.example/\tX',
    'https://shop.example/ X',
    'https://shop.example/\u0000',
    'https://shop.example/\u0085',
    'https://shop.example/\u3000',
    ' https://shop.example/',
    'otherapp://result',
    'shopappx://result',
    'http://detectchangingwebview/',
    'http://detectchangingwebview/iamport',
    'http://detectchangingwebview/iamport/a@evil.example',
    'http://detectchangingwebview/iamport/a%2f',
    'http://detectchangingwebview.evil.example/iamport/ios',
    'https://detectchangingwebview/iamport/ios',
    `x${WRAPPER}`,
  ])('never to %j', (address) => {
    expect(isReturnAddress(address, RULES)).toBe(false);
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'blob:x',
    'file:///etc/passwd',
    'about:blank',
    'vbscript:x',
  ])('never to %s, also when its scheme is in the rules or there are none', (address) => {
    const scheme = address.split(':')[0]?.toLowerCase() ?? '';
    expect(isReturnAddress(address, { ...RULES, returnSchemes: [scheme] })).toBe(false);
    expect(isReturnAddress(address, null)).toBe(false);
  });

  it('to an address of 2000 characters and not to a longer one', () => {
    const address = 'https://shop.example/'.padEnd(2000, 'x');
    expect(isReturnAddress(address, RULES)).toBe(true);
    expect(isReturnAddress(`${address}x`, RULES)).toBe(false);
    expect(isReturnAddress(`${WRAPPER}?`.padEnd(2001, 'x'), RULES)).toBe(false);
  });

  it('by plain http to this machine alone', () => {
    const hosts = [
      '127.1.2.3',
      'localhost.evil.example',
      'x.y.localhost',
      '128.0.0.1',
      '[::2]',
      'notlocalhost',
    ];
    const rules = { ...RULES, returnHosts: hosts };
    expect(hosts.filter((host) => isReturnAddress(`http://${host}/`, rules))).toEqual(['127.1.2.3']);
    expect(hosts.filter((host) => isReturnAddress(`https://${host}/`, rules))).toEqual(hosts);
  });

  it('to any web address, and to no app, where there are no rules, as in dev', () => {
    expect(isReturnAddress('http://any.example/', null)).toBe(true);
    expect(isReturnAddress('https://any.example/', null)).toBe(true);
    expect(isReturnAddress('shopapp://result', null)).toBe(false);
    expect(isReturnAddress('https://user@any.example/', null)).toBe(false);
    expect(isReturnAddress(WRAPPER, null)).toBe(true);
  });

  it('to a wrapper app alone where the merchant said nothing', () => {
    expect(isReturnAddress(WRAPPER, NO_PAGE_RULES)).toBe(true);
    for (const address of ['https://shop.example/', 'http://localhost/', 'shopapp://result'])
      expect(isReturnAddress(address, NO_PAGE_RULES)).toBe(false);
  });
});
