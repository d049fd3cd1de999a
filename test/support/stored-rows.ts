import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Spelling, spellBytes } from './canaries.ts';

/** The database of a data folder. */
export function databaseFile(folder: string): string {
  return join(folder, 'bonin.db');
}

/** The sealed bytes of a certification and the salt that opens them, as they stand in the database now. */
export function readSealed(folder: string, impUid: string): ReadonlyMap<string, readonly Spelling[]> {
  const database = new DatabaseSync(databaseFile(folder), { readOnly: true });
  try {
    const row = database
      .prepare('SELECT sealed, salt FROM certifications WHERE id = ?')
      .get(Number(impUid.slice(4)));
    const { sealed, salt } = row ?? {};
    if (!(sealed instanceof Uint8Array) || !(salt instanceof Uint8Array))
      throw new Error(`${impUid} is not in the database`);
    return new Map([
      ['sealed', spellBytes(Buffer.from(sealed))],
      ['salt', spellBytes(Buffer.from(salt))],
    ]);
  } finally {
    database.close();
  }
}

/** Every `imp_uid` in the database, sorted. */
export function storedIds(folder: string): readonly string[] {
  const database = new DatabaseSync(databaseFile(folder), { readOnly: true });
  try {
    const records = database.prepare('SELECT id FROM certifications').all();
    return records.map(({ id }) => `imp_${String(id).padStart(12, '0')}`).toSorted();
  } finally {
    database.close();
  }
}
