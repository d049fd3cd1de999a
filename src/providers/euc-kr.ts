/*
 * "EUC-KR" of Korean agencies is CP949: the two-byte codes of KS X 1001, and the 8,822 other syllables. The runtime's
 * decoder knows the former only, so names such as 뷁 would be lost.
 */

const KS_X_1001 = new TextDecoder('euc-kr', { fatal: true });
/** Added to KS X 1001 in 1998, which the runtime's table does not have yet. */
const LATER: Readonly<Record<number, string>> = { 41702: '€', 41703: '®' };
/** User-defined rows: what an agency puts there is no text. */
const PRIVATE_LEADS = [0xc9, 0xfe];
const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
const LAST_CODE = 0xc652;

let extension: ReadonlyMap<number, string> | undefined;

/** The text of bytes in CP949; null when a byte belongs to no character. */
export function decodeEucKr(bytes: Uint8Array): string | null {
  let text = '';
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    at += 1;
    const character = decodePair(lead, bytes[at] ?? 0);
    if (character === null) return null;
    text += character;
  }
  return text;
}

function decodePair(lead: number, trail: number): string | null {
  const code = lead * 256 + trail;
  const isInPlane = [lead, trail].every((byte) => byte >= 0xa1 && byte <= 0xfe);
  if (!isInPlane) {
    extension ??= listExtension();
    return extension.get(code) ?? null;
  }
  return PRIVATE_LEADS.includes(lead) ? null : (LATER[code] ?? decodePlane(lead, trail));
}

function decodePlane(lead: number, trail: number): string | null {
  try {
    return KS_X_1001.decode(Uint8Array.of(lead, trail));
  } catch {
    return null;
  }
}

/** The syllables that KS X 1001 does not have: in the order of Unicode on all codes that are free for them. */
function listExtension(): ReadonlyMap<number, string> {
  const known = new Set<string>();
  for (let lead = 0xb0; lead <= 0xc8; lead += 1)
    for (let trail = 0xa1; trail <= 0xfe; trail += 1) known.add(decodePlane(lead, trail) ?? '');
  const codes = freeCodes();
  const found = new Map<number, string>();
  for (let point = FIRST_SYLLABLE; point <= LAST_SYLLABLE; point += 1) {
    const syllable = String.fromCharCode(point);
    if (!known.has(syllable)) found.set(codes.next().value ?? 0, syllable);
  }
  return found;
}

function* freeCodes(): Generator<number, undefined> {
  for (let lead = 0x81; lead * 256 <= LAST_CODE; lead += 1)
    for (let trail = 0x41; trail <= (lead <= 0xa0 ? 0xfe : 0xa0); trail += 1) {
      const isTrail = trail <= 0x5a || (trail >= 0x61 && trail <= 0x7a) || trail >= 0x81;
      if (isTrail && lead * 256 + trail <= LAST_CODE) yield lead * 256 + trail;
    }
}
