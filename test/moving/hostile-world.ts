import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ARCHIVE_TABLES, type ArchiveTable } from '../../src/core/archive.ts';
import type { MasterKey } from '../../src/core/key-ring.ts';
import type { Vault } from '../../src/core/vault.ts';
import { AppError } from '../../src/errors.ts';
import { openArchive, openStore } from '../../src/storage/index.ts';
import { importFrom } from '../../src/transfer/import.ts';
import { markOf } from '../support/keys.ts';
import { runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { fill, masterKeysOf, type Place, sqliteIn, vaultOf, wordsFor } from './database.ts';
import { END, type Parts, placeOf, takeApart, withEnd } from './forged-export.ts';

/** An export with rows in every table, taken apart. */
export interface World extends Parts {
  readonly source: Place;
  readonly vault: Vault;
  readonly masterKeys: readonly MasterKey[];
  readonly file: string;
}

export async function exported(): Promise<World> {
  const source = sqliteIn(temporaryFolder());
  await fill(source);
  const file = join(source.folder, 'all.bonin');
  const { code, stderr } = await runBonin(['export', file, ...wordsFor(source)]);
  expect(code, stderr).toBe(0);
  const vault = await vaultOf(source);
  return { source, vault, masterKeys: masterKeysOf(source), file, ...takeApart(file, vault) };
}

/** Imports a file; gives the refusal, or null when it was imported. */
export async function importInto(
  url: string,
  file: string,
  masterKeys: readonly MasterKey[],
): Promise<AppError | null> {
  const error: unknown = await importFrom(
    file,
    masterKeys,
    ({ mode }) => openArchive(url, markOf(mode, masterKeys, 'import')),
    () => () => {},
  ).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error === null) return null;
  if (!(error instanceof AppError)) throw new Error('what was thrown is not one of ours', { cause: error });
  expect(['start_refused', 'store_failed']).toContain(error.code);
  expect(error.message).toMatch(/^[^\n]+$/);
  return error;
}

/** Whether somebody could serve from a database in which there is anything. */
export async function isServed(url: string, masterKeys: readonly MasterKey[]): Promise<boolean> {
  try {
    const archive = await openArchive(url, markOf('dev', masterKeys, 'export'));
    const counts = await Promise.all(ARCHIVE_TABLES.map((table) => archive.count(table)));
    await archive.close();
    await (await openStore(url, markOf('dev', masterKeys))).close();
    return counts.some((count) => count > 0);
  } catch (error) {
    expect(error).toMatchObject({ code: 'start_refused' });
    return false;
  }
}

/** A file that must be refused before its target is made. */
export async function refused({ masterKeys }: World, file: string): Promise<string> {
  const target = sqliteIn(temporaryFolder());
  const error = await importInto(target.url, file, masterKeys);
  expect(error).toMatchObject({ code: 'start_refused' });
  expect(error?.message.startsWith(`${file}: `), error?.message).toBe(true);
  expect(existsSync(join(target.folder, 'bonin.db'))).toBe(false);
  return error?.message.slice(file.length + 2) ?? '';
}

export function tableOf(name: string): ArchiveTable {
  const found = ARCHIVE_TABLES.find((table) => table.name === name);
  if (found === undefined) throw new Error('there is no such table');
  return found;
}

/** The chunks of an export with those of one table replaced, and the end that belongs to them. */
export function replaced(
  { plains }: Parts,
  table: ArchiveTable,
  ...chunks: readonly Buffer[]
): readonly Buffer[] {
  const rest = (keep: (place: number) => boolean) =>
    plains.filter((plain) => plain[0] !== END && keep(plain[0] ?? 0));
  const own = placeOf(table);
  return withEnd([...rest((place) => place < own), ...chunks, ...rest((place) => place > own)]);
}
