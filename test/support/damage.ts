import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { listFiles } from './canaries.ts';
import { Client } from './client.ts';
import { startBonin } from './start-bonin.ts';
import { databaseFile } from './stored-rows.ts';
import { temporaryFolder } from './temporary-folder.ts';

let content: Promise<ReadonlyMap<string, Buffer>> | undefined;

/** A data folder of its own with some hundred pages in its database, at rest. */
export async function filledFolder(): Promise<string> {
  // Made once for a test file; every caller gets a copy.
  content ??= fillFolder();
  const folder = temporaryFolder();
  for (const [name, bytes] of await content) writeFileSync(join(folder, name), bytes, { mode: 0o600 });
  return folder;
}

async function fillFolder(): Promise<ReadonlyMap<string, Buffer>> {
  const folder = temporaryFolder();
  const bonin = await startBonin(['--data', folder]);
  const client = new Client(bonin.url);
  for (let batch = 0; batch < 10; batch++)
    await Promise.all(Array.from({ length: 50 }, () => client.create({ origin: 'https://shop.example/' })));
  client.close();
  await bonin.stop();
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** Puts random bytes over a part of the database. */
export function scribble(folder: string, from: number, length: number): void {
  const descriptor = openSync(databaseFile(folder), 'r+');
  writeSync(descriptor, randomBytes(length), 0, length, from);
  closeSync(descriptor);
}

export function cutTo(folder: string, length: (size: number) => number): void {
  const file = databaseFile(folder);
  truncateSync(file, length(statSync(file).size));
}

/** Changes the database as another program would, and leaves no side files. */
export function alter(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

/** Every file of a folder with the hash of its content, but for the side files that even a reader makes. */
export function snapshot(folder: string): ReadonlyMap<string, string> {
  return new Map(
    listFiles(folder)
      .filter((file) => !file.endsWith('-shm') && !(file.endsWith('-wal') && statSync(file).size === 0))
      .toSorted()
      .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}
