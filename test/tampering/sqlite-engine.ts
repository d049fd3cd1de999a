import { DatabaseSync } from 'node:sqlite';
import { type Cell, type Edit, type Engine, keyOf, type Row, tablesOf } from './engine.ts';

const TABLES = tablesOf({
  stamp: 'name:text value:text',
  data_keys: 'id purpose:text master_key_id wrapped:bytes created_at',
  jobs: 'name:text owner:bytes owned_until due_at ended_at outcome:text',
});
/** Primary result codes of a database that refuses what it is told: a constraint, a type. */
const REFUSALS = [19, 20];

/** SQLite in a file. Whoever can write to it can have it ignore its own checks, and so do we. */
export function createSqliteEngine(folder: string): Engine {
  const file = `${folder}/bonin.db`;
  const pristine = `${folder}/pristine.db`;
  let database: DatabaseSync | undefined;
  /** Opened late: the server makes the file. */
  const open = () => {
    if (database !== undefined) return database;
    database = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: 5000 });
    database.exec('PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF');
    return database;
  };
  const write = (work: (on: DatabaseSync) => void) => {
    const on = open();
    on.exec('BEGIN IMMEDIATE');
    try {
      work(on);
      on.exec('COMMIT');
    } finally {
      if (on.isTransaction) on.exec('ROLLBACK');
    }
  };
  const replace = (on: DatabaseSync, edits: readonly Edit[]) => {
    for (const { table, from } of edits) {
      const found = TABLES.find(({ name }) => name === table);
      if (from === undefined || found === undefined) continue;
      const [column, key] = keyOf(found, from);
      on.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).run(key);
    }
    for (const { table, to } of edits) {
      if (to === undefined) continue;
      const names = Object.keys(to);
      const insert = on.prepare(
        `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      );
      // Its key may be larger than a number of JavaScript.
      insert.setReadBigInts(true);
      insert.run(...(Object.values(to) as Cell[]));
    }
  };

  return {
    name: 'SQLite',
    databaseUrl: `sqlite:${file}`,
    tables: TABLES,
    isCached: true,
    async columns() {
      const tables = open()
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .all();
      return new Map(
        tables.map(({ name }) => [
          String(name),
          open()
            .prepare('SELECT name FROM pragma_table_info(?)')
            .all(String(name))
            .map((column) => String(column['name'])),
        ]),
      );
    },
    async read() {
      return new Map(
        TABLES.map(({ name, columns }) => [
          name,
          open()
            .prepare(`SELECT ${columns.map(([column]) => column).join(', ')} FROM ${name}`)
            .all() as readonly Row[],
        ]),
      );
    },
    async remember() {
      open().exec(`VACUUM INTO '${pristine}'; ATTACH '${pristine}' AS pristine`);
    },
    async alter(edits) {
      try {
        write((on) => replace(on, edits));
        return true;
      } catch (error) {
        const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
        if (REFUSALS.includes(code)) return false;
        throw error;
      }
    },
    async restore() {
      write((on) => {
        for (const { name } of TABLES)
          on.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM pristine.${name}`);
      });
    },
    async close() {
      database?.close();
    },
  };
}
