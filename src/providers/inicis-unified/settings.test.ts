import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { parseInicisSettings } from './settings.ts';

const LEAST = {
  environment: 'test',
  mid: 'INIiasTest',
  api_key: 'TGdxb2l3enJDWFRTbTgvREU3MGYwUT09',
  iv: 'SASKGINICIS00000',
};

function refusal(value: unknown): string {
  try {
    parseInicisSettings(value);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    const { code, explanation } = thrown as AppError;
    expect(code).toBe('input_refused');
    return explanation ?? '';
  }
  return 'taken';
}

describe('the settings of a channel of Inicis', () => {
  it('have a default for everything but the contract data', () => {
    const whole = {
      ...LEAST,
      service: '03',
      entry: '/id/auth',
      return_di: false,
      ask_unverified_sex: false,
      agencies_without_ci: ['KAKAO'],
    };
    expect(parseInicisSettings(LEAST)).toEqual(whole);
    expect(parseInicisSettings(whole)).toEqual(whole);
    expect(parseInicisSettings({ ...LEAST, di_code: null })).toEqual(whole);
    expect(parseInicisSettings({ ...LEAST, service: '01' })).toMatchObject({ service: '01', entry: '/auth' });
  });

  it('keep what is given', () => {
    const all = {
      ...LEAST,
      environment: 'production',
      mid: 'SRBmine001',
      service: '03',
      entry: '/auth',
      direct_agency: 'SMS',
      di_code: 'SITE12345678',
      logo_url: 'https://shop.example/logo.png',
      return_di: true,
      ask_unverified_sex: true,
      agencies_without_ci: [],
    };
    expect(parseInicisSettings(all)).toEqual(all);
  });

  it.each<[member: string, value: unknown]>([
    ['environment', undefined],
    ['environment', 'live'],
    ['mid', undefined],
    ['mid', ''],
    ['mid', 'INIiasTest1'],
    ['mid', 'INI ias'],
    ['mid', '이니시스'],
    ['mid', 7],
    ['api_key', undefined],
    ['api_key', 'k'.repeat(65)],
    ['api_key', 'key\nkey'],
    ['iv', undefined],
    ['iv', 'SASKGINICIS0000'],
    ['iv', 'SASKGINICIS000000'],
    ['iv', 'SASKGINICIS0000가'],
    ['service', '02'],
    ['service', 3],
    ['entry', '/id/auth/'],
    ['entry', 'https://sa.inicis.com/auth'],
    ['direct_agency', 'PASS'],
    ['direct_agency', 'toss'],
    ['di_code', 'SITE123456789'],
    ['di_code', ''],
    ['logo_url', 'http://shop.example/logo.png'],
    ['logo_url', 'https://'],
    ['logo_url', 'https://[::1/logo.png'],
    ['logo_url', 'https://shop.example/"><script>alert(1)</script> '],
    ['return_di', 'true'],
    ['ask_unverified_sex', 1],
    ['agencies_without_ci', 'none'],
    ['agencies_without_ci', ['KAKAO', 'NOBODY']],
    ['agencies_without_ci', [7]],
    ['constructor', 'x'],
    ['base_url', 'https://kssa.inicis.com'],
  ])('are refused with %s of %j, and the sentence names it', (member, value) => {
    const sentence = refusal({ ...LEAST, [member]: value });
    expect(sentence).toContain(`settings.${member} `);
    for (const each of [value, ...Object.values(LEAST).slice(1)])
      if (typeof each === 'string' && each.length > 4) expect(sentence).not.toContain(each);
  });

  it.each([
    ['direct_agency', { direct_agency: 'KAKAO' }],
    ['mid', { environment: 'production' }],
    ['mid', { environment: 'production', mid: 'SRAiasTest' }],
    ['di_code', { service: '01', di_code: 'SITE' }],
    ['return_di', { service: '01', return_di: true }],
  ])('are refused when %s does not fit the others', (member, more) => {
    expect(refusal({ ...LEAST, ...more })).toContain(`settings.${member} `);
  });

  it('offer in service 01 what 03 does not, and no DI there is no reason to refuse', () => {
    const simple = { ...LEAST, service: '01', direct_agency: 'KAKAO', return_di: false };
    expect(parseInicisSettings(simple)).toMatchObject({ direct_agency: 'KAKAO' });
  });

  it('are an object, and a name that may be a secret is not shown', () => {
    for (const value of [null, 'text', [], 7]) expect(refusal(value)).toContain('settings must be an object');
    expect(refusal({ ...LEAST, 'TGdxb2l3enJD+/==': 'x' })).not.toContain('TGdx');
  });
});
