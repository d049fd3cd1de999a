import { type Clock, systemClock } from '../core/clock.ts';
import {
  alteredRing,
  createRing,
  type MasterKey,
  openRing,
  type RingFault,
  type WrappedKey,
} from '../core/key-ring.ts';
import type { AppError } from '../errors.ts';

/** What is compared with a database before anything is read from it. */
export interface DatabaseMark {
  /** The wall between the modes: a database made by one is refused by the other. */
  readonly mode: 'dev' | 'serve';
  /** Makes the data keys of a new database. */
  readonly createRing: () => readonly WrappedKey[];
  /** What is wrong with the data keys found in a database of this mode; null for nothing. */
  readonly inspectRing: (ring: readonly WrappedKey[], mode: string) => RingFault | null;
  /**
   * For archives. `export` reads a database of either mode and makes none; `import` accepts a database with an import
   * that did not end, and makes one without data keys, since those come with the import. Default: neither.
   */
  readonly use?: 'export' | 'import' | undefined;
}

/** What a look at a database finds, which changes nothing. */
export interface Inspection {
  /** The data keys; none where the first start will make the database. */
  readonly ring: readonly WrappedKey[];
  /** Steps of the schema that the next start will run; null where it will make the database. */
  readonly stepsMissing: number | null;
  /** How far the clock of the database is ahead of this machine's, in milliseconds; 0 where they are the same one. */
  readonly clockAhead: number;
}

/** The mark for these master keys. `clock` dates the data keys of a new database. */
export function markDatabase(
  masterKeys: readonly MasterKey[],
  mode: DatabaseMark['mode'],
  use?: DatabaseMark['use'],
  clock: Clock = systemClock,
): DatabaseMark {
  return {
    mode,
    use,
    createRing: () => createRing(masterKeys, mode, clock.now()),
    inspectRing(ring, of) {
      const opened = openRing(masterKeys, of, ring);
      return 'fault' in opened ? opened.fault : null;
    },
  };
}

/** Throws for a ring that the holder of the mark must not use. `refuse` makes the `start_refused` of a database. */
export function requireRing(
  mark: DatabaseMark,
  {
    ring,
    mode,
    name,
  }: { readonly ring: readonly WrappedKey[]; readonly mode: string; readonly name: string },
  refuse: (reason: string) => AppError,
): void {
  const fault = mark.inspectRing(ring, mode);
  if (fault === 'foreign') throw refuse('was sealed with a master key that is not among the keys given');
  if (fault === 'altered') throw alteredRing(name);
}
