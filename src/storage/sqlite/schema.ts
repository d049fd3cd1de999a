import { DatabaseSync } from 'node:sqlite';

/** One object of a schema: a table, an index, a view or a trigger, with its SQL. */
interface Thing {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  /** Null for indexes that SQLite creates automatically. */
  readonly sql: string | null;
}

/** Tables of `ANALYZE`: figures about indexes, which run nothing. */
const STATISTICS: ReadonlySet<string> = new Set(
  ['sqlite_stat1(tbl,idx,stat)', 'sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'].map((table) => {
    const [name = ''] = table.split('(');
    return keyOf({ type: 'table', name, tbl_name: name, sql: `CREATE TABLE ${table}` });
  }),
);
const LONGEST_NAME = 60;

/**
 * Describes what a database has in addition to these migrations, or what is missing; null when the schema is exactly
 * theirs. Called before anything else: a schema may contain triggers, or views in place of tables, which would run with
 * our statements.
 */
export function findStranger(database: DatabaseSync, migrations: readonly string[]): string | null {
  const made = new Set(schemaOf(migrations).map(keyOf));
  for (const thing of readSchema(database))
    if (!made.delete(keyOf(thing)) && !STATISTICS.has(keyOf(thing)))
      return `holds something that Bonin has not made (${describe(thing.type)} ${describe(thing.name)})`;
  return made.size === 0 ? null : 'is damaged: a table or an index is missing';
}

function schemaOf(migrations: readonly string[]): readonly Thing[] {
  const database = new DatabaseSync(':memory:');
  try {
    for (const sql of migrations) database.exec(sql);
    return readSchema(database);
  } finally {
    database.close();
  }
}

function readSchema(database: DatabaseSync): readonly Thing[] {
  return database
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema')
    .all() as unknown as readonly Thing[];
}

function keyOf({ type, name, tbl_name, sql }: Thing): string {
  return JSON.stringify([type, name, tbl_name, sql]);
}

/** A foreign name, made safe for a sentence. */
function describe(name: unknown): string {
  return String(name)
    .slice(0, LONGEST_NAME)
    .replace(/[^\x20-\x7e]/g, '?');
}
