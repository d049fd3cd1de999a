import { describe, expect, it } from 'vitest';
import { createAddressReader, isAddressBlock } from './client-address.ts';

const PROXIES = ['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48', '::1'];
const read = createAddressReader(PROXIES);
const behind = (forwarded: string, header = 'x-forwarded-for') => read('10.0.0.1', { [header]: forwarded });

describe('the address of a client', () => {
  it('is that of the connection, in one spelling', () => {
    const plain = createAddressReader([]);
    expect(plain('203.0.113.5', {})).toBe('203.0.113.5');
    expect(plain('::ffff:203.0.113.5', {})).toBe('203.0.113.5');
    expect(plain('::FFFF:203.0.113.5', {})).toBe('203.0.113.5');
    expect(plain('2001:DB8::1', {})).toBe('2001:db8::1');
    expect(plain('fe80::1%eth0', {})).toBe('fe80::1');
    for (const unknown of [undefined, '', 'no address']) expect(plain(unknown, {})).toBe('');
  });

  it.each(['203.0.113.5', '192.0.2.8', '11.0.0.1', '2001:db8:fffe::1', '::2'])(
    'is not what %s, which is no trusted proxy, says',
    (peer) => {
      for (const headers of [
        { 'x-forwarded-for': '198.51.100.1' },
        { forwarded: 'for=198.51.100.1' },
        { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1' },
      ]) {
        expect(read(peer, headers)).toBe(peer);
        expect(createAddressReader([])('10.0.0.1', headers)).toBe('10.0.0.1');
      }
      expect(read(undefined, { 'x-forwarded-for': '198.51.100.1' })).toBe('');
    },
  );

  it.each(['10.255.0.1', '::ffff:10.0.0.1', '192.0.2.7', '2001:DB8:FFFF::99', '::1'])(
    'is what the trusted proxy %s says',
    (peer) => {
      expect(read(peer, { 'x-forwarded-for': '198.51.100.1' })).toBe('198.51.100.1');
      expect(read(peer, { forwarded: 'for=198.51.100.1;proto=https' })).toBe('198.51.100.1');
      expect(read(peer, {})).toBe(createAddressReader([])(peer, {}));
    },
  );

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['1.1.1.1,198.51.100.1 , 10.1.2.3,192.0.2.7', '198.51.100.1'],
    ['10.9.9.9, 10.1.2.3', '10.9.9.9'],
    ['198.51.100.1:4711', '198.51.100.1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['1.1.1.1, ::ffff:10.0.0.2', '1.1.1.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['"[2001:db8::1]:4711"', '2001:db8::1'],
    ['"198.51.100.1"', '198.51.100.1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('stands in X-Forwarded-For: %s, the last one that is no proxy', (header, address) => {
    expect(behind(header)).toBe(address);
  });

  it.each([
    ['for=198.51.100.1', '198.51.100.1'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['for=1.1.1.1, for=198.51.100.1;proto=http;by=203.0.113.43', '198.51.100.1'],
    ['proto=http ; FOR = "198.51.100.1:47" , for=10.0.0.3', '198.51.100.1'],
    ['for=1.1.1.1, for="[2001:db8:ffff::2]"', '1.1.1.1'],
  ])('stands in Forwarded: %s', (header, address) => {
    expect(behind(header, 'forwarded')).toBe(address);
  });

  it.each([
    ...[
      '',
      ' ',
      'unknown',
      '_hidden',
      '1.1.1',
      '1.1.1.1.1',
      '999.1.1.1',
      '1.1.1.1:',
      '1.1.1.1:x',
      '1.1.1.1:123456',
    ],
    ...[
      '[::2',
      '::2]',
      '[::2]x',
      '[1.1.1.1]',
      '"1.1.1.1',
      '1.1.1.1"',
      'http://1.1.1.1',
      '1.1.1.1/32',
      '010.1.1.1',
    ],
    ...['1.1.1.1\u00a0', '__proto__', `1.1.1.1${'x'.repeat(5000)}`],
  ])('is the last good hop where an entry says %j', (entry) => {
    expect(behind(entry)).toBe('10.0.0.1');
    expect(behind(`1.1.1.1, ${entry}, 10.2.2.2`)).toBe('10.2.2.2');
    expect(behind(`${entry}, 198.51.100.1`)).toBe('198.51.100.1');
    expect(behind(`for=${entry}`, 'forwarded')).toBe('10.0.0.1');
  });

  it.each([
    'proto=https',
    'for',
    'for=1.1.1.1;for=1.1.1.1',
    'by=1.1.1.1',
    'for=1.1.1.1;',
    'xfor=1.1.1.1',
    'for="1.1.1.1',
  ])('is the last good hop where Forwarded says %j', (entry) => {
    expect(behind(`for=1.1.1.1, ${entry}, for=10.2.2.2`, 'forwarded')).toBe('10.2.2.2');
    expect(behind(`${entry}, for=198.51.100.1`, 'forwarded')).toBe('198.51.100.1');
  });

  it('is that of X-Forwarded-For when both headers stand there', () => {
    const headers = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=1.1.1.1' };
    expect(read('10.0.0.1', headers)).toBe('198.51.100.1');
    expect(read('10.0.0.1', { ...headers, 'x-forwarded-for': 'nonsense' })).toBe('10.0.0.1');
  });

  it('is found among very many entries', () => {
    expect(behind(`198.51.100.1${', 10.0.0.1'.repeat(2000)}`)).toBe('198.51.100.1');
  });
});

describe('a trusted proxy', () => {
  it.each(['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '2001:DB8::1/128', '::ffff:10.0.0.1'])(
    'may be %s',
    (text) => {
      expect(isAddressBlock(text)).toBe(true);
    },
  );

  it.each([
    ...[
      '',
      ' ',
      'localhost',
      '10.0.0',
      '10.0.0.0/',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0.0/a',
    ],
    ...['::/129', 'fe80::1%eth0', '[::1]', '*', '10.0.0.0/ 8', '::ffff:10.0.0.0/95'],
  ])('may not be %j', (text) => {
    expect(isAddressBlock(text)).toBe(false);
  });

  it('may be written as an IPv4 address in IPv6', () => {
    const mapped = createAddressReader(['::ffff:10.0.0.0/104', '::ffff:192.0.2.7']);
    for (const peer of ['10.3.0.1', '::ffff:10.3.0.1', '192.0.2.7'])
      expect(mapped(peer, { 'x-forwarded-for': '1.1.1.1' })).toBe('1.1.1.1');
    expect(mapped('11.0.0.1', { 'x-forwarded-for': '1.1.1.1' })).toBe('11.0.0.1');
  });
});
