import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { WrappedKey } from '../../core/key-ring.ts';
import type { Vault } from '../../core/vault.ts';
import type { DatabaseMark } from '../database-mark.ts';
import { refuseDatabase } from './failures.ts';

/*
 * A file of a backup is a database followed by one line, which SQLite ignores: kind, length and digest of the file,
 * the wrapped data key for backups, and a MAC of all that under this key. So a file and its MAC are renamed in one
 * step, and the MAC is checked, with nothing but a master key, before the rest is read.
 */

/** The description in a signed file. */
export interface Signature {
  /** The name of the file; it is refused under another name. */
  readonly name: string;
  /** The id of the database that was copied. */
  readonly database: string;
  /** The id of the series of backups in a folder. */
  readonly series: string;
  /** The number of the backup in the series, from 1. */
  readonly number: number;
}

/** The data key that signs, as the ring of the database that was copied has it. */
export interface Signer {
  readonly mode: DatabaseMark['mode'];
  readonly key: WrappedKey;
}

/** Returns a vault with the data key that a file names, or throws. Nothing of the file is proven yet. */
export type OpenSigner = (signer: Signer, signature: Pick<Signature, 'database'>) => Vault;

const PURPOSE = 'backups';
const LABEL = 'backup file';
const LINE_BYTES = 512;
const LINE =
  /^(bonin-backup 1 (\S{1,64}) ([0-9a-f-]{36}) ([0-9a-f-]{36}) (\d{1,15}) (\d{1,15}) ([0-9a-f]{64}) (dev|serve) (\d{1,10}):(\d{1,10}):(\d{1,15}):([\w-]{83})) ([0-9a-f]{72}) *\n$/;
const PIECE_BYTES = 1024 * 1024;

const NOT_AS_MADE = 'is not as it was made';

/** Appends the line to a finished database, and makes both durable. */
export function signFile(
  file: string,
  { name, database, series, number }: Signature,
  vault: Vault,
  { mode, key }: Signer,
): void {
  const descriptor = openSync(file, 'r+');
  try {
    const bytes = fstatSync(descriptor).size;
    const digest = readAll(descriptor, bytes, () => {});
    const wrapped = Buffer.from(key.wrapped).toString('base64url');
    const text = `bonin-backup 1 ${name} ${database} ${series} ${number} ${bytes} ${digest} ${mode} ${key.id}:${key.masterKeyId}:${key.createdAt}:${wrapped}`;
    const mac = Buffer.from(vault.digest(PURPOSE, LABEL, text)).toString('hex');
    const line = `${`${text} ${mac}`.padEnd(LINE_BYTES - 1)}\n`;
    // A line that could not be read again would be a defect of Bonin.
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

  /** Opens a file signed with a key of `openSigner`; `start_refused` for any other. Reads nothing but the line. */
  constructor(file: string, openSigner: OpenSigner) {
    this.file = file;
    this.#descriptor = openOther(file);
    try {
      const stat = fstatSync(this.#descriptor);
      if (!stat.isFile()) throw refuseDatabase(file, 'is not a file');
      const line = LINE.exec(readLine(this.#descriptor, stat.size));
      if (line === null) throw refuseDatabase(file, NOT_AS_MADE);
      const [, text = '', name = '', database = '', series = '', number, bytes, digest = ''] = line;
      const [mode, id, masterKeyId, createdAt, wrapped = '', mac = ''] = line.slice(8);
      const key = {
        id: Number(id),
        purpose: PURPOSE,
        masterKeyId: Number(masterKeyId),
        wrapped: Buffer.from(wrapped, 'base64url'),
        createdAt: Number(createdAt),
      };
      const vault = openSigner({ mode: mode === 'dev' ? mode : 'serve', key }, { database });
      if (
        !vault.matches(Buffer.from(mac, 'hex'), PURPOSE, LABEL, text) ||
        Number(bytes) + LINE_BYTES !== stat.size
      )
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

  /** Reads the whole database; `start_refused` when it is not the one that was signed. */
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

/** Opens a file that may come from somebody else: does not follow a link, and does not wait for a pipe. */
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

/**
 * Passes the first so many bytes to `take`, piece by piece, and returns their SHA-256; fewer when the file is shorter.
 */
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
