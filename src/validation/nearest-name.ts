/**
 * The known name with the fewest changed characters; a change of letter case counts half. Null when no name is known.
 */
export function findNearestName(name: string, known: readonly string[]): string | null {
  // A text that is longer than every name is not similar to any of them.
  const start = name.slice(0, 64);
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const each of known) {
    const distance = distanceOf(start, each) + distanceOf(start.toLowerCase(), each.toLowerCase());
    if (distance >= least) continue;
    nearest = each;
    least = distance;
  }
  return nearest;
}

/** The number of letters to insert, remove or replace; two swapped neighbours count once. */
function distanceOf(from: string, to: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let at = 0; at < from.length; at++) {
    const next = [at + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (from[at] === to[column - 1] ? 0 : 1);
      const changed = Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1);
      const isSwapped = from[at] === to[column - 2] && from[at - 1] === to[column - 1];
      next.push(isSwapped ? Math.min(changed, (before[column - 2] ?? 0) + 1) : changed);
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
