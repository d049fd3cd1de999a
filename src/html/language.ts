/** The languages of all pages, the first one first. */
export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { ko: '한국어', en: 'English' };

/** The language that a query asks for with `lang`: Korean, unless it names another one of the list. */
export function languageOf(query: string): Language {
  const asked = new URLSearchParams(query).get('lang');
  return LANGUAGES.find((language) => language === asked) ?? 'ko';
}

/** The language to which a page with one switch leads. */
export function otherLanguage(language: Language): Language {
  return language === 'ko' ? 'en' : 'ko';
}

/** A path, without a query, in a language. */
export function inLanguage(path: string, language: Language): string {
  return `${path}${language === 'ko' ? '' : `?lang=${language}`}`;
}
