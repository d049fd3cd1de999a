import type { WrappedKey } from './key-ring.ts';

/*
 * All that a database keeps, in one shape for every engine, so that it can be moved from one to another as sealed as
 * it lies: nothing here is opened. The ring of data keys stands apart, because an import needs it before any row.
 */

/** One value of a row. Flags are 0 and 1; times are epoch milliseconds, as in the store. */
export type Cell = number | string | Uint8Array | null;
export type CellKind = 'integer' | 'flag' | 'text' | 'bytes';
/** The values of one row, in the order of its table's columns; the key first. */
export type ArchiveRow = readonly Cell[];

export interface ArchiveTable {
  readonly name: string;
  /** The first one is the key: an integer, different in each row. */
  readonly columns: readonly (readonly [name: string, kind: CellKind])[];
}

/**
 * Every table of records, in an order in which each stands after those that it points to. Not `jobs`, which is state of
 * running processes. A change of it changes the form of an
 * export, which other versions then refuse.
 */
export const ARCHIVE_TABLES: readonly ArchiveTable[] = [
  table('merchants', 'id user_code:text name:text page_rules:text disabled_at proof:bytes'),
  table(
    'channels',
    'id merchant_id position channel_key:text provider:text provider_merchant_id:text carrier_approval:flag foreigner_add_on:flag minimum_age proof:bytes adapter:text settings_key_id settings_salt:bytes settings_sealed:bytes',
  ),
  table('api_keys', 'id merchant_id imp_key:text secret_digest:bytes revoked_at'),
  table('access_tokens', 'api_key_id nonce:bytes digest:text issued_at expires_at proof:bytes'),
  table(
    'certifications',
    'id merchant_id channel_id state:text requested_at certified_at claim:bytes claimed_until key_id salt:bytes sealed:bytes',
  ),
  table('other_ids', 'id imp_uid:text'),
  table('erasures', 'id merchant_id channel_id erased_at'),
  table(
    'otps',
    'id method:text digest:bytes phone_digest:bytes sent_at wrong ended:text key_id salt:bytes sealed:bytes',
  ),
  table('counted_requests', 'id subject:bytes requested_at'),
  table('used_transactions', 'id digest:bytes used_at'),
  table(
    'attempts',
    'id merchant_id channel_id ticket_digest:bytes ticket_until session_digest:bytes handle_digest:bytes expires_at step wrong code_digest:bytes ended:text report_number presence:text heard_at launch_key_id launch_salt:bytes launch_sealed:bytes progress_key_id progress_salt:bytes progress_sealed:bytes back_digest:bytes',
  ),
];

function table(name: string, columns: string): ArchiveTable {
  return {
    name,
    columns: columns.split(' ').map((column) => {
      const [columnName = '', kind = 'integer'] = column.split(':');
      return [columnName, kind as CellKind];
    }),
  };
}

/** Where an import stands in its target: `next` is the number of the chunk that it needs, null when all is done. */
export interface ImportStand {
  readonly next: number | null;
}

/**
 * What a storage engine must do to be moved from and to. Failures are those of a store, with a sentence that quotes no
 * value.
 */
export interface Archive {
  /** The mode that made the database. */
  readonly mode: 'dev' | 'serve';
  /** Its data keys, wrapped; empty for a database that waits for its first import. */
  readonly ring: readonly WrappedKey[];

  /** How many rows a table holds. */
  count(table: ArchiveTable): Promise<number>;
  /** The rows after a key, null for the first ones, in the order of the key; at most so many. */
  read(table: ArchiveTable, after: number | null, count: number): Promise<readonly ArchiveRow[]>;

  /**
   * Starts an import, or continues an interrupted import with the same id. Until its end, no server can start on the
   * database. `ring` becomes the ring of the database. `start_refused` if the database contains anything else.
   */
  beginImport(exportId: string, ring: readonly WrappedKey[]): Promise<ImportStand>;
  /** Keeps the rows and that this chunk is done, in one step; false when the import stands at another chunk. */
  write(exportId: string, chunk: number, table: ArchiveTable, rows: readonly ArchiveRow[]): Promise<boolean>;
  /** Opens the database for serving. New merchants, channels and keys get unused numbers. */
  finishImport(exportId: string): Promise<void>;

  close(): Promise<void>;
}
