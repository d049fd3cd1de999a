import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { expect } from 'vitest';
import { type Finished, runBonin } from '../support/start-bonin.ts';
import { importedChunks, type Place, wordsFor } from './database.ts';

/*
 * Work that is killed with -9 in the middle. On a machine that is quick, or that looked after something else, it may
 * be done before anybody sees it there: then it is begun anew, until it was met in the middle.
 */

/** A target in which an import was killed when so many chunks were in it. */
export async function importUntil(
  chunks: number,
  file: string,
  newTarget: () => Promise<Place>,
): Promise<Place> {
  for (;;) {
    const target = await newTarget();
    const imported = await runBonin(['import', file, ...wordsFor(target)], {
      killWhen: async () => ((await importedChunks(target)) ?? 0) >= chunks,
    });
    if (wasKilled(imported) && (await importedChunks(target)) !== null) return target;
  }
}

/** Begins an export, or goes on with one, and kills it when its file has so many bytes of the `whole`. */
export async function exportUntil(bytes: number, file: string, source: Place, whole: number): Promise<void> {
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const before = `${file}.before`;
  rmSync(before, { force: true });
  if (existsSync(file)) copyFileSync(file, before);
  for (;;) {
    const exported = await runBonin(['export', file, ...wordsFor(source)], {
      killWhen: () => size() >= bytes,
    });
    if (wasKilled(exported) && size() < whole) return;
    rmSync(file);
    if (existsSync(before)) copyFileSync(before, file);
  }
}

/** Whether it was killed; what was not, has ended well. */
function wasKilled({ code, signal, stderr }: Finished): boolean {
  if (signal === 'SIGKILL') return true;
  expect(code, stderr).toBe(0);
  return false;
}
