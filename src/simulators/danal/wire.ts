import { decodeCp949, encodeCp949 } from './cp949.ts';

export type WireCharset = 'UTF-8' | 'EUC-KR';
export type Fields = Readonly<Record<string, string>>;

export function encodeText(text: string, charset: WireCharset): Buffer {
  return charset === 'UTF-8' ? Buffer.from(text) : encodeCp949(text);
}

function decodeText(bytes: Buffer, charset: WireCharset): string {
  return charset === 'UTF-8' ? bytes.toString() : decodeCp949(bytes);
}

/** The character set that a form names in `field`, else its header, else `fallback`. */
export function charsetOf(
  body: Buffer,
  field: string,
  contentType: string,
  fallback: WireCharset,
): WireCharset {
  const named = readForm(body, 'UTF-8')[field] ?? /charset=([\w-]+)/i.exec(contentType)?.[1];
  if (named === undefined) return fallback;
  return /^utf-?8$/i.test(named) ? 'UTF-8' : 'EUC-KR';
}

/** The fields of a form, percent-encoded or raw: both are seen. The last of several with one name counts. */
export function readForm(body: Buffer, charset: WireCharset): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const pair of body.toString('latin1').split('&')) {
    const at = pair.indexOf('=');
    if (at > 0) fields[decodePart(pair.slice(0, at), charset)] = decodePart(pair.slice(at + 1), charset);
  }
  return fields;
}

function decodePart(part: string, charset: WireCharset): string {
  const bytes = part
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeText(Buffer.from(bytes, 'latin1'), charset);
}

/** An answer to a server: `K=V` joined by `&`, raw. */
export function writeAnswer(fields: Fields, charset: WireCharset): Buffer {
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return encodeText(text, charset);
}

/** A form as a browser posts it from a page in this character set. */
export function writeForm(fields: Fields, charset: WireCharset): string {
  const encode = (text: string) =>
    [...encodeText(text, charset)]
      .map((byte) => {
        const character = String.fromCharCode(byte);
        if (/[\w.*-]/.test(character)) return character;
        return byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      })
      .join('');
  return Object.entries(fields)
    .map((pair) => pair.map(encode).join('='))
    .join('&');
}
