import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/*
 * The first versions of Node with a complete `node:sqlite`, such as 22.16, do not bind values to `?1` and `?2` by
 * position. They bind them by name.
 */

/** Whether values are bound to numbered parameters by position. */
export function bindsNumbersByPosition(database: DatabaseSync): boolean {
  try {
    database.prepare('SELECT ?1').get(0);
    return true;
  } catch {
    return false;
  }
}

/** Makes a statement whose parameters are all numbered take its values by position. */
export function bindNumbersByName(statement: StatementSync): void {
  const { all, get, run } = statement;
  const named = (values: readonly SQLInputValue[]) =>
    Object.fromEntries(values.map((value, at) => [`?${at + 1}`, value]));
  Object.assign(statement, {
    all: (...values: SQLInputValue[]) => all.call(statement, named(values)),
    get: (...values: SQLInputValue[]) => get.call(statement, named(values)),
    run: (...values: SQLInputValue[]) => run.call(statement, named(values)),
  });
}
