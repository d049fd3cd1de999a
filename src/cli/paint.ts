/** Colours for a terminal; elsewhere each function returns its text unchanged. */
export interface Paint {
  readonly heading: (text: string) => string;
  /** What is typed as it stands. */
  readonly word: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

const as = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
const COLOURED: Paint = { heading: as(1), word: as(36), good: as(32), warning: as(33), bad: as(31) };

const plain = (text: string) => text;
export const PLAIN: Paint = { heading: plain, word: plain, good: plain, warning: plain, bad: plain };

/** Colours only on a terminal that has them, and never when NO_COLOR is set to anything (https://no-color.org). */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  { NO_COLOR = '', TERM = '' }: Readonly<Record<string, string | undefined>>,
): Paint {
  return stream.isTTY === true && NO_COLOR === '' && TERM !== 'dumb' ? COLOURED : PLAIN;
}
