import type { Archive } from '../core/archive.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { MasterKey } from '../core/key-ring.ts';
import type { OpenDatabase, Store } from '../core/store.ts';
import { AppError } from '../errors.ts';
import type { DatabaseMark, Inspection } from './database-mark.ts';
import type { SchemaChange } from './migrate.ts';
import type { Backup } from './sqlite/backup.ts';
import type { FolderLock } from './sqlite/folder-lock.ts';
import type { Restored } from './sqlite/restore.ts';

export { type Inspection, markDatabase } from './database-mark.ts';
export type { SchemaChange } from './migrate.ts';
export type { Backup } from './sqlite/backup.ts';
export type { FolderLock } from './sqlite/folder-lock.ts';
export type { Restored } from './sqlite/restore.ts';

type OpenStore = (url: URL, mark: DatabaseMark, machine: Clock) => Promise<OpenDatabase>;
type Look = (url: URL, mark: DatabaseMark, machine: Clock) => Promise<Inspection>;
type OpenArchive = (url: URL, mark: DatabaseMark) => Promise<Archive>;
type Migrate = (url: URL, mark: DatabaseMark) => Promise<SchemaChange>;
/** Opens the databases of one kind, for serving and for export and import, or only updates the schema. */
interface Engine {
  store(): Promise<OpenStore>;
  archive(): Promise<OpenArchive>;
  migrate(): Promise<Migrate>;
  look(): Promise<Look>;
}

const SQLITE: Engine = {
  store: async () => (await import('./sqlite/store.ts')).openSqliteStore,
  archive: async () => (await import('./sqlite/archive.ts')).openSqliteArchive,
  migrate: async () => (await import('./sqlite/open.ts')).migrateSqlite,
  look: async () => {
    const { lookAtDatabase } = await import('./sqlite/open.ts');
    return async (url, mark) => lookAtDatabase(decodeURIComponent(url.pathname), mark);
  },
};
const POSTGRES: Engine = {
  store: async () => (await import('./postgres/store.ts')).openPostgresStore,
  archive: async () => (await import('./postgres/archive.ts')).openPostgresArchive,
  migrate: async () => (await import('./postgres/open.ts')).migratePostgres,
  look: async () => (await import('./postgres/open.ts')).lookAtDatabase,
};

/** The storage engines, by the scheme of a database's URL. */
const ENGINES: Readonly<Record<string, Engine>> = {
  'sqlite:': SQLITE,
  'postgres:': POSTGRES,
  'postgresql:': POSTGRES,
};

/** The engine's name for metrics and traces. The URL must be one that could be opened. */
export function engineName(databaseUrl: string): 'sqlite' | 'postgresql' {
  return databaseUrl.startsWith('sqlite:') ? 'sqlite' : 'postgresql';
}

/**
 * Opens the database behind `sqlite:PATH`, `sqlite::memory:` or `postgres://…`; `start_refused` with one readable
 * sentence if not. `machine` is this machine's clock, which the store's own is made from.
 */
export async function openDatabase(
  databaseUrl: string,
  mark: DatabaseMark,
  machine: Clock = systemClock,
): Promise<OpenDatabase> {
  const { url, engine } = findEngine(databaseUrl);
  return (await engine.store())(url, mark, machine);
}

/**
 * Looks at the database behind the same kinds of URL and changes nothing, not even by creating it; `start_refused` with
 * the sentence that `openDatabase` would say.
 */
export async function inspectDatabase(
  databaseUrl: string,
  mark: DatabaseMark,
  machine: Clock = systemClock,
): Promise<Inspection> {
  const { url, engine } = findEngine(databaseUrl);
  return (await engine.look())(url, mark, machine);
}

/** Opens the same database for callers who need only its store. */
export async function openStore(...opening: Parameters<typeof openDatabase>): Promise<Store> {
  return (await openDatabase(...opening)).store;
}

/** Opens the same database as an archive; `start_refused` likewise. */
export async function openArchive(databaseUrl: string, mark: DatabaseMark): Promise<Archive> {
  const { url, engine } = findEngine(databaseUrl);
  return (await engine.archive())(url, mark);
}

/** Creates the same database or updates its schema, and closes it; `start_refused` likewise. */
export async function migrateDatabase(databaseUrl: string, mark: DatabaseMark): Promise<SchemaChange> {
  const { url, engine } = findEngine(databaseUrl);
  return (await engine.migrate())(url, mark);
}

/** Copies an SQLite database into a folder while others use it, signed; `start_refused` for any other. */
export async function backupDatabase(
  databaseUrl: string,
  folder: string,
  readMasterKeys: () => readonly MasterKey[],
): Promise<Backup> {
  const file = fileOf(databaseUrl);
  return (await import('./sqlite/backup.ts')).backupSqlite(file, folder, readMasterKeys, new Date());
}

/** Makes an SQLite database of a signed copy, or of the newest one in a folder; `start_refused` for any other. */
export async function restoreDatabase(
  from: string,
  databaseUrl: string,
  masterKeys: readonly MasterKey[],
): Promise<Restored> {
  const file = fileOf(databaseUrl);
  return (await import('./sqlite/restore.ts')).restoreSqlite(from, file, masterKeys, Date.now());
}

/** Locks a folder for this process; `start_refused` with the words `taken` when another process has it. */
export async function lockFolder(folder: string, name: string, taken: string): Promise<FolderLock> {
  return (await import('./sqlite/folder-lock.ts')).lockFolder(folder, taken, name);
}

function fileOf(databaseUrl: string): string {
  const { url, engine } = findEngine(databaseUrl);
  if (engine === SQLITE) return decodeURIComponent(url.pathname);
  throw new AppError('start_refused', {
    detail:
      'bonin backup and bonin restore are for SQLite files; docs/operations.md says under Backups how PostgreSQL is backed up',
  });
}

function findEngine(databaseUrl: string): { readonly url: URL; readonly engine: Engine } {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : null;
  const engine = ENGINES[url?.protocol ?? ''];
  if (url === null || engine === undefined)
    throw new AppError('start_refused', {
      detail: `the database URL must begin with one of ${Object.keys(ENGINES).join(', ')}`,
    });
  return { url, engine };
}
