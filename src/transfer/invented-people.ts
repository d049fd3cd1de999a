import { ARCHIVE_TABLES, type ArchiveRow, type ArchiveTable, type Cell } from '../core/archive.ts';
import { detailsContext, splitDetails, unpackDetails } from '../core/certification.ts';
import type { Channel } from '../core/channel.ts';
import { isInvented } from '../core/invented-people.ts';
import type { MasterKey } from '../core/key-ring.ts';
import type { Vault } from '../core/vault.ts';
import { AppError } from '../errors.ts';
import { unpackRows } from './chunks.ts';
import { ExportFile, refuse } from './export-file.ts';

/**
 * Checks every certified person in a production export and refuses the file if one is marked as a sandbox person. A
 * record that cannot be opened is ignored: nobody can read it later either. The file has been checked before.
 */
export async function refuseInvented(file: string, masterKeys: readonly MasterKey[]): Promise<void> {
  // Ids in other formats are in a later table, in the same order. So two readers work side by side.
  const records = await ExportFile.open(file, masterKeys, 'read');
  const otherIds = await ExportFile.open(file, masterKeys, 'read');
  try {
    if (records === null || otherIds === null) return;
    const names = readRows(file, otherIds, tableOf('other_ids'));
    const channels = new Map<unknown, string>();
    for await (const row of readRows(file, records, tableOf('channels'), tableOf('certifications'))) {
      const { cells } = row;
      if (row.table.name === 'channels') {
        channels.set(cells.get('id'), String(cells.get('channel_key')));
        continue;
      }
      if (cells.get('certified_at') === null) continue;
      const impUid = await impUidOf(Number(cells.get('id')), names);
      if (
        impUid !== null &&
        isSomebodyInvented(records.vault, impUid, channels.get(cells.get('channel_id')) ?? '', cells)
      )
        throw refuse(file, 'holds people of a sandbox, which production does not keep');
    }
  } finally {
    await records?.close();
    await otherIds?.close();
  }
}

interface NamedRow {
  readonly table: ArchiveTable;
  readonly cells: Cells;
}

type Cells = ReadonlyMap<string, Cell | undefined>;

/** The rows of these tables, one after the other. */
async function* readRows(
  file: string,
  input: ExportFile,
  ...tables: readonly ArchiveTable[]
): AsyncGenerator<NamedRow, undefined> {
  for (;;) {
    const plain = await input.read();
    const chunk = plain === null ? null : unpackRows(file, plain);
    if (chunk === null) return undefined;
    if (tables.includes(chunk.table)) for (const row of chunk.rows) yield nameCells(chunk.table, row);
  }
}

function nameCells(table: ArchiveTable, row: ArchiveRow): NamedRow {
  return { table, cells: new Map(table.columns.map(([name], at) => [name, row[at]])) };
}

function tableOf(name: string): ArchiveTable {
  const found = ARCHIVE_TABLES.find((table) => table.name === name);
  if (found === undefined) throw new AppError('internal', { detail: `there is no table ${name}` });
  return found;
}

/** The id of a row: from its number, or the text for a negative key. Null when there is none. */
async function impUidOf(id: number, names: AsyncGenerator<NamedRow, undefined>): Promise<string | null> {
  if (id >= 0) return `imp_${String(id).padStart(12, '0')}`;
  for (;;) {
    const { value } = await names.next();
    if (value === undefined || Number(value.cells.get('id')) > id) return null;
    if (value.cells.get('id') === id) return String(value.cells.get('imp_uid'));
  }
}

function isSomebodyInvented(vault: Vault, impUid: string, channelKey: string, cells: Cells): boolean {
  try {
    const record = {
      impUid,
      merchantId: cells.get('merchant_id') as number,
      channel: { channelKey } as Channel,
      requestedAt: cells.get('requested_at') as number,
      certifiedAt: cells.get('certified_at') as number,
    };
    const sealed = {
      keyId: cells.get('key_id') as number,
      salt: cells.get('salt') as Uint8Array,
      blob: cells.get('sealed') as Uint8Array,
    };
    const { identity } = unpackDetails(splitDetails(vault.open(detailsContext(record), sealed)));
    return identity !== null && isInvented(identity);
  } catch {
    return false;
  }
}
