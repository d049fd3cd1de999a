import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { parseSettings } from './settings.ts';

const KEY = 'c2a22fa3ebe4698075bcac6b433d52e351c881b02fb83488d4283a43385b1f8e';
const TEST = { environment: 'test', site_cd: 'AO7F3', enc_key: KEY };
const OWN = {
  environment: 'production',
  site_cd: 'SM123',
  enc_key: '0123456789abcdefABCDEF0123456789'.repeat(2),
};

/** The sentence of a refusal; null when there is none. */
function sentenceOf(value: unknown): string | null {
  try {
    parseSettings(value);
    return null;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    expect((thrown as AppError).code).toBe('input_refused');
    return (thrown as AppError).explanation;
  }
}

describe('the settings of a channel at KCP', () => {
  it('are kept as they are, with what is left out', () => {
    expect(parseSettings(TEST)).toEqual({ ...TEST, web_siteid: '', page_submit: 'Y' });
    const all = { ...OWN, web_siteid: 'J12345678901', page_submit: 'N' };
    expect(parseSettings(all)).toEqual(all);
    expect(parseSettings(parseSettings(all))).toEqual(all);
  });

  it.each([
    ['environment', [undefined, '', 'staging', 'Test', 1, null]],
    ['site_cd', [undefined, '', 'AO7F', 'AO7F33', 'ao7f3', 'AO7F\n', 'AO7F3\n', 12_345]],
    ['enc_key', [undefined, '', KEY.slice(1), `${KEY}0`, `g${KEY.slice(1)}`, `${KEY}\n`, 5]],
    ['web_siteid', [null, 'J123456789012', 'J-1', '가', 'J1\n']],
    ['page_submit', [null, '', 'y', 'YN', true]],
  ] as const)('are refused with a wrong %s, which is named and not quoted', (name, values) => {
    for (const value of values) {
      const sentence = sentenceOf({ ...TEST, [name]: value });
      expect(sentence).toMatch(new RegExp(`^settings\\.${name} must be `));
      if (typeof value === 'string' && value.length > 4) expect(sentence).not.toContain(value);
    }
  });

  it.each(['siteCd', 'url', 'endpoint', '__proto__x', 'constructor'])(
    'are refused with the member %s',
    (name) => {
      expect(sentenceOf({ ...TEST, [name]: 'secret value' })).toBe(
        `settings.${name} is unknown; known: environment, site_cd, enc_key, web_siteid, page_submit`,
      );
    },
  );

  it.each([[undefined], [null], ['text'], [[]], [5]])('are an object, and not %j', (value) => {
    expect(sentenceOf(value)).toMatch(/^settings must be an object/);
  });

  it('do not bring the published test credentials to production, each of them', () => {
    expect(sentenceOf({ ...OWN, site_cd: 'AO7F3' })).toMatch(/^settings\.site_cd .*published/);
    expect(sentenceOf({ ...OWN, enc_key: KEY })).toMatch(/^settings\.enc_key .*published/);
    expect(sentenceOf({ ...OWN, enc_key: KEY.toUpperCase() })).toMatch(/^settings\.enc_key .*published/);
    expect(sentenceOf(OWN)).toBeNull();
  });
});
