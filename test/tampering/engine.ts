import { ARCHIVE_TABLES, type ArchiveTable, type CellKind } from '../../src/core/archive.ts';

export type Cell = number | bigint | string | Uint8Array | null;
/** A row by its columns. Flags are 0 and 1. */
export type Row = Readonly<Record<string, Cell>>;
/** The rows of every table. */
export type Tables = ReadonlyMap<string, readonly Row[]>;

/** A row that goes, one that comes, or one in the place of another. */
export interface Edit {
  readonly table: string;
  readonly from?: Row;
  readonly to?: Row;
}

/** What somebody has who can write to the database, and no master key. */
export interface Engine {
  readonly name: string;
  readonly databaseUrl: string;
  readonly tables: readonly ArchiveTable[];
  /** Whether a server keeps rows in memory, so that one that has just started may see another thing. */
  readonly isCached: boolean;
  /** The columns of every table that the database has, as it says itself. */
  columns(): Promise<ReadonlyMap<string, readonly string[]>>;
  read(): Promise<Tables>;
  /** What stands there now is what `restore` brings back. */
  remember(): Promise<void>;
  /** All of the edits or none; false when the database itself refuses them. */
  alter(edits: readonly Edit[]): Promise<boolean>;
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** The tables that are moved from one database to another, and those that are not. */
export function tablesOf(more: Readonly<Record<string, string>>): readonly ArchiveTable[] {
  return [
    ...ARCHIVE_TABLES,
    ...Object.entries(more).map(([name, columns]) => ({
      name,
      columns: columns.split(' ').map((column): readonly [string, CellKind] => {
        const [columnName = '', kind = 'integer'] = column.split(':');
        return [columnName, kind as CellKind];
      }),
    })),
  ];
}

/** The key of a row's table, and the row's. */
export function keyOf({ columns }: ArchiveTable, row: Row): readonly [string, Cell] {
  const [[column] = ['']] = columns;
  return [column, row[column] ?? null];
}
