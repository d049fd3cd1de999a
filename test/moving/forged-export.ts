import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { ARCHIVE_TABLES, type ArchiveRow, type ArchiveTable } from '../../src/core/archive.ts';
import type { Vault } from '../../src/core/vault.ts';
import { decodeRows, encodeRows } from '../../src/transfer/rows.ts';

/*
 * Export files that the exporter would never write, sealed under the right key: what an import meets when somebody else
 * has an old master key. Written by the form that decision 0011 describes, and by no code of the exporter's.
 */

export const END = 255;

/** A file in parts: its header, and what stands in its chunks before they are sealed. */
export interface Parts {
  readonly header: string;
  readonly plains: readonly Buffer[];
}

export function takeApart(file: string, vault: Vault): Parts {
  const bytes = readFileSync(file);
  const start = bytes.indexOf('\n') + 1;
  const header = bytes.toString('latin1', 0, start);
  const plains: Buffer[] = [];
  for (let at = start; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
    const sealed = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at));
    const text = vault.open(
      contextOf(header, plains.length),
      { keyId: sealed.readUInt32BE(0), salt: sealed.subarray(4, 36), blob: sealed.subarray(36) },
      'exports',
    );
    plains.push(Buffer.from(text, 'latin1'));
  }
  return { header, plains };
}

export function writeParts(file: string, { header, plains }: Parts, vault: Vault): void {
  const pieces = [Buffer.from(header, 'latin1')];
  for (const [number, plain] of plains.entries()) {
    const { keyId, salt, blob } = vault.seal(contextOf(header, number), plain.toString('latin1'), 'exports');
    const head = Buffer.alloc(8);
    head.writeUInt32BE(4 + salt.length + blob.length, 0);
    head.writeUInt32BE(keyId, 4);
    pieces.push(head, Buffer.from(salt), Buffer.from(blob));
  }
  writeFileSync(file, Buffer.concat(pieces), { mode: 0o600 });
}

function contextOf(header: string, chunk: number): string {
  return `export ${createHash('sha256').update(header).digest('hex')} ${chunk}`;
}

export function placeOf(table: ArchiveTable): number {
  return ARCHIVE_TABLES.indexOf(table);
}

export function chunkOf(table: ArchiveTable, rows: readonly ArchiveRow[]): Buffer {
  return Buffer.concat([Buffer.of(placeOf(table)), encodeRows(rows)]);
}

/** The rows of a table in these chunks, all of which are as they should be. */
export function rowsIn(plains: readonly Buffer[], table: ArchiveTable): readonly ArchiveRow[] {
  return plains
    .filter((plain) => plain[0] === placeOf(table))
    .flatMap((plain) => decodeRows(table, plain.subarray(1)));
}

/** These chunks with the end that belongs to them, whatever they hold: nobody who has the key is stopped by sums. */
export function withEnd(plains: readonly Buffer[]): readonly Buffer[] {
  const chunks = plains.filter((plain) => plain[0] !== END);
  const totals = ARCHIVE_TABLES.map((table) => {
    const own = chunks.filter((plain) => plain[0] === placeOf(table)).map((plain) => plain.subarray(1));
    return {
      table: table.name,
      rows: own.reduce((sum, bytes) => sum + countRows(table, bytes), 0),
      sha256: createHash('sha256').update(Buffer.concat(own)).digest('hex'),
    };
  });
  return [...chunks, endOf(totals)];
}

export function endOf(totals: unknown): Buffer {
  return Buffer.concat([
    Buffer.of(END),
    Buffer.from(typeof totals === 'string' ? totals : JSON.stringify(totals)),
  ]);
}

function countRows(table: ArchiveTable, bytes: Buffer): number {
  try {
    return decodeRows(table, bytes).length;
  } catch {
    return 1;
  }
}
