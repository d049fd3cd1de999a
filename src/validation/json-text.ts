/*
 * JSON that people write. The engine's parser decides what is JSON. If it refuses a text, this code finds the place and
 * the cause, because the engine's messages quote the text, which may contain secrets. A repeated name is a mistake here
 * too.
 */

/** Why a text is not JSON. The message has line and column; it only quotes names that look like names. */
export class JsonFault extends Error {}

/** The value of a JSON text; throws a `JsonFault`. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new JsonFault('is empty');
  new Scanner(text).scan();
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonFault('is not JSON');
  }
}

interface Frame {
  readonly end: '}' | ']';
  readonly openedAt: number;
  /** The position of each name of an object. */
  readonly names: Map<string, number>;
}

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}\p{N}_$+.-]+/uy;
const LITERALS: readonly string[] = ['true', 'false', 'null'];
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
/** Characters of a text that need no escape: all from the blank on, except the double quote and the backslash. */
const PLAIN = /[ !#-[\]-\uffff]+/y;
/** A name that may be quoted. Anything else may be a value in the wrong place. */
export const SHOWN_NAME = /^[a-z_$][\w$.-]{0,31}$/i;

class Scanner {
  readonly #text: string;
  readonly #frames: Frame[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    this.#value();
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail('something stands behind the end');
  }

  /** Not recursive, because a hostile text may be nested without limit. */
  #value(): void {
    this.#simpleOrOpen();
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      this.#skipBlanks();
      const next = this.#text[this.#at];
      if (next === frame.end) {
        this.#at++;
        this.#frames.pop();
      } else if (next === ',') {
        const comma = this.#at++;
        this.#skipBlanks();
        if (this.#text[this.#at] === frame.end) this.#failAtComma(comma, frame.end);
        this.#member(frame);
      } else this.#failBetween(frame);
    }
  }

  /** A member of the innermost object or list, up to its value or into it. */
  #member(frame: Frame): void {
    if (frame.end === '}') this.#name(frame);
    this.#simpleOrOpen();
  }

  #simpleOrOpen(): void {
    for (;;) {
      this.#skipBlanks();
      const first = this.#text[this.#at];
      if (first !== '{' && first !== '[') {
        this.#simple(first);
        return;
      }
      const frame: Frame = { end: first === '{' ? '}' : ']', openedAt: this.#at++, names: new Map() };
      this.#frames.push(frame);
      this.#skipBlanks();
      if (this.#text[this.#at] === frame.end) return;
      if (frame.end === '}') this.#name(frame);
    }
  }

  #name({ names }: Frame): void {
    this.#skipBlanks();
    const start = this.#at;
    const first = this.#text[start];
    if (first === undefined) this.#failAtEnd();
    if (first === ',') this.#fail('a comma too many');
    if (first !== '"') this.#failQuotes(first, 'a name must stand in double quotes');
    this.#string();
    const name = JSON.parse(this.#text.slice(start, this.#at)) as string;
    const earlier = names.get(name);
    if (earlier !== undefined) {
      const shown = SHOWN_NAME.test(name) ? `the name "${name}"` : 'a name';
      this.#fail(`${shown} is there twice, first in line ${this.#placeOf(earlier).line}`, start);
    }
    names.set(name, start);
    this.#skipBlanks();
    if (this.#text[this.#at] === undefined) this.#failAtEnd();
    if (this.#text[this.#at] !== ':') this.#fail('a colon is missing after the name');
    this.#at++;
  }

  #simple(first: string | undefined): void {
    if (first === undefined) this.#failAtEnd();
    if (first === '"') {
      this.#string();
      return;
    }
    if (first === ',' || first === '}' || first === ']' || first === ':')
      this.#fail(`a value is missing before ${first}`);
    const word = this.#match(WORD);
    if (word === null) this.#failQuotes(first, 'a character that does not belong here');
    if (LITERALS.includes(word)) return;
    const end = this.#at;
    this.#at -= word.length;
    if (this.#match(NUMBER) === word) return;
    this.#at = end - word.length;
    this.#fail(
      /^[+\-.]?\d/.test(word)
        ? 'not a number as JSON writes it'
        : 'a word that is not true, false or null; a text must stand in double quotes',
    );
  }

  #string(): void {
    const start = this.#at++;
    for (;;) {
      this.#match(PLAIN);
      const next = this.#text[this.#at];
      if (next === '"') {
        this.#at++;
        return;
      }
      if (next === undefined || next === '\n' || next === '\r')
        this.#fail('a text does not end in its line; a double quote is missing', start);
      if (next !== '\\') this.#fail('a control character in a text; write it as \\t or \\u0000');
      if (this.#match(ESCAPE) === null) this.#fail('a backslash that begins no escape; write it as \\\\');
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }

  #skipBlanks(): void {
    this.#match(BLANK);
  }

  #failBetween({ end }: Frame): never {
    const next = this.#text[this.#at];
    if (next === undefined) this.#failAtEnd();
    if (next === '}' || next === ']') this.#fail(`${next} stands where ${end} is due`);
    this.#failQuotes(next, `a comma or ${end} is missing`);
  }

  #failAtComma(comma: number, end: string): never {
    const { line } = this.#placeOf(comma);
    const elsewhere = line === this.#placeOf(this.#at).line ? '' : `; the comma stands in line ${line}`;
    this.#fail(`a comma too many before ${end}${elsewhere}`);
  }

  #failAtEnd(): never {
    const { end = '}', openedAt = 0 } = this.#frames.at(-1) ?? {};
    const { line } = this.#placeOf(openedAt);
    this.#fail(`the end comes too early: the ${end === '}' ? '{' : '['} of line ${line} is not closed`);
  }

  /** Messages for comments and for other characters instead of double quotes; otherwise the given sentence. */
  #failQuotes(next: string, sentence: string): never {
    if (next === "'") this.#fail('single quotes; JSON has double ones');
    if (/[“”„‘’]/.test(next)) this.#fail('curly quotes; JSON has straight double ones');
    if (/^\/[/*]/.test(this.#text.slice(this.#at, this.#at + 2))) this.#fail('a comment; JSON has none');
    this.#fail(sentence);
  }

  #fail(cause: string, at: number = this.#at): never {
    const { line, column } = this.#placeOf(at);
    throw new JsonFault(`line ${line}, column ${column}: ${cause}`);
  }

  #placeOf(at: number): { line: number; column: number } {
    const lines = this.#text.slice(0, at).split(/\r\n|\n|\r/);
    return { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 };
  }
}
