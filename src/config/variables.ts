import { PROBLEMS } from './copy.ts';
import { languageOf } from './language.ts';

const MARKS = /^["'`\u2018\u2019\u201c\u201d]|["'`\u2018\u2019\u201c\u201d]$/u;

/** The value of a variable, or a sentence that says what is wrong with it and does not quote it. */
export type Variable = { readonly text: string | undefined } | { readonly problem: string };

/**
 * Reads a variable of the environment. Blanks and line ends around the value are removed, and an empty value counts as
 * unset. Quotation marks are refused: some tools that read `.env` files leave them in the value.
 */
export function readVariable(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): Variable {
  const text = environment[name]?.trim() ?? '';
  if (text === '') return { text: undefined };
  const language = languageOf(environment);
  if (MARKS.test(text)) return { problem: `${name} ${PROBLEMS.marks[language]}` };
  if (/\p{Cc}/u.test(text)) return { problem: `${name} ${PROBLEMS.controlCharacter[language]}` };
  if (name === 'BONIN_PORT' && text.startsWith('tcp://'))
    return { problem: `BONIN_PORT ${PROBLEMS.kubernetesPort[language]}` };
  return { text };
}
