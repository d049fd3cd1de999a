/** What is compared with a database before anything is read from it. */
export interface DatabaseMark {
  /** The wall between the modes: a database made by one is refused by the other. */
  readonly mode: 'dev' | 'serve';
  /** Mark of the newest master key, written into a new database. */
  readonly keyMark: string;
  /** Whether the mark found in a database of this mode was made with one of our master keys. */
  readonly recognises: (keyMark: string, mode: string) => boolean;
  /**
   * For archives. `export` reads a database of either mode and makes none; `import` accepts a database with an import
   * that did not end. Default: neither.
   */
  readonly use?: 'export' | 'import';
}
