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
  if (MARKS.test(text))
    return { problem: `${name} has quotation marks, which would be part of the value: remove them` };
  if (/\p{Cc}/u.test(text)) return { problem: `${name} holds a control character` };
  if (name === 'BONIN_PORT' && text.startsWith('tcp://'))
    return {
      problem:
        'BONIN_PORT is what Kubernetes sets for a service called bonin: give the service another name, or set enableServiceLinks: false for the pod',
    };
  return { text };
}
