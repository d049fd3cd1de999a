import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One spelling of a canary as bytes. */
export interface Spelling {
  readonly encoding: string;
  readonly bytes: Buffer;
}

export interface Finding {
  readonly file: string;
  readonly encoding: string;
  readonly canary: string;
}

/** Every spelling in which bytes may have been written down: as they are, as hex, inside base64. */
export function spellBytes(bytes: Buffer): readonly Spelling[] {
  const hex = bytes.toString('hex');
  return [
    { encoding: 'bytes', bytes },
    { encoding: 'hex', bytes: Buffer.from(hex) },
    { encoding: 'HEX', bytes: Buffer.from(hex.toUpperCase()) },
    ...[0, 1, 2].flatMap((offset) => {
      const text = base64Within(bytes, offset);
      const url = text.replaceAll('+', '-').replaceAll('/', '_');
      return [
        { encoding: `base64+${offset}`, bytes: Buffer.from(text) },
        { encoding: `base64url+${offset}`, bytes: Buffer.from(url) },
      ];
    }),
  ];
}

/** Every spelling of a text: its bytes in three encodings, and as JSON and URLs escape it. */
export function spellText(text: string): readonly Spelling[] {
  const utf16le = Buffer.from(text, 'utf16le');
  const utf16be = Buffer.from(utf16le).swap16();
  const escaped = text.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [
    ...spellBytes(Buffer.from(text)).map(({ encoding, bytes }) => ({ encoding: `utf8 ${encoding}`, bytes })),
    ...spellBytes(utf16le).map(({ encoding, bytes }) => ({ encoding: `utf16le ${encoding}`, bytes })),
    ...spellBytes(utf16be).map(({ encoding, bytes }) => ({ encoding: `utf16be ${encoding}`, bytes })),
    { encoding: 'json', bytes: Buffer.from(escaped) },
    { encoding: 'json with slashes escaped', bytes: Buffer.from(escaped.replaceAll('/', '\\/')) },
    { encoding: 'percent', bytes: Buffer.from(encodeURIComponent(text)) },
  ];
}

/** The base64 characters that `bytes` alone decide when they begin `offset` bytes into a group of three. */
function base64Within(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(first, end);
}

/** Looks for every spelling of every canary in every file of the folders. Canaries are named, never printed. */
export function findCanaries(
  folders: readonly string[],
  canaries: ReadonlyMap<string, readonly Spelling[]>,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const file of folders.flatMap(listFiles)) {
    const content = readFileSync(file);
    for (const [canary, spellings] of canaries)
      for (const { encoding, bytes } of spellings)
        if (content.includes(bytes)) findings.push({ file, encoding, canary });
  }
  return findings;
}

export function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Copies a folder that a server is writing to, as somebody who steals it would. */
export function copyLive(from: string, to: string): string {
  cpSync(from, to, { recursive: true });
  return to;
}
