import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { Vault } from '../../core/vault.ts';
import { refuseDatabase } from './failures.ts';

/*
 * A file of a backup is a database with one line behind it, which SQLite passes over: what the file is, how long and
 * with which digest, and a MAC of all that under the master key. So a file and its MAC get their name in one step, and
 * the MAC is checked before anything reads the rest.
 */

/** What a signed file says it is. */
export interface Signature {
  /** What the file is called; under another name it is not taken. */
  readonly name: string;
  /** Names the database that was copied. */
  readonly database: string;
  /** Names the row of backups in a folder, from its first salts on. */
  readonly series: string;
  /** Which backup of the series it is, from 1. */
  readonly number: number;
}

const PURPOSE = 'backup file';
const LINE_BYTES = 512;
const LINE =
  /^(bonin-backup 1 (\S{1,64}) ([0-9a-f-]{36}) ([0-9a-f-]{36}) (\d{1,15}) (\d{1,15}) ([0-9a-f]{64}) (\d{1,10}:[0-9a-f]{72})) ([0-9a-f]{72}) *\n$/;
const PIECE_BYTES = 1024 * 1024;

const NOT_AS_MADE = 'is not as it was made';

/** Puts the line behind a finished database, and makes both durable. */
export function signFile(file: string, { name, database, series, number }: Signature, vault: Vault): void {
  const descriptor = openSync(file, 'r+');
  try {
    const bytes = fstatSync(descriptor).size;
    const digest = readAll(descriptor, bytes, () => {});
    const text = `bonin-backup 1 ${name} ${database} ${series} ${number} ${bytes} ${digest} ${vault.keyMark('backup')}`;
    const mac = Buffer.from(vault.digest(PURPOSE, text)).toString('hex');
    const line = `${`${text} ${mac}`.padEnd(LINE_BYTES - 1)}\n`;
    // A line that would not be read again is a mistake of ours.
    if (line.length !== LINE_BYTES || !LINE.test(line)) throw refuseDatabase(file, 'cannot be signed');
    writeAll(descriptor, Buffer.from(line), bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A file whose signature line is ours. A later change is detected when its content is read. */
export class SignedFile {
  readonly file: string;
  readonly signature: Signature;
  readonly #descriptor: number;
  readonly #bytes: number;
  readonly #digest: string;

  /** `start_refused` for whatever is no file that this vault's keys have signed. Nothing but the line is read. */
  constructor(file: string, vault: Vault) {
    this.file = file;
    this.#descriptor = openOther(file);
    try {
      const stat = fstatSync(this.#descriptor);
      if (!stat.isFile()) throw refuseDatabase(file, 'is not a file');
      const [, text = '', name = '', database = '', series = '', number, bytes, digest = '', mark = '', mac] =
        LINE.exec(readLine(this.#descriptor, stat.size)) ?? [];
      if (mac === undefined) throw refuseDatabase(file, NOT_AS_MADE);
      if (!vault.recognises(mark, 'backup'))
        throw refuseDatabase(file, 'was made with a master key that is not among the keys given');
      if (!vault.matches(Buffer.from(mac, 'hex'), PURPOSE, text) || Number(bytes) + LINE_BYTES !== stat.size)
        throw refuseDatabase(file, NOT_AS_MADE);
      if (name !== basename(file))
        throw refuseDatabase(file, `is not called as it was made; its name is ${name}`);
      this.signature = { name, database, series, number: Number(number) };
      this.#bytes = Number(bytes);
      this.#digest = digest;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /** Reads the database through; `start_refused` when it is not the one that was signed. */
  check(): void {
    this.#read(() => {});
  }

  /** Copies the database, without the line, into a new file that only its owner may read; checks it again. */
  takeOut(to: string): void {
    const descriptor = openSync(to, 'wx', 0o600);
    try {
      let at = 0;
      this.#read((piece) => {
        writeAll(descriptor, piece, at);
        at += piece.length;
      });
    } finally {
      closeSync(descriptor);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #read(take: (piece: Buffer) => void): void {
    if (readAll(this.#descriptor, this.#bytes, take) !== this.#digest)
      throw refuseDatabase(this.file, NOT_AS_MADE);
  }
}

/** Opens a file that somebody else may have put there: a link is not followed, a pipe not waited for. */
function openOther(file: string): number {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reasons: Readonly<Record<string, string>> = {
      ELOOP: 'is a symbolic link; name the file itself',
      ENXIO: 'is not a file',
      ENOENT: 'is missing',
    };
    throw refuseDatabase(file, reasons[code] ?? `cannot be read (${code})`, error);
  }
}

function readLine(descriptor: number, size: number): string {
  if (size < LINE_BYTES) return '';
  const line = Buffer.alloc(LINE_BYTES);
  readSync(descriptor, line, 0, LINE_BYTES, size - LINE_BYTES);
  return line.toString('latin1');
}

/** Hands the first so many bytes over, piece by piece, and gives their SHA-256; less when the file ends before. */
function readAll(descriptor: number, bytes: number, take: (piece: Buffer) => void): string {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(PIECE_BYTES);
  for (let at = 0; at < bytes; ) {
    const count = readSync(descriptor, buffer, 0, Math.min(PIECE_BYTES, bytes - at), at);
    if (count === 0) break;
    const piece = buffer.subarray(0, count);
    hash.update(piece);
    take(piece);
    at += count;
  }
  return hash.digest('hex');
}

function writeAll(descriptor: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
}
