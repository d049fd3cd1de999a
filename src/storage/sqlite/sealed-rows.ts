import type { StoredCertification } from '../../core/certification.ts';

/** Bytes of a chunk and the number of chunks: 8 MB, enough for about twenty thousand rows. */
const CHUNK_BYTES = 128 * 1024;
const CHUNKS = 64;
/** How many ids that were read once are remembered. */
const SEEN_ONCE = 32_768;

interface Chunk {
  readonly bytes: Uint8Array;
  used: number;
  readonly ids: number[];
}

/**
 * A cache of sealed rows: merchants read a certification within seconds of its end, and often twice. A row is kept from
 * its second reading on, so that single readings of a large store do not displace others. Bytes are copied into chunks,
 * because an array for each row would keep the garbage collector busy. A chunk is never overwritten, and the oldest one
 * is dropped as a whole.
 */
export class SealedRows {
  /** By their integer keys: with texts as keys, the engine would first look up each text in a table of its own. */
  readonly #rows = new Map<number, StoredCertification>();
  readonly #seenOnce = new Float64Array(SEEN_ONCE);
  #chunks: Chunk[] = [];

  get(id: number): StoredCertification | undefined {
    return this.#rows.get(id);
  }

  /** Records a row that was read from the database, under its integer key. Negative keys, of other ids, are not kept. */
  note(id: number, row: StoredCertification): void {
    if (id < 0) return;
    const place = id % SEEN_ONCE;
    if (this.#seenOnce[place] !== id) {
      this.#seenOnce[place] = id;
      return;
    }
    const { salt, blob, keyId } = row.sealed;
    const length = salt.length + blob.length;
    if (length > CHUNK_BYTES / 8) return;
    const chunk = this.#chunkWithRoom(length);
    const saltAt = chunk.used;
    const blobAt = saltAt + salt.length;
    chunk.bytes.set(salt, saltAt);
    chunk.bytes.set(blob, blobAt);
    chunk.used += length;
    chunk.ids.push(id);
    const sealed = {
      keyId,
      salt: chunk.bytes.subarray(saltAt, blobAt),
      blob: chunk.bytes.subarray(blobAt, chunk.used),
    };
    this.#rows.set(id, { ...row, sealed, slot: { opened: null } });
  }

  delete(id: number): void {
    empty(this.#rows.get(id));
    this.#rows.delete(id);
  }

  clear(): void {
    for (const row of this.#rows.values()) empty(row);
    this.#rows.clear();
    this.#chunks = [];
    this.#seenOnce.fill(0);
  }

  #chunkWithRoom(length: number): Chunk {
    const newest = this.#chunks.at(-1);
    if (newest !== undefined && newest.used + length <= CHUNK_BYTES) return newest;
    const chunk: Chunk = { bytes: new Uint8Array(CHUNK_BYTES), used: 0, ids: [] };
    this.#chunks.push(chunk);
    if (this.#chunks.length > CHUNKS) for (const id of this.#chunks.shift()?.ids ?? []) this.delete(id);
    return chunk;
  }
}

/** Drops what was opened of a row. */
function empty(row: StoredCertification | undefined): void {
  if (row?.slot !== undefined) row.slot.opened = null;
}
