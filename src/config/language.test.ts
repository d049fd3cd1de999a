import { describe, expect, it } from 'vitest';
import { languageOf, say } from './language.ts';

describe('the language of the command line', () => {
  it.each([
    [{}, 'en'],
    [{ LANG: 'ko_KR.UTF-8' }, 'ko'],
    [{ LANG: 'ko' }, 'ko'],
    [{ LANG: 'kok_IN.UTF-8' }, 'en'],
    [{ LANG: 'C.UTF-8' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'ko_KR.UTF-8' }, 'ko'],
    [{ LANG: 'ko_KR.UTF-8', LC_MESSAGES: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'ko_KR.UTF-8', LC_MESSAGES: 'ko_KR.UTF-8', LC_ALL: 'C' }, 'en'],
    [{ LANG: 'ko_KR.UTF-8', LC_ALL: '' }, 'ko'],
  ])('of %o is %s', (environment, language) => {
    expect(languageOf(environment)).toBe(language);
  });

  it('puts values in their places, and leaves what has none', () => {
    const sentence = { en: '{a} and {b} and {a}', ko: '' };
    expect(say(sentence, 'en', { a: '{b}' })).toBe('{b} and {b} and {b}');
  });
});
