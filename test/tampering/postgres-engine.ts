import { Client, DatabaseError } from 'pg';
import type { CellKind } from '../../src/core/archive.ts';
import { type Cell, type Edit, type Engine, keyOf, type Row, tablesOf } from './engine.ts';

const TABLES = tablesOf({
  stamp: 'name:text value:text',
  turns: 'id',
  data_keys: 'id purpose:text master_key_id wrapped:bytes created_at',
  jobs: 'name:text owner:bytes owned_until due_at ended_at outcome:text',
});
/** Classes of SQLSTATE with which the database refuses what it is told: its data, a constraint. */
const REFUSALS = ['22', '23'];

/** PostgreSQL, as its owner: foreign keys hold nobody up. */
export async function createPostgresEngine(databaseUrl: string): Promise<Engine> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('SET session_replication_role = replica');

  const kindOf = (table: string, column: string): CellKind =>
    TABLES.find(({ name }) => name === table)?.columns.find(([name]) => name === column)?.[1] ?? 'text';
  const sent = (table: string, column: string, cell: Cell) =>
    cell !== null && kindOf(table, column) === 'flag' ? Number(cell) === 1 : cell;
  const replace = async (edits: readonly Edit[]) => {
    for (const { table, from } of edits) {
      const found = TABLES.find(({ name }) => name === table);
      if (from === undefined || found === undefined) continue;
      const [column, key] = keyOf(found, from);
      await client.query(`DELETE FROM ${table} WHERE ${column} = $1`, [key]);
    }
    for (const { table, to } of edits) {
      if (to === undefined) continue;
      const names = Object.keys(to);
      await client.query(
        `INSERT INTO ${table} (${names.join(', ')}) OVERRIDING SYSTEM VALUE
         VALUES (${names.map((_name, at) => `$${at + 1}`).join(', ')})`,
        Object.entries(to).map(([column, cell]) => sent(table, column, cell)),
      );
    }
  };

  return {
    name: 'PostgreSQL',
    databaseUrl,
    tables: TABLES,
    isCached: true,
    async columns() {
      const { rows } = await client.query<{ table_name: string; column_name: string }>(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
      );
      const columns = Map.groupBy(rows, ({ table_name }) => table_name);
      return new Map(
        [...columns].map(([table, found]) => [table, found.map(({ column_name }) => column_name)]),
      );
    },
    async read() {
      const tables = new Map<string, readonly Row[]>();
      for (const { name, columns } of TABLES) {
        const shown = columns.map(([column, kind]) =>
          kind === 'flag' ? `${column}::integer` : kind === 'integer' ? `${column}::float8` : column,
        );
        tables.set(name, (await client.query<Row>(`SELECT ${shown.join(', ')} FROM ${name}`)).rows);
      }
      return tables;
    },
    async remember() {
      await client.query('CREATE SCHEMA pristine');
      for (const { name } of TABLES)
        await client.query(`CREATE TABLE pristine.${name} AS TABLE public.${name}`);
    },
    async alter(edits) {
      await client.query('BEGIN');
      try {
        await replace(edits);
        await client.query('COMMIT');
        return true;
      } catch (error) {
        await client.query('ROLLBACK');
        if (error instanceof DatabaseError && REFUSALS.includes(error.code?.slice(0, 2) ?? '')) return false;
        throw error;
      }
    },
    async restore() {
      await client.query(
        TABLES.map(
          ({ name, columns: [[key] = ['']] }) =>
            `DELETE FROM ${name} WHERE ${key} IN (SELECT ${key} FROM (TABLE ${name} EXCEPT TABLE pristine.${name}) q);
             INSERT INTO ${name} OVERRIDING SYSTEM VALUE (TABLE pristine.${name} EXCEPT TABLE ${name})`,
        ).join(';'),
      );
    },
    async close() {
      await client.end();
    },
  };
}
