import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** A fenced block of a page. */
export interface Block {
  /** The word behind the fence: `sh`, `js`; empty for what a command prints. */
  readonly language: string;
  readonly text: string;
  /** Where it begins, as in `README.md:12`. */
  readonly place: string;
}

/** The fenced blocks of a page, in order. Throws on a fence that is written in another way, so that none is missed. */
export function readBlocks(file: string): readonly Block[] {
  const page = readFileSync(join(ROOT, file), 'utf8');
  const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
    ({ 1: language = '', 2: text = '', index }) => ({
      language,
      text,
      place: `${file}:${page.slice(0, index).split('\n').length}`,
    }),
  );
  const fences = page.match(/^\s*(?:```|~~~)/gm)?.length ?? 0;
  if (fences !== 2 * blocks.length) throw new Error(`${file}: a fence is not read`);
  return blocks;
}
