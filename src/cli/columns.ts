/** Columns that every text of the help fits in. */
export const WIDTH = 100;

/** Characters that are two columns wide on a terminal: Hangul and the other scripts of East Asia, and full forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu;

/** The columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/** A text with blanks behind it up to so many columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** The lines of a text that is broken at blanks; a word that is too long for a line has one of its own. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || widthOf(last) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/**
 * A name, and a text beside it that begins in the column `at` and is broken at `WIDTH`. A name that is too long for
 * its column has a line of its own. `paint` colours the name.
 */
export function beside(
  name: string,
  text: string,
  {
    at,
    indent = 2,
    paint = (each) => each,
  }: { at: number; indent?: number; paint?: (text: string) => string },
): readonly string[] {
  const lines = wrap(text, WIDTH - at).map((line) => ' '.repeat(at) + line);
  const head = ' '.repeat(indent) + paint(name);
  const room = at - indent - widthOf(name);
  if (text === '') return [head];
  if (room < 2) return [head, ...lines];
  const [first = '', ...rest] = lines;
  return [head + ' '.repeat(room) + first.slice(at), ...rest];
}
