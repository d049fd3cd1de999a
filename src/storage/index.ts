import { type Clock, systemClock } from '../core/clock.ts';
import type { Store } from '../core/store.ts';
import { AppError } from '../errors.ts';

/** What a database must agree with before anything is read from it. */
export interface DatabaseMark {
  /** The wall between the modes: a database made by one is refused by the other. */
  readonly mode: 'dev' | 'serve';
  /** Mark of the newest master key, written into a new database. */
  readonly keyMark: string;
  /** Whether the mark found in a database is of one of our master keys. */
  readonly recognises: (keyMark: string) => boolean;
}

export type OpenStore = (url: URL, mark: DatabaseMark, machine: Clock) => Promise<Store>;

/** The storage engines, by the scheme of a database's URL. */
const ENGINES = {
  'sqlite:': async () => (await import('./sqlite/store.ts')).openSqliteStore,
  'postgres:': async () => (await import('./postgres/store.ts')).openPostgresStore,
  'postgresql:': async () => (await import('./postgres/store.ts')).openPostgresStore,
} satisfies Record<string, () => Promise<OpenStore>>;

/** What whoever measures calls the engine behind a URL that could be opened. */
export function engineName(databaseUrl: string): 'sqlite' | 'postgresql' {
  return databaseUrl.startsWith('sqlite:') ? 'sqlite' : 'postgresql';
}

/**
 * Opens the store behind `sqlite:PATH`, `sqlite::memory:` or `postgres://…`; `start_refused` with one readable
 * sentence if not. `machine` is this machine's clock, which the store's own is made from.
 */
export async function openStore(
  databaseUrl: string,
  mark: DatabaseMark,
  machine: Clock = systemClock,
): Promise<Store> {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : null;
  const engine = Object.entries(ENGINES).find(([scheme]) => scheme === url?.protocol)?.[1];
  if (url === null || engine === undefined)
    throw new AppError('start_refused', {
      detail: `the database URL must begin with one of ${Object.keys(ENGINES).join(', ')}`,
    });
  const open = await engine();
  return open(url, mark, machine);
}
