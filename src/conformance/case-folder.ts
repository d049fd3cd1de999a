import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GoldenCase, parseCase } from './case-file.ts';

/** The cases that come along. */
export const OWN_FOLDER = fileURLToPath(new URL('./cases/v1/', import.meta.url));

/** A file that ought to be a case: the case, or why it is none. */
export type CaseEntry =
  | { readonly name: string; readonly golden: GoldenCase }
  | { readonly name: string; readonly golden: null; readonly problem: string };

/** Every `*.json` of a folder, by name. Throws only when the folder itself cannot be read. */
export function readCases(folder: string): readonly CaseEntry[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.json'.length);
      try {
        return { name, golden: parseCase(readFileSync(join(folder, file)), name) };
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EISDIR')
          return { name, golden: null, problem: 'is a folder' };
        return { name, golden: null, problem: error instanceof Error ? error.message : String(error) };
      }
    });
}
