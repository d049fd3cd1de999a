import { createHash, randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ARCHIVE_TABLES, type Archive } from '../core/archive.ts';
import { KEY_PURPOSES, type MasterKey, openRing, type WrappedKey } from '../core/key-ring.ts';
import { OVERHEAD } from '../core/sealed-text.ts';
import { Vault } from '../core/vault.ts';
import { AppError } from '../errors.ts';

/*
 * The format of an export: first the header, one line of JSON in clear, with the wrapped data keys of the source. Then
 * chunks: each has its length in four bytes and is sealed like a record, under the data key for exports. The context of
 * a chunk is the header's digest and the chunk's number, so a chunk that is altered, moved or from another file cannot
 * be opened. The last chunk is the end.
 */

const FORMAT = 'bonin-export';
/** Changes with the format of the file. A change of the tables changes `layout`. */
const VERSION = 1;
const LAYOUT = createHash('sha256').update(JSON.stringify(ARCHIVE_TABLES)).digest('hex').slice(0, 16);
const LONGEST_HEADER = 4096;
const LENGTH_BYTES = 4;
const KEY_ID_BYTES = 4;
const SALT_BYTES = 32;
/** Bytes that sealing adds to a chunk: the number of the data key, the salt, and the bytes before the ciphertext. */
const SEALING_BYTES = KEY_ID_BYTES + SALT_BYTES + OVERHEAD;
/** Bytes of the largest chunk before it is sealed. Larger chunks are refused and never held in memory. */
export const LARGEST_CHUNK = 4 * 1024 * 1024;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Most data keys in a header. */
const MOST_KEYS = 2 * KEY_PURPOSES.length;

export interface ExportHeader {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly layout: string;
  /** Identifies this export, independently of the file's name. */
  readonly id: string;
  readonly mode: 'dev' | 'serve';
  /** The wrapped data keys of the source database; a master key of that time opens them. */
  readonly ring: readonly WrappedKey[];
}

/** The file ends in the middle of a chunk, or contains bytes that were not sealed for it. */
export class DamagedExport extends AppError {}

/** One export file, read or written from its beginning. */
export class ExportFile {
  readonly header: ExportHeader;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #vault: Vault;
  readonly #context: string;
  /** Position of the first chunk. */
  readonly #start: number;
  #position: number;
  #chunk = 0;

  private constructor(
    file: string,
    handle: FileHandle,
    headerLine: string,
    header: ExportHeader,
    vault: Vault,
  ) {
    this.header = header;
    this.#file = file;
    this.#handle = handle;
    this.#vault = vault;
    this.#context = `export ${createHash('sha256').update(headerLine).digest('hex')}`;
    this.#start = Buffer.byteLength(headerLine);
    this.#position = this.#start;
  }

  /** Creates a new file that only its owner may read. */
  static async create(
    file: string,
    { mode, ring }: Archive,
    masterKeys: readonly MasterKey[],
  ): Promise<ExportFile> {
    const header: ExportHeader = {
      format: FORMAT,
      version: VERSION,
      layout: LAYOUT,
      id: randomUUID(),
      mode,
      ring,
    };
    const line = lineOf(header);
    const vault = openHeader(file, header, masterKeys);
    const handle = await openFile(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
    try {
      await write(file, handle, Buffer.from(line), 0);
      return new ExportFile(file, handle, line, header, vault);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Opens a file and reads its header; null when the export was interrupted before the header was complete. */
  static async open(
    file: string,
    masterKeys: readonly MasterKey[],
    use: 'read' | 'continue',
  ): Promise<ExportFile | null> {
    // `O_NOFOLLOW`: a link by somebody else would redirect the writing.
    const access = use === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_NOFOLLOW;
    // Does not wait for a pipe.
    const handle = await openFile(file, access | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw refuse(file, 'is not a file');
      const head = await read(file, handle, LONGEST_HEADER, 0);
      const bytesRead = head.length;
      const start = head.toString('latin1');
      const line = start.slice(0, start.indexOf('\n') + 1);
      const beginning = `{"format":"${FORMAT}"`;
      if (
        line === '' &&
        (beginning.startsWith(start) || (start.startsWith(beginning) && bytesRead < LONGEST_HEADER))
      ) {
        await handle.close();
        return null;
      }
      const header = readHeader(file, line);
      const vault = openHeader(file, header, masterKeys);
      if (use === 'continue') inspectOwner(file, stat);
      return new ExportFile(file, handle, line, header, vault);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The vault that opens the rows in the file. */
  get vault(): Vault {
    return this.#vault;
  }

  /** Bytes before the next chunk. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of the whole file. */
  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /**
   * The next chunk as it was passed to `append`, null at the end of the file; `DamagedExport` when it cannot be opened.
   */
  async read(): Promise<Buffer | null> {
    const length = await this.#readLength();
    if (length === null) return null;
    const sealed = await this.#readBytes(this.#position + LENGTH_BYTES, length);
    try {
      const text = this.#vault.open(
        this.#contextOf(this.#chunk),
        {
          keyId: sealed.readUInt32BE(0),
          salt: sealed.subarray(KEY_ID_BYTES, KEY_ID_BYTES + SALT_BYTES),
          blob: sealed.subarray(KEY_ID_BYTES + SALT_BYTES),
        },
        'exports',
      );
      this.#step(length);
      return Buffer.from(text, 'latin1');
    } catch {
      throw this.#damaged();
    }
  }

  /** Goes to a chunk (the first is 0) without opening those before it. */
  async seek(chunk: number): Promise<void> {
    this.#position = this.#start;
    this.#chunk = 0;
    while (this.#chunk < chunk) {
      const length = await this.#readLength();
      if (length === null) throw this.#damaged();
      this.#step(length);
    }
  }

  /** Seals a chunk and writes it after the last one that was read or written. */
  async append(plain: Buffer): Promise<void> {
    if (plain.length === 0 || plain.length > LARGEST_CHUNK)
      throw refuse(this.#file, 'a chunk of it would be too large to be read again');
    const { keyId, salt, blob } = this.#vault.seal(
      this.#contextOf(this.#chunk),
      plain.toString('latin1'),
      'exports',
    );
    const length = KEY_ID_BYTES + salt.length + blob.length;
    const head = Buffer.alloc(LENGTH_BYTES + KEY_ID_BYTES);
    head.writeUInt32BE(length, 0);
    head.writeUInt32BE(keyId, LENGTH_BYTES);
    await write(this.#file, this.#handle, Buffer.concat([head, salt, blob]), this.#position);
    this.#step(length);
  }

  /** Removes everything after the last complete chunk. */
  async cut(): Promise<void> {
    await this.#handle.truncate(this.#position);
  }

  /** Makes the written data and the file's name durable. */
  async sync(): Promise<void> {
    await this.#handle.sync();
    const folder = await open(dirname(this.#file), constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #readLength(): Promise<number | null> {
    const bytes = await read(this.#file, this.#handle, LENGTH_BYTES, this.#position);
    if (bytes.length === 0) return null;
    const length = bytes.length < LENGTH_BYTES ? 0 : bytes.readUInt32BE(0);
    if (length < SEALING_BYTES || length > SEALING_BYTES + LARGEST_CHUNK) throw this.#damaged();
    return length;
  }

  async #readBytes(position: number, length: number): Promise<Buffer> {
    const bytes = await read(this.#file, this.#handle, length, position);
    if (bytes.length < length) throw this.#damaged();
    return bytes;
  }

  #step(length: number): void {
    this.#position += LENGTH_BYTES + length;
    this.#chunk++;
  }

  #contextOf(chunk: number): string {
    return `${this.#context} ${chunk}`;
  }

  #damaged(): DamagedExport {
    return new DamagedExport('start_refused', {
      detail: `${this.#file}: is cut or altered after ${this.#chunk} whole chunks`,
    });
  }
}

/** If another user may change the file, they could also have prepared it for Bonin to continue. */
function inspectOwner(file: string, { uid, mode, nlink }: Stats): void {
  const own = process.getuid?.();
  if ((own !== undefined && uid !== own) || (mode & 0o077) !== 0 || nlink > 1)
    throw refuse(file, 'is there already, and others may have a hand in it; remove it, or take another name');
}

function readHeader(file: string, line: string): ExportHeader {
  let header: Partial<ExportHeader> | null;
  try {
    header = JSON.parse(line) as Partial<ExportHeader> | null;
  } catch {
    header = null;
  }
  if (header?.format !== FORMAT) throw refuse(file, 'is not an export of Bonin, or its beginning is damaged');
  const { version, layout, id, mode } = header;
  if (version !== VERSION || layout !== LAYOUT)
    throw refuse(file, 'was made by another version of Bonin; export and import with the same one');
  const ring = readRing(header.ring);
  if (!isText(id, ID) || ring === null || (mode !== 'dev' && mode !== 'serve'))
    throw refuse(file, 'its beginning is damaged');
  const known: ExportHeader = { format: FORMAT, version, layout, id, mode, ring };
  // Exactly these members, each once, in this order.
  if (line !== lineOf(known)) throw refuse(file, 'its beginning is damaged');
  return known;
}

/** The vault with the data keys of a header; `start_refused` when they cannot be opened. */
function openHeader(file: string, { mode, ring }: ExportHeader, masterKeys: readonly MasterKey[]): Vault {
  const opened = openRing(masterKeys, mode, ring);
  if ('keys' in opened) return new Vault(opened.keys);
  throw refuse(
    file,
    opened.fault === 'foreign'
      ? 'was sealed with a master key that is not among the keys given'
      : 'its beginning is damaged',
  );
}

/** The data keys of a header, or null. `readHeader` detects extra members and other spellings. */
function readRing(ring: unknown): readonly WrappedKey[] | null {
  if (!Array.isArray(ring) || ring.length === 0 || ring.length > MOST_KEYS) return null;
  const keys = (ring as readonly unknown[]).map((row): WrappedKey | null => {
    const [id, purpose, masterKeyId, wrapped, createdAt] = Array.isArray(row) ? (row as unknown[]) : [];
    return isNumber(id) &&
      isNumber(masterKeyId) &&
      isNumber(createdAt) &&
      typeof purpose === 'string' &&
      typeof wrapped === 'string'
      ? { id, purpose, masterKeyId, wrapped: Buffer.from(wrapped, 'base64'), createdAt }
      : null;
  });
  return keys.every((key) => key !== null) ? keys : null;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function lineOf(header: ExportHeader): string {
  const ring = header.ring.map(({ id, purpose, masterKeyId, wrapped, createdAt }) => [
    id,
    purpose,
    masterKeyId,
    Buffer.from(wrapped).toString('base64'),
    createdAt,
  ]);
  return `${JSON.stringify({ ...header, ring })}\n`;
}

const SENTENCES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ENOENT: 'is missing',
    EEXIST: 'is already there',
    EISDIR: 'is a folder',
    EACCES: 'may not be read or written',
    EPERM: 'may not be read or written',
    ELOOP: 'is a symbolic link; name the file itself',
    ENXIO: 'is not a file',
    EROFS: 'stands on a disk that is read-only',
    ENOSPC: 'the disk is full; begin again with the same file when there is room',
    EDQUOT: 'the disk is full; begin again with the same file when there is room',
    EFBIG: 'the disk takes no larger file',
  }),
);

async function openFile(file: string, flags: number): Promise<FileHandle> {
  try {
    return await open(file, flags, 0o600);
  } catch (error) {
    throw describe(file, error);
  }
}

/** The bytes from a position on; fewer at the end of the file. */
async function read(file: string, handle: FileHandle, length: number, position: number): Promise<Buffer> {
  try {
    // Allocates at most the size of the file, whatever length the file itself claims.
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
    for (let done = 0; done < buffer.length; ) {
      const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
      if (bytesRead === 0) return buffer.subarray(0, done);
      done += bytesRead;
    }
    return buffer;
  } catch (error) {
    throw describe(file, error);
  }
}

async function write(file: string, handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  } catch (error) {
    throw describe(file, error);
  }
}

function describe(file: string, error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return refuse(file, SENTENCES.get(code) ?? `cannot be read or written (${code})`, error);
}

/** The error for a problem with `file`. */
export function refuse(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail: `${file}: ${reason}`, cause });
}
