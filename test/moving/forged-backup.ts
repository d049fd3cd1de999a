import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Vault } from '../../src/core/vault.ts';
import { type Signer, signFile } from '../../src/storage/sqlite/signed-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * What somebody does to the files of a backup who can write into their folder. The line of a file is the last 512
 * bytes, in words: bonin-backup, 1, name, database, series, number, bytes, digest, mode, wrapped key, MAC.
 */

export const LINE_BYTES = 512;
export const WORD = {
  name: 2,
  database: 3,
  series: 4,
  number: 5,
  bytes: 6,
  digest: 7,
  mode: 8,
  key: 9,
  mac: 10,
} as const;

/** A folder with copies of these files, under the same names. */
export function folderWith(...files: readonly string[]): string {
  const folder = join(temporaryFolder(), 'backups');
  mkdirSync(folder, { mode: 0o700 });
  for (const file of files) copyFileSync(file, join(folder, basename(file)));
  return folder;
}

export function lineOf(file: string): readonly string[] {
  return readFileSync(file).subarray(-LINE_BYTES).toString('latin1').trim().split(' ');
}

export function bodyOf(file: string): Buffer {
  return readFileSync(file).subarray(0, -LINE_BYTES);
}

export function write(file: string, body: Buffer, line: readonly string[]): void {
  writeFileSync(file, Buffer.concat([body, Buffer.from(`${line.join(' ').padEnd(LINE_BYTES - 1)}\n`)]));
}

/** Changes the database in a file by SQL that may do anything, and leaves the line as it was. */
export function change(file: string, sql: string): void {
  const line = readFileSync(file).subarray(-LINE_BYTES);
  truncateSync(file, readFileSync(file).length - LINE_BYTES);
  const database = new DatabaseSync(file, { defensive: false });
  database.exec(sql);
  database.close();
  appendFileSync(file, line);
}

/** Signs a file anew, as what it was, under other keys or the same ones. */
export function signAnew(file: string, vault: Vault, signer: Signer): void {
  const line = lineOf(file);
  truncateSync(file, readFileSync(file).length - LINE_BYTES);
  const signature = {
    name: basename(file),
    database: line[WORD.database] ?? '',
    series: line[WORD.series] ?? '',
    number: Number(line[WORD.number]),
  };
  signFile(file, signature, vault, signer);
}

export function rename(folder: string, from: string, to: string): void {
  renameSync(join(folder, from), join(folder, to));
}
