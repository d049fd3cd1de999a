/** Why bytes are not a text in UTF-8. */
export class TextFault extends Error {}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const LINE_FEED = 0x0a;

/**
 * Decodes bytes in UTF-8 and removes the byte order mark that some editors add. Throws a `TextFault` that says what the
 * bytes are instead, and how to correct it.
 */
export function decodeBytes(bytes: Uint8Array): string {
  if (isUtf16(bytes)) throw new TextFault('is UTF-16; save it as UTF-8');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new TextFault(`is not UTF-8, as line ${findBadLine(bytes)} shows; save it as UTF-8`);
  }
}

/** Detected by its byte order mark, or by a null byte beside the first character, which UTF-8 text does not have. */
function isUtf16([first, second]: Uint8Array): boolean {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return second !== undefined && (first === 0 || second === 0);
}

function findBadLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(LINE_FEED, start);
    try {
      utf8.decode(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    start = end + 1;
  }
}
