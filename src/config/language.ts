/** The languages of the command line; the first one is for everybody whose language is not in the list. */
export const LANGUAGES = ['en', 'ko'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text in every language of the command line; a missing one is a compile error. `{name}` stands for a value. */
export type Sentence = Readonly<Record<Language, string>>;

/** The language of messages by POSIX: LC_ALL wins over LC_MESSAGES, and that over LANG. An empty one is none. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = environment;
  return /^ko(?:[_.@-]|$)/i.test(LC_ALL || LC_MESSAGES || LANG || '') ? 'ko' : 'en';
}

/** A sentence in a language, with its values in place of `{name}`. */
export function say(
  sentence: Sentence,
  language: Language,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return sentence[language].replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

/** A sentence with its values, in every language. */
export function fill(sentence: Sentence, values: Readonly<Record<string, string | number>>): Sentence {
  return { en: say(sentence, 'en', values), ko: say(sentence, 'ko', values) };
}
