import { expect, it } from 'vitest';
import { inLanguage, LANGUAGES, languageOf, otherLanguage } from './language.ts';

it.each([
  ['', 'ko'],
  ['lang=ko', 'ko'],
  ['lang=en', 'en'],
  ['a=b&lang=en', 'en'],
  ['lang=fr', 'ko'],
  ['lang=EN', 'ko'],
  ['lang=', 'ko'],
  ['lang=fr&lang=en', 'ko'],
  ['lang=constructor', 'ko'],
])('a query %j asks for %s', (query, language) => {
  expect(languageOf(query)).toBe(language);
});

it('a path in a language asks for that language, and the switch leads to the other one', () => {
  for (const language of LANGUAGES) {
    expect(languageOf(inLanguage('/page/s/1', language).split('?')[1] ?? '')).toBe(language);
    expect(otherLanguage(language)).not.toBe(language);
    expect(otherLanguage(otherLanguage(language))).toBe(language);
  }
});
