import { describe, expect, it } from 'vitest';
import type { Settings } from '../../core/provider.ts';
import type { AppError } from '../../errors.ts';
import { parseSettings, readSettings } from './settings.ts';

const CHANNEL = {
  provider: 'danal',
  providerMerchantId: 'A000000000',
  carrierApproval: false,
  foreignerAddOn: true,
} as const;
const LEAST: Settings = { cpid: 'A000000000', cppwd: 'p+w/d=&%', cp_title: '가상 상점' };
const ALL: Settings = {
  ...LEAST,
  environment: 'production',
  carrier_approval: false,
  foreigner_addon: true,
  carrier_fields: ['TELCO'],
  foreigner_field: { name: 'FGN', true: 'Y', false: 'N' },
  sex_by_parity: true,
  answer_charset: 'EUC-KR',
  percent_decode_answers: true,
  bg_color: '10',
  logo_url: 'https://shop.example/logo.png',
  mobile_window: true,
  send_user_id: true,
};

function sentenceOf(value: unknown): string {
  try {
    parseSettings(value, CHANNEL);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'input_refused' });
    return (thrown as AppError).explanation ?? '';
  }
  return '';
}

describe('settings of a channel', () => {
  it('are kept as they were given', () => {
    for (const given of [LEAST, ALL]) expect(parseSettings(given, CHANNEL)).toEqual(given);
  });

  it('have defaults', () => {
    expect(readSettings(LEAST, CHANNEL)).toEqual({
      ...LEAST,
      carrier_fields: ['CARRIER', 'TELECOM'],
      foreigner_field: null,
      sex_by_parity: false,
      answer_charset: 'UTF-8',
      percent_decode_answers: false,
      bg_color: '00',
      logo_url: null,
      mobile_window: false,
      send_user_id: false,
    });
    expect(readSettings(ALL, CHANNEL)).toEqual(ALL);
  });

  it.each(['cpid', 'cppwd', 'cp_title'])('need %s', (name) => {
    const { [name]: _, ...others } = LEAST;
    expect(sentenceOf(others)).toMatch(new RegExp(`^settings\\.${name} must .+ \\(it is missing\\)$`));
  });

  it.each([
    ['cpid', ['', 'x'.repeat(33), '가', 'a\n', 5, null, undefined, 'A000000001']],
    ['cppwd', ['', 'x'.repeat(33), 'pass\u00e9', 5, null]],
    ['cp_title', ['', '가'.repeat(51), 'a\u0000b', 'a\u2028b', '\ud800', 5]],
    ['environment', ['test', '', 5]],
    ['carrier_approval', [true, 'true', null]],
    ['foreigner_addon', [false, 1, null]],
    ['carrier_fields', ['CARRIER', [], [''], ['A B'], ['NAME'], ['ci'], Array(9).fill('CARRIER'), [5]]],
    [
      'foreigner_field',
      [
        null,
        'FGN',
        { name: 'FGN', true: 'Y' },
        { name: 'FGN', true: 'Y', false: 'Y' },
        { name: 'SEX', true: 'Y', false: 'N' },
        { name: 'FGN', true: '', false: 'N' },
        { name: 'FGN', true: true, false: false },
        { name: 'FGN', true: 'Y', false: 'N', other: 'x' },
      ],
    ],
    ['sex_by_parity', ['x', null]],
    ['answer_charset', ['utf-8', 'CP949', null]],
    ['percent_decode_answers', [0]],
    ['bg_color', ['11', '0', '001', 0]],
    [
      'logo_url',
      [
        'http://shop.example/logo.png',
        'https://',
        'https://a b/',
        'https://user:pass@shop.example/',
        `https://shop.example/${'x'.repeat(255)}`,
        null,
      ],
    ],
    ['mobile_window', ['N']],
    ['send_user_id', ['N']],
  ] as const)('refuse a wrong %s, and do not quote it', (name, values) => {
    for (const value of values) {
      const sentence = sentenceOf({ ...LEAST, [name]: value });
      expect(sentence).toMatch(new RegExp(`^settings\\.${name} must `));
      if (typeof value === 'string' && value.length > 8) expect(sentence).not.toContain(value);
    }
  });

  it('refuse what they do not know, without quoting what may be a secret', () => {
    expect(sentenceOf({ ...LEAST, cppdw: 'x' })).toMatch(
      /^settings\.cppdw is not known here \(known: cpid, /,
    );
    expect(sentenceOf({ ...LEAST, 's3cret-1': 'x' })).toMatch(
      /^settings\.\(a name that is not shown\) is not/,
    );
    expect(sentenceOf(JSON.parse('{"__proto__":1}'))).toMatch(/^settings\.__proto__ is not known/);
    for (const value of [null, [], 'x', 5]) expect(sentenceOf(value)).toBe('settings must be an object');
  });

  it('that do not fit the channel any more are a matter of the operator', () => {
    for (const [settings, channel] of [
      [LEAST, { ...CHANNEL, providerMerchantId: 'A000000001' }],
      [ALL, { ...CHANNEL, carrierApproval: true }],
      [ALL, { ...CHANNEL, foreignerAddOn: false }],
      [{}, CHANNEL],
    ] as const)
      expect(() => readSettings(settings, channel)).toThrow(
        expect.objectContaining({ code: 'provider_misconfigured' }) as AppError,
      );
  });
});
