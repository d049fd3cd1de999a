/** What a database must agree with before anything is read from it. */
export interface DatabaseMark {
  /** The wall between the modes: a database made by one is refused by the other. */
  readonly mode: 'dev' | 'serve';
  /** Mark of the newest master key, written into a new database. */
  readonly keyMark: string;
  /** Whether the mark found in a database of some mode is of one of our master keys, made for this mode. */
  readonly recognises: (keyMark: string, mode: string) => boolean;
  /**
   * `export` reads a database of either mode, and makes none; `import` may find that an import was broken off. Both go
   * with an archive. Default: none of them.
   */
  readonly use?: 'export' | 'import';
}
