/*
 * CP949 in both directions, from a table that is made once: the runtime's for KS X 1001, and the other syllables in the
 * order of Unicode on the codes that are left.
 */

interface Table {
  readonly toCode: ReadonlyMap<string, number>;
  readonly toText: ReadonlyMap<number, string>;
}

let table: Table | undefined;

/** The bytes of a text; a character that CP949 does not have becomes a question mark. */
export function encodeCp949(text: string): Buffer {
  table ??= makeTable();
  const bytes: number[] = [];
  for (const character of text) {
    const code = character < '\u0080' ? character.charCodeAt(0) : (table.toCode.get(character) ?? 0x3f);
    if (code > 0xff) bytes.push(code >> 8);
    bytes.push(code & 0xff);
  }
  return Buffer.from(bytes);
}

/** The text of bytes; a byte that belongs to no character becomes U+FFFD. */
export function decodeCp949(bytes: Uint8Array): string {
  table ??= makeTable();
  let text = '';
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) {
      text += String.fromCharCode(byte);
      continue;
    }
    at += 1;
    text += table.toText.get(byte * 256 + (bytes[at] ?? 0)) ?? '\ufffd';
  }
  return text;
}

function makeTable(): Table {
  const toText = new Map<number, string>();
  const decoder = new TextDecoder('euc-kr');
  for (let code = 0xa1a1; code <= 0xfdfe; code += 1) {
    const isPlane = (code & 0xff) >= 0xa1 && (code & 0xff) <= 0xfe && code >> 8 !== 0xc9;
    const character = isPlane ? decoder.decode(Uint8Array.of(code >> 8, code & 0xff)) : '\ufffd';
    if (!character.includes('\ufffd')) toText.set(code, character);
  }
  toText.set(0xa2e6, '€').set(0xa2e7, '®');
  const known = new Set(toText.values());
  let code = 0x8141;
  for (let point = 0xac00; point <= 0xd7a3; point += 1) {
    const syllable = String.fromCodePoint(point);
    if (known.has(syllable)) continue;
    toText.set(code, syllable);
    code = nextFree(code);
  }
  return { toText, toCode: new Map([...toText].map(([each, character]) => [character, each])) };
}

function nextFree(code: number): number {
  const last = code >> 8 > 0xa0 ? 0xa0 : 0xfe;
  const trail = code & 0xff;
  if (trail === 0x5a) return code + 7;
  if (trail === 0x7a) return code + 7;
  return trail === last ? (code & 0xff00) + 0x141 : code + 1;
}
